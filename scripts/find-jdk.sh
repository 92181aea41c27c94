#!/usr/bin/env bash
# Prints the home of a JDK 25: JAVA_HOME, SOTTO_JAVA_HOME, the usual folders, or the java on the PATH.
set -euo pipefail
is_25() { [ -x "$1/bin/java" ] && grep -qs '^JAVA_VERSION="25' "$1/release"; }
on_path=$(command -v java || true)
[ -n "$on_path" ] && on_path=$(dirname "$(dirname "$(readlink -f "$on_path")")")
for home in "${SOTTO_JAVA_HOME:-}" "${JAVA_HOME:-}" "$on_path" /usr/lib/jvm/* /opt/jdk* "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/*; do
  if [ -n "$home" ] && is_25 "$home"; then
    echo "$home"
    exit 0
  fi
done
echo "sotto: no JDK 25 found. Install one (for instance Eclipse Temurin 25) or set SOTTO_JAVA_HOME to its folder." >&2
exit 1
