#!/usr/bin/env bash
# Prints the folder of PostgreSQL's programs: SOTTO_PG_BIN, else what PATH has, else the newest of Debian's packages.
# Its major version must be the server's.
set -euo pipefail
shopt -s nullglob
candidates=("${SOTTO_PG_BIN:-}")
found=$(command -v pg_verifybackup || true)
[ -z "$found" ] || candidates+=("$(dirname "$(readlink -f "$found")")")
mapfile -t -O "${#candidates[@]}" candidates < <(printf '%s\n' /usr/lib/postgresql/*/bin | sort --version-sort --reverse)
for folder in "${candidates[@]}"; do
  if [ -x "$folder/pg_ctl" ] && [ -x "$folder/pg_basebackup" ] && [ -x "$folder/pg_verifybackup" ]; then
    echo "$folder"
    exit 0
  fi
done
echo "sotto: no folder with pg_ctl, pg_basebackup and pg_verifybackup: install PostgreSQL's server package of the server's major version, or set SOTTO_PG_BIN to its bin folder" >&2
exit 1
