#!/usr/bin/env bash
# Runs a command in a tree of image-tree.sh as a container engine would: image-run.sh TREE COMMAND [ARGUMENT…]. Uid 65532, no
# capabilities, no new privileges, a read-only root; /tmp (no programs) and CACHE are writable. Network and environment
# are the caller's. CACHE: a folder to keep /var/cache/sotto in, else it is empty. As root, on Linux.
set -euo pipefail
tree=$(realpath "${1:?usage: image-run.sh TREE COMMAND…}")
shift
if [ "${IN_NAMESPACE:-}" != yes ]; then
  IN_NAMESPACE=yes exec unshare --mount --propagation private "$0" "$tree" "$@"
fi
unset IN_NAMESPACE
mount --bind "$tree" "$tree"
mount -t tmpfs -o mode=755,size=1m tmpfs "$tree/dev"
for device in null zero random urandom; do
  touch "$tree/dev/$device"
  mount --bind "/dev/$device" "$tree/dev/$device"
done
mount -t tmpfs -o mode=1777,nosuid,nodev,noexec,size=1g tmpfs "$tree/tmp"
if [ -n "${CACHE:-}" ]; then
  mount --bind "$CACHE" "$tree/var/cache/sotto"
else
  mount -t tmpfs -o mode=700,uid=65532,gid=65532,nosuid,nodev,size=512m tmpfs "$tree/var/cache/sotto"
fi
unset CACHE
mount -t proc -o nosuid,nodev,noexec proc "$tree/proc" 2>/dev/null || mount --rbind /proc "$tree/proc"
mount -o remount,bind,ro "$tree"
exec setpriv --no-new-privs chroot --userspec=65532:65532 --groups= "$tree" "$@"
