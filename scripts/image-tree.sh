#!/usr/bin/env bash
# The files of the image's cpu target in a folder, without Docker: image-tree.sh TREE. It follows the COPY lines of the
# Dockerfile's cpu stage; in place of the base image it takes the same packages of Debian from this machine. As root.
set -euo pipefail
cd "$(dirname "$0")/.."
tree=$(realpath -m "${1:?usage: image-tree.sh TREE}")
parts=$PWD/target/image
# what gcr.io/distroless/cc is made of, as far as a process needs it to run
base=(libc6 libgcc-s1 libstdc++6 libgomp1 tzdata)
dpkg-query --show "${base[@]}" >/dev/null || { echo "image-tree: needs a Debian or Ubuntu with ${base[*]}" >&2; exit 3; }
scripts/image-parts.sh "$parts"
rm -rf "$tree"
mkdir -p "$tree"/{dev,etc,home/nonroot,proc,sys,tmp,usr/lib,usr/lib64,usr/sbin,usr/bin,var}
for link in bin lib lib64 sbin; do ln -s "usr/$link" "$tree/$link"; done
for package in "${base[@]}"; do
  dpkg --listfiles "$package" | grep -E '^/(usr/)?(lib|share/zoneinfo)' | while read -r file; do
    if [ -f "$file" ] || [ -L "$file" ]; then cp -P --parents "$file" "$tree"; fi
  done
done
echo 'nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin' >"$tree/etc/passwd"
echo 'nonroot:x:65532:' >"$tree/etc/group"
echo '127.0.0.1 localhost' >"$tree/etc/hosts"
chmod 1777 "$tree/tmp"
awk '/^FROM /{stage = $NF} stage == "cpu" && $1 == "COPY"' Dockerfile | while read -r _ options; do
  owner=0:0
  set -- $options
  while [[ $1 == --* ]]; do
    case $1 in
      --from=build) ;;
      --chown=*) owner=${1#--chown=} ;;
      *) echo "image-tree: does not know COPY $1" >&2; exit 1 ;;
    esac
    shift
  done
  [[ $1 == /image/* && $2 == */ ]] || { echo "image-tree: does not know COPY $*" >&2; exit 1; }
  mkdir -p "$tree$2"
  cp -R --preserve=mode,timestamps,links "$parts/${1#/image/}/." "$tree$2"
  chown -R "$owner" "$tree$2"
done
