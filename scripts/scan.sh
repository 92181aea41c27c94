#!/usr/bin/env bash
# Looks every library of the build up in the OSV database of known vulnerabilities, with osv-scanner
# (https://google.github.io/osv-scanner), which must be installed and reach the network: the database is no part of the project.
# Status: 0 nothing known, 1 something is, 3 not looked at.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v osv-scanner >/dev/null; then
  echo "scan: not looked at: osv-scanner is not installed" >&2
  exit 3
fi
osv-scanner scan source --recursive .
