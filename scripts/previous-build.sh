#!/usr/bin/env bash
# Builds another commit under target/previous, once, for nodes of two versions in one cluster: scripts/previous-build.sh [COMMIT].
# Without one: the last tag before this commit, or the commit before it. Its root is written into target/previous/home.
set -euo pipefail
cd "$(dirname "$0")/.."
wanted=${1:-${SOTTO_PREVIOUS:-$(git describe --tags --abbrev=0 HEAD~1 2>/dev/null || echo HEAD~1)}}
commit=$(git rev-parse --short=12 --verify "$wanted^{commit}")
home=$PWD/target/previous/$commit
if [ ! -f "$home/.complete" ]; then
  echo "sotto: building $commit ($wanted)…" >&2
  rm -rf "$home"
  mkdir -p "$home"
  git archive "$commit" | tar -x -C "$home"
  (cd "$home" && mvn --batch-mode -q -pl verticles/it -am package -DskipTests -DskipChecks=true)
  touch "$home/.complete"
fi
echo "$home" >target/previous/home
