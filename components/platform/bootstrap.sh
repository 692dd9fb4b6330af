#!/bin/sh
# Makes a bare Debian 13 server able to run the host program, and does nothing else: Node, the program, its entries. The rest of the
# platform is the program's own work. The only shell of the project; docs/decisions/0001 says why there has to be some.
#
#   sh -s -- UPLOAD SHA256 < bootstrap.sh
#
# UPLOAD   where CopyToRemote has put the bundle; relative to the login's home
# SHA256   what its bytes must hash to, 64 hexadecimal digits
#
# Both are arguments, not lines on standard input: neither is secret, the preview then shows the hash in the command, and standard input
# stays this file, byte for byte the one in the repository.
#
# Runs as root, or as a user who may use sudo without a password. Safe to run again at any time, and to cut off at any point.
set -eu
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C.UTF-8
export PATH LC_ALL
umask 022

home=/opt/terrace
node=/usr/bin/node
lock_seconds=600
# One link per verb of the host program (host/main.ts); a test holds the two lists together.
entries="terrace terrace-platform terrace-host-secrets terrace-secrets terrace-data terrace-rollout terrace-retire terrace-retire-data
  terrace-status terrace-history terrace-rollback"

step() { printf '==> %s\n' "$1" >&2; }

# The contract's failure line (contract/outcome.ts). The third word is the exit code that belongs to the outcome.
fail() {
  printf 'terrace: %s (%s): %s\n' "$1" "$2" "$4" >&2
  exit "$3"
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

require_arguments() {
  [ $# -eq 2 ] || fail invalid malformed_request 50 "expected two arguments, the upload and its SHA-256, got $#"
  if [ ${#2} -ne 64 ] || [ -n "$(printf %s "$2" | tr -d 0-9a-f)" ]; then
    fail invalid malformed_request 50 "the second argument must be a SHA-256 in 64 lower case hexadecimal digits, got \"$2\""
  fi
}

require_system() {
  # In a subshell: the file sets whatever variables it likes.
  # shellcheck source=/dev/null
  system=$(. /etc/os-release && printf '%s %s|%s' "${ID:-unknown}" "${VERSION_ID:-without version}" "${PRETTY_NAME:-unknown}") ||
    fail refused unsupported_system 10 "cannot read /etc/os-release; Terrace needs a Debian 13 server"
  [ "${system%%|*}" = "debian 13" ] ||
    fail refused unsupported_system 10 "this server runs ${system#*|}; Terrace needs Debian 13"
}

require_root() {
  as_root true 2>/dev/null ||
    fail refused not_privileged 10 "$(id -un) is not root and may not use sudo without a password; log in as root or allow it that"
}

# A fresh server installs updates by itself in its first minutes. apt waits for dpkg's lock, but not for the one on its package lists: that
# one is taken here the way apt takes it (a POSIX lock), so waiting ends the moment it is free. The packages go to a folder of our own, for
# apt does not wait for the lock of the common one either.
install_packages() {
  step "install $*"
  apt_install "$@" && return
  step "fetch the package lists"
  said=$(as_root flock --fcntl --timeout "$lock_seconds" /var/lib/apt/lists/lock \
    apt-get -q -o Debug::NoLocking=true -o Acquire::Retries=3 update 2>&1) ||
    apt_failed "apt-get update failed; nothing was installed"
  apt_install "$@" || apt_failed "apt-get could not install $*"
}

# Tried before the package lists are fetched: on most servers they are there and fresh enough. What apt says is kept for when it matters.
apt_install() {
  said=$(as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get -q -y --no-install-recommends \
    -o "DPkg::Lock::Timeout=$lock_seconds" -o Dir::Cache::archives=/var/cache/apt/terrace -o APT::Keep-Downloaded-Packages=false \
    -o Acquire::Retries=3 install "$@" 2>&1)
}

apt_failed() {
  printf '%s\n' "$said" >&2
  fail aborted package_failed 20 "$1, see its message above"
}

require_packages() {
  missing=
  [ -x "$node" ] || missing=nodejs
  # Commands of the platform begin with "sudo", also where the login is root, so that they are the same on every server.
  command -v sudo >/dev/null || missing="$missing sudo"
  # shellcheck disable=SC2086 # one word per package
  [ -z "$missing" ] || install_packages $missing
  "$node" -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' ||
    fail refused unsupported_system 10 "$node is $("$node" --version); the host program needs Debian 13's own (20.19) or a later one"
}

hash_of() {
  as_root sha256sum -- "$1" | cut -c 1-64
}

# "<contract> <program>" as a bundle says it of itself; empty when it does not answer.
version_of() {
  "$node" "$1" --version --json 2>/dev/null |
    "$node" -e 'const v = JSON.parse(require("fs").readFileSync(0, "utf8")); console.log(v.contract, v.program)' 2>/dev/null || true
}

# What is renamed into place is our own copy, hashed after it was made: nobody can change it between the check and the use of it, whoever
# may write where the upload lies.
install_program() {
  upload=$1 sha256=$2 program=$home/$2/terrace.cjs
  as_root mkdir -p "$home/$sha256" "$home/bin"
  if [ ! -f "$program" ] || [ "$(hash_of "$program")" != "$sha256" ]; then
    step "put the host program in place"
    [ -f "$upload" ] ||
      fail invalid program_absent 50 "the host program is neither at $program nor uploaded at $upload; raise platform.epoch to upload it again"
    copy=$home/$sha256/.terrace.cjs.$$
    as_root cp -- "$upload" "$copy"
    seen=$(hash_of "$copy")
    if [ "$seen" != "$sha256" ]; then
      size=$(stat -c %s -- "$upload")
      as_root rm -f -- "$copy"
      fail invalid program_absent 50 \
        "the upload at $upload is partial or not the one announced ($size bytes, SHA-256 $seen, expected $sha256); raise platform.epoch to upload it again"
    fi
    as_root chown root:root "$copy"
    as_root chmod 0755 "$copy"
    as_root sync "$copy"
    as_root mv -f -- "$copy" "$program"
    as_root sync "$home/$sha256"
    changed=yes
  fi
}

# A host that other stacks have moved on must not be moved back under them: they would send what the older program cannot read.
refuse_downgrade() {
  version=$(version_of "$program")
  [ "${version#* }" = "$sha256" ] ||
    fail internal bug 70 "the host program at $program does not know its own name: expected $sha256, got \"${version#* }\""
  [ -e "$home/current/terrace.cjs" ] || return 0
  present=$(version_of "$home/current/terrace.cjs")
  # A program that does not answer cannot be worth keeping.
  [ -n "$present" ] || return 0
  [ "${present%% *}" -le "${version%% *}" ] ||
    fail refused contract_unsupported 10 \
      "this host's program speaks contract ${present%% *}, the one to be installed only ${version%% *}; update this checkout"
}

# link TARGET NAME: replaced by rename, so that at no moment there is none.
link() {
  [ "$(readlink "$2" 2>/dev/null)" != "$1" ] || return 0
  temporary=$(dirname "$2")/.link.$$
  as_root ln -sfn -- "$1" "$temporary"
  as_root mv -T -- "$temporary" "$2"
  changed=yes
}

main() {
  require_arguments "$@"
  require_system
  require_root
  require_packages
  changed=
  install_program "$1" "$2"
  refuse_downgrade
  link "$2" "$home/current"
  for entry in $entries; do link "$home/current/terrace.cjs" "$home/bin/$entry"; done
  # For people who log in; everything of ours uses the full path.
  [ -e /usr/local/bin/terrace ] || link "$home/bin/terrace" /usr/local/bin/terrace
  as_root sync "$home" "$home/bin"
  # The upload was a parcel: what it held is in its place.
  rm -f -- "$1"
  if [ -n "$changed" ]; then outcome=deployed word="is now"; else outcome=unchanged word="was already"; fi
  printf '{"code":"ok","contract":%s,"outcome":"%s","what":"the host program %s %s in place"}\n' \
    "${version%% *}" "$outcome" "$(printf %s "$2" | cut -c 1-12)" "$word"
}

# Called last, so that half a script does nothing, and without the standard input that the script itself comes on: a child that reads it
# would eat the rest.
main "$@" </dev/null
