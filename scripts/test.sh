#!/usr/bin/env bash
# Builds everything and runs every test; ends with how many ran and which were skipped, and why.
set -euo pipefail
cd "$(dirname "$0")/.."
mvn --batch-mode --no-transfer-progress verify "$@"
