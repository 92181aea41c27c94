#!/usr/bin/env bash
# Builds the product twice, of copies of the tracked files in two folders, at two times, in two time zones, and compares the SHA-256
# of every jar and of the bill of materials. Status 1: some differ, and which. Takes minutes. Both are built by Maven on the same
# Java: manifests name it (Build-Tool-Jdk-Spec), so that Maven on another makes other jars.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

build() {
  local home=$work/$1
  mkdir -p "$home"
  git ls-files -z | tar --create --null --files-from=- | tar --extract --directory "$home"
  (cd "$home" && TZ=$2 mvn --batch-mode -q -pl verticles/node -am package -DskipTests -DskipChecks=true >&2)
  (cd "$home/verticles/node/target" && sha256sum lib/*.jar sotto.cdx.json) >"$work/$1.sums"
}

build one UTC
build another-and-a-longer-name Pacific/Auckland
if ! diff "$work/one.sums" "$work/another-and-a-longer-name.sums"; then
  echo "reproducible: the files above differ" >&2
  exit 1
fi
echo "reproducible: $(wc -l <"$work/one.sums") files, the same twice"
