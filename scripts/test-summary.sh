#!/usr/bin/env bash
# Prints how many tests ran in all modules, and each that was skipped with its reason, from the reports of this build.
set -euo pipefail
cd "$(dirname "$0")/.."
shopt -s nullglob
reports=(verticles/*/target/surefire-reports/TEST-*.xml verticles/*/target/failsafe-reports/TEST-*.xml)
[ ${#reports[@]} -gt 0 ] || { echo "no test reports: nothing ran"; exit 1; }
awk '
  function attribute(name,   at, rest) {
    at = index($0, " " name "=\"")
    if (at == 0) return ""
    rest = substr($0, at + length(name) + 3)
    return substr(rest, 1, index(rest, "\"") - 1)
  }
  /<testcase /   { ran++; test = attribute("classname") (attribute("name") == "" ? "" : "." attribute("name")) }
  /<skipped/     { ran--; skipped++; why[skipped] = test ": " attribute("message") }
  /<(failure|error)[ >]/ { failed++ }
  END {
    printf "\nTests: %d ran, %d failed, %d skipped\n", ran, failed, skipped
    for (i = 1; i <= skipped; i++) print "  skipped " why[i]
  }' "${reports[@]}"
