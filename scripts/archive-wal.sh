#!/usr/bin/env bash
# PostgreSQL's archive_command: scripts/archive-wal.sh PATH NAME TARGET, in postgresql.conf
#   archive_command = '/opt/sotto/scripts/archive-wal.sh "%p" "%f" /backup'
# Ends with 0 only when TARGET/wal/NAME is on the disk and holds what PATH does. Never overwrites a file of another content.
set -euo pipefail
export LC_ALL=C

fail() {
  echo "archive-wal: $1" >&2
  exit 1
}

[ $# -eq 3 ] || fail 'usage: archive-wal.sh PATH NAME TARGET, for PostgreSQL: archive-wal.sh "%p" "%f" /backup'
path=$1 name=$2 target=$3
[[ $name =~ ^[0-9A-Za-z][0-9A-Za-z.]*$ ]] || fail "'$name' is no name of a WAL file: pass %f"
[ -f "$path" ] || fail "$path does not exist: pass %p, and run from the data folder"
# TARGET is not made: where a disk is not mounted, files would fill the one below
[ -d "$target" ] || fail "$target is no folder: mount the backup disk, or make the folder and give it to the server's user"

mkdir -p "$target/wal"
kept=$target/wal/$name
if [ -e "$kept" ]; then
  cmp --silent "$path" "$kept" ||
    fail "$kept exists and differs: two servers archive into $target; give each a folder of its own"
  sync "$kept" "$target/wal" # a crash may have come between rename and answer
  exit 0
fi
part=$target/wal/.$name.part
cp "$path" "$part"
sync "$part"
mv --no-target-directory "$part" "$kept"
sync "$target/wal"
