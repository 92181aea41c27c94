#!/usr/bin/env bash
# Whether a backup can be restored: scripts/restore-drill.sh TARGET. Restores the newest into a throw-away folder below
# TMPDIR, serves it on a free port of loopback, and runs `sotto fsck` on it. Prints the time that took (RTO) and how old
# the newest commit is that was there (RPO; nothing newer may have been written). Not as root, PostgreSQL refuses that.
# SOTTO_DATABASE_NAME, SOTTO_DATABASE_USER and SOTTO_DATABASE_PASSWORD are what fsck logs in with; the role sotto_read does.
set -euo pipefail
export LC_ALL=C
scripts=$(dirname "$(readlink -f "$0")")

fail() {
  echo "restore-drill: $1" >&2
  exit 1
}

[ $# -eq 1 ] || fail 'usage: restore-drill.sh TARGET'
[ "$(id -u)" -ne 0 ] || fail 'root cannot run PostgreSQL: run it as the user that owns the backups, such as postgres'
bin=$("$scripts/pg-bin.sh")
work=$(mktemp --directory)
data=$work/data

finish() {
  [ ! -f "$data/postmaster.pid" ] || "$bin/pg_ctl" stop --silent --mode=immediate --pgdata="$data" || true
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM

begun=$(date +%s)
"$scripts/restore.sh" "$1" "$data"
echo 'host all all 127.0.0.1/32 scram-sha-256' >"$work/hba.conf"
: >"$work/postgresql.conf" # Debian keeps the server's own outside the data folder
port=$((20000 + RANDOM % 10000)) # below those that the system gives out; one that is taken is said in the log
limit_s=${SOTTO_DRILL_TIMEOUT_S:-3600}
options=() # by the command line: what ALTER SYSTEM set at the server holds in the copy too
for setting in config_file="$work/postgresql.conf" hba_file="$work/hba.conf" listen_addresses=127.0.0.1 port="$port" \
  unix_socket_directories= hot_standby=off archive_mode=off ssl=off shared_preload_libraries= log_destination=stderr \
  logging_collector=off log_min_messages=log lc_messages=C log_timezone=UTC; do
  options+=(-c "$setting")
done

died() {
  fail "the restored database does not serve, see above: its WAL in $1/wal may be missing or damaged"
}

"$bin/pg_ctl" start --silent --wait --timeout="$limit_s" --pgdata="$data" --log="$work/log" --options="${options[*]}" ||
  { tail -n 5 "$work/log" >&2 && died "$1"; }
# it lets nobody in before it has read all WAL; pg_ctl does not wait for that
until "$bin/pg_isready" --quiet --host=127.0.0.1 --port="$port"; do
  "$bin/pg_ctl" status --pgdata="$data" >/dev/null || { tail -n 5 "$work/log" >&2 && died "$1"; }
  [ $(($(date +%s) - begun)) -lt "$limit_s" ] || fail "no end of recovery after $limit_s s: set SOTTO_DRILL_TIMEOUT_S higher, or back up more often"
  sleep 0.2
done
rto=$(($(date +%s) - begun))
newest=$(sed -n 's/.*last completed transaction was at log time \(.*\)$/\1/p' "$work/log" | tail -n 1)
echo "restore-drill: RTO $rto s from $(du --summarize --block-size=M "$data" | cut -f1) on disk"
if [ -n "$newest" ]; then
  echo "restore-drill: RPO $((begun - $(date --date="$newest" +%s))) s, the newest commit is of $newest"
else
  echo "restore-drill: RPO unknown, no commit came after the base backup"
fi
# no scheduler runs on it, so leases are over
SOTTO_DATABASE_HOST=127.0.0.1 SOTTO_DATABASE_PORT=$port "$scripts/../sotto" fsck --grace 86400 ||
  fail 'the restored database breaks rules of its own, see above: docs/operations/fsck.md says what each means'
