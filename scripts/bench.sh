#!/usr/bin/env bash
# Sotto against its peers on the same audio, weights and threads, alternating in one run; see bench/README.md.
#   scripts/bench.sh [--quick | --short] [--threads N] [--minutes M...] [--rounds N] [--weights DIR] [--audio DIR]
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
venv=${SOTTO_BENCH_VENV:-$root/bench/.venv}
if [ ! -x "$venv/bin/python" ]; then
  echo "bench: making $venv" >&2
  python3 -m venv "$venv"
fi
if ! cmp -s "$root/bench/requirements.txt" "$venv/installed.txt"; then
  "$venv/bin/pip" install --quiet --requirement "$root/bench/requirements.txt" >&2
  cp "$root/bench/requirements.txt" "$venv/installed.txt"
fi
exec "$venv/bin/python" "$root/bench/bench.py" "$@"
