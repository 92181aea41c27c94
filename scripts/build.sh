#!/usr/bin/env bash
# Builds what ./sotto runs: every module packaged without tests, all jars in verticles/node/target/lib.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v mvn >/dev/null || { echo "sotto: nothing is built yet and there is no mvn (Maven 3.8 or later) to build it." >&2; exit 1; }
mkdir -p target
exec 9>target/build.lock
flock 9
if [ $# -gt 0 ]; then
  rm -rf verticles/node/target/lib # another profile has other libraries
elif [ -f verticles/node/target/lib/.complete ]; then
  exit 0 # another process built it while this one waited
fi
echo "sotto: building once, this takes a minute…"
if ! mvn --batch-mode -q -pl verticles/node -am package -DskipTests -DskipChecks=true "$@" >target/build.log 2>&1; then
  tail -n 40 target/build.log
  echo "sotto: the build failed; the whole log is in target/build.log"
  exit 1
fi
touch verticles/node/target/lib/.complete
# A rehearsal, whose loaded classes the next starts begin with. Without it everything works, a second or two later.
SOTTO_JAVA_OPTS="-XX:AOTCacheOutput=$PWD/verticles/node/target/sotto.aot" ./sotto transcribe samples/en-fox.wav >>target/build.log 2>&1 ||
  rm -f verticles/node/target/sotto.aot
