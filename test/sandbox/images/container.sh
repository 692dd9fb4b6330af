#!/bin/bash
# Runs a program in an unpacked image as a container runtime would, in namespaces of its own for mounts, processes and
# the host name, which it must be started in:
#
#   container.sh HOST_NAME ROOT WORKING_DIRECTORY USER GROUP [tmpfs PATH | bind FROM PATH | env NAME=VALUE]… -- PROGRAM [ARGUMENT …]
#
# The root is read-only, /dev holds four harmless devices, and the network is the machine's.
set -euo pipefail
hostname "$1"
root=$2 directory=$3 user=$4 group=$5
shift 5

mount --bind "$root" "$root"
if [ -d "$root/proc" ]; then
    mount -t proc proc "$root/proc"
    mount -t tmpfs tmpfs "$root/dev"
    for device in null zero random urandom; do
        : >"$root/dev/$device"
        mount --bind "/dev/$device" "$root/dev/$device"
    done
    ln -s /proc/self/fd "$root/dev/fd"
    mkdir -m 1777 "$root/dev/shm"
fi

variables=()
while [ "$1" != -- ]; do
    case $1 in
    # As runc does it: root's, with the mode of the folder below.
    tmpfs) mount -t tmpfs -o "mode=$(stat -c %a "$root$2")" tmpfs "$root$2" && shift 2 ;;
    bind) mount --bind "$2" "$root$3" && shift 3 ;;
    env) variables+=("$2") && shift 2 ;;
    *) echo "container.sh: unknown word $1" >&2 && exit 64 ;;
    esac
done
shift
mount -o remount,bind,ro "$root"
exec env -i "${variables[@]}" /usr/bin/unshare --root="$root" --wd="$directory" --setgid="$group" --setuid="$user" -- "$@"
