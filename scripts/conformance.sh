#!/usr/bin/env bash
# Checks a running server with the official openai packages: conformance.sh URL [python|node] [part of a check's name].
# Status 1: a check failed. Status 3: the packages could not be installed, so nothing was checked.
set -euo pipefail
cd "$(dirname "$0")/../conformance"
url=${1:?usage: conformance.sh URL [python|node] [part of a check\'s name]}
which=${2:-}
only=${3:-}
work=$PWD/.work

unready() {
  echo "conformance: $1" >&2
  exit 3
}

# Installs once for each list of versions; $1 is the list, $2 notes what is installed, the rest does it.
install() {
  local list=$1 note=$2
  shift 2
  cmp -s "$list" "$note" && return
  rm -f "$note"
  "$@" >"$work/install.log" 2>&1 || { tail -n 5 "$work/install.log" >&2; return 1; }
  cp "$list" "$note"
}

venv() {
  python3 -m venv --clear "$work/python" &&
    "$work/python/bin/pip" install --quiet --disable-pip-version-check --requirement python/requirements.txt
}

with_python() {
  command -v python3 >/dev/null || unready "there is no python3"
  install python/requirements.txt "$work/python.installed" venv || unready "the Python packages cannot be installed"
  PYTHONDONTWRITEBYTECODE=1 "$work/python/bin/python" python/conformance.py "$url" "$only"
}

with_node() {
  command -v node >/dev/null && command -v npm >/dev/null || unready "there is no node with npm"
  install node/package-lock.json "$work/node.installed" npm ci --prefix node --no-audit --no-fund ||
    unready "the Node packages cannot be installed"
  node node/conformance.mjs "$url" "$only"
}

mkdir -p "$work"
exec 9>"$work/lock"
flock 9
case $which in
  python) with_python ;;
  node) with_node ;;
  "")
    failed=0
    with_python || failed=$?
    with_node || failed=$?
    exit "$failed"
    ;;
  *) echo "conformance: python or node, not $which" >&2; exit 2 ;;
esac
