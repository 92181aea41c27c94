#!/usr/bin/env bash
# A base backup of PostgreSQL: scripts/backup.sh TARGET. The server is named by libpq's variables (PGHOST, PGPORT, PGUSER,
# PGPASSFILE); the role needs REPLICATION. TARGET is the folder that archive-wal.sh writes to.
# Makes TARGET/base/TIME, named by the second in UTC when it ended, once pg_verifybackup has read it back. Then removes
# backups older than 30 days, of which the newest seven stay whatever the clock says, and WAL that no backup left needs.
# SOTTO_BACKUP_OFFSITE is a command that is run at the end with TARGET as $1, such as: rclone sync "$1" remote:sotto
set -euo pipefail
export LC_ALL=C
KEEP_DAYS=30
KEEP_NEWEST=7

fail() {
  echo "backup: $1" >&2
  exit 1
}

oldest_wal() { # the first WAL file that a base backup needs
  sed -n 's/^START WAL LOCATION: .* (file \([0-9A-F]\{24\}\))$/\1/p' "$1/backup_label"
}

prune() {
  local limit all old wal
  limit=$(date --utc --date="$KEEP_DAYS days ago" +%Y%m%dT%H%M%SZ)
  mapfile -t all < <(find "$target/base" -mindepth 1 -maxdepth 1 -type d -name '[0-9]*Z' -printf '%f\n' | sort --reverse)
  for old in "${all[@]:KEEP_NEWEST}"; do
    [[ $old < $limit ]] || continue
    mv "$target/base/$old" "$target/base/.$old.old" # half a backup never looks like one
    rm -rf "$target/base/.$old.old"
    echo "backup: removed $old"
  done
  mapfile -t all < <(find "$target/base" -mindepth 1 -maxdepth 1 -type d -name '[0-9]*Z' -printf '%f\n' | sort)
  wal=$(oldest_wal "$target/base/${all[0]}")
  [ -n "$wal" ] || fail "$target/base/${all[0]}/backup_label names no WAL file: no WAL was removed; look at that backup"
  [ ! -d "$target/wal" ] || "$bin/pg_archivecleanup" "$target/wal" "$wal"
}

[ $# -eq 1 ] || fail 'usage: backup.sh TARGET'
[ -d "$1" ] || fail "$1 is no folder: mount the backup disk, or make the folder"
target=$(realpath "$1")
bin=$("$(dirname "$(readlink -f "$0")")/pg-bin.sh")
mkdir -p "$target/base"
exec 9>"$target/.lock"
flock --nonblock 9 || fail "another backup into $target is going on: wait for its end"

rm -rf "$target"/base/.*.part "$target"/base/.*.old # of runs that were ended
part=$target/base/.new.part
"$bin/pg_basebackup" --pgdata="$part" --format=plain --wal-method=stream --checkpoint=fast \
  --manifest-checksums=SHA256 --label=sotto --no-password ||
  fail "pg_basebackup failed, see above: check PGHOST, PGUSER (REPLICATION), pg_hba.conf (replication) and the space in $target"
name=$(date --utc +%Y%m%dT%H%M%SZ)
"$bin/pg_verifybackup" --quiet "$part" || fail "the new backup is damaged, see above: check the disk of $target; older backups are as they were"
[ ! -e "$target/base/$name" ] || fail "$target/base/$name exists: the clock went back; set it and run again"
mv --no-target-directory "$part" "$target/base/$name"
sync "$target/base"
echo "backup: $target/base/$name"
prune
[ -z "${SOTTO_BACKUP_OFFSITE:-}" ] || bash -c "$SOTTO_BACKUP_OFFSITE" offsite "$target" 9>&- ||
  fail "SOTTO_BACKUP_OFFSITE failed, see above: $target/base/$name is on this disk alone"
