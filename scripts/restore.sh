#!/usr/bin/env bash
# A data folder out of a backup: scripts/restore.sh TARGET DATA [--time TIME]. Run it as the server's user.
# Takes the newest base backup, or the newest that ended before TIME (such as '2026-11-25 13:00:00+00'), checks every byte
# of the copy, and tells PostgreSQL to read the archived WAL up to its end, or to TIME, and then to serve. Starts nothing.
set -euo pipefail
export LC_ALL=C

fail() {
  echo "restore: $1" >&2
  exit 1
}

[ $# -eq 2 ] || { [ $# -eq 4 ] && [ "$3" = --time ]; } || fail "usage: restore.sh TARGET DATA [--time 'YYYY-MM-DD HH:MM:SS+00']"
[ -d "$1/base" ] || fail "$1 holds no folder base: pass the folder that backup.sh wrote to"
target=$(realpath "$1") data=$2
[[ $target$data != *[\'\"%\\]* ]] || fail "quotes, % and backslashes in a path cannot be written into PostgreSQL's settings: rename the folder"
[ ! -e "$data" ] || [ -z "$(ls -A "$data")" ] || fail "$data is not empty: move it away, a restore overwrites nothing"
bin=$("$(dirname "$(readlink -f "$0")")/pg-bin.sh")

time='' before='~'
if [ $# -eq 4 ]; then
  before=$(date --utc --date="$4" +%Y%m%dT%H%M%SZ) || fail "'$4' is no time: write it as 2026-11-25 13:00:00+00"
  time=$(date --utc --date="$4" '+%Y-%m-%d %H:%M:%S.%6N+00')
fi
base=''
while read -r name; do
  if [[ $name < $before ]]; then base=$name; fi
done < <(find "$target/base" -mindepth 1 -maxdepth 1 -type d -name '[0-9]*Z' -printf '%f\n' | sort)
[ -n "$base" ] || fail "no backup in $target/base ended before ${4:-now}: choose a later time, or fetch older backups from off-site"

mkdir -p "$data"
chmod 700 "$data"
cp --archive "$target/base/$base/." "$data"
"$bin/pg_verifybackup" --quiet "$data" ||
  fail "$target/base/$base is damaged, see above: move it away and run again with an empty folder, the backup before it is taken then"
{
  echo "restore_command = 'cp \"$target/wal/%f\" \"%p\"'"
  echo "recovery_target_time = '$time'"
  echo "recovery_target_timeline = 'latest'"
  echo "recovery_target_action = 'promote'"
} >>"$data/postgresql.auto.conf"
touch "$data/recovery.signal"
echo "restore: $base is in $data; start PostgreSQL on it${time:+, which stops at $time}"
