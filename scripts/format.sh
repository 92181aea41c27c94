#!/usr/bin/env bash
# Formats every Java file of the project; with --check only lists those that differ, and fails if there are any.
set -euo pipefail
cd "$(dirname "$0")/.."
jar=target/google-java-format.jar
[ -f "$jar" ] || mvn -q -N dependency:copy@formatter
java=$(scripts/find-jdk.sh)/bin/java
mode=(--replace)
[ "${1:-}" = "--check" ] && mode=(--dry-run --set-exit-if-changed)
opens=()
for package in api code file main parser processing tree util; do
  opens+=("--add-exports=jdk.compiler/com.sun.tools.javac.$package=ALL-UNNAMED")
done
if ! find . -name '*.java' -not -path '*/target/*' -print0 |
  xargs -0 -r "$java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 "${opens[@]}" -jar "$jar" "${mode[@]}"; then
  echo "The files above are not formatted: run scripts/format.sh" >&2
  exit 1
fi
