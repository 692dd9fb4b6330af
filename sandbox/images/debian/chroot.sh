#!/bin/sh
# Changes a tree in mount and process namespaces of its own: mounts, and whatever a package's script started, end with it.
#
#   chroot.sh TREE SCRATCH LOWER UPPER WORK [PACKAGE …]      (LOWER, UPPER and WORK empty: TREE is a plain folder)
#
# SCRATCH holds before.sh, after.sh and clean.sh and appears as /mnt both outside and inside the tree, because apt, which runs outside,
# and dpkg, which runs inside, tell each other file names. Nothing of it, and nothing under /dev, /proc, /run and /tmp, gets into the layer.
set -eu
umask 022
tree=$1 scratch=$2 lower=$3 upper=$4 work=$5
shift 5

if [ -n "$lower" ]; then
    # The options keep the upper tree plain: no renames or copies by reference, which a tar archive could not say.
    mount -t overlay overlay -o "lowerdir=$lower,upperdir=$upper,workdir=$work,index=off,metacopy=off,redirect_dir=off" "$tree"
fi
mount -t proc proc "$tree/proc"
mount --bind /dev "$tree/dev"
mount -t tmpfs tmpfs "$tree/run"
mount -t tmpfs tmpfs "$tree/tmp"
mount --bind "$scratch" /mnt
mount --bind /mnt "$tree/mnt"

inside() { chroot "$tree" sh -eu "/mnt/$1"; }

inside before.sh
[ $# -eq 0 ] || apt-get install -y -q "$@"
inside after.sh
inside clean.sh
