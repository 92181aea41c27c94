#!/usr/bin/env bash
# Random faults on a cluster of real processes, under load: scripts/chaos.sh --seed NUMBER --minutes NUMBER. The same
# number makes the same plan. Ends with `faults F lost L duplicated D stale S fsck V`, and fails unless the rest is 0.
# Or `--study NAME,NAME`: studies of docs/operations/reliability.md, whose tables are written there.
# Plan, what clients were told, and the log of every node stay in verticles/it/target/chaos.
set -euo pipefail
cd "$(dirname "$0")/.."
java=$(scripts/find-jdk.sh)/bin/java
echo "sotto: building…" >&2
mvn --batch-mode -q -pl verticles/it -am package -DskipTests -DskipChecks=true
exec "$java" -Xmx512m -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
  "-Dsotto.home=$PWD" "-Dlogback.configurationFile=$PWD/conf/logback.xml" \
  -cp "verticles/node/target/lib/*:verticles/it/target/test-classes" io.sotto.it.chaos.ChaosMain "$@"
