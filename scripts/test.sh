#!/usr/bin/env bash
# Builds everything and runs every test, modules and whole-house tests two at a time; ends with how many ran and which were skipped, and why.
set -euo pipefail
cd "$(dirname "$0")/.."
# Maven itself on the JDK of the classes: it reads the tests to share them out among two JVMs.
JAVA_HOME=$(scripts/find-jdk.sh)
export JAVA_HOME
mvn --batch-mode --no-transfer-progress --threads 2 -Dsotto.it.forks=2 verify "$@"
