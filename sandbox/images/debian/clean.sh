# Runs inside a finished tree: takes out what differs from build to build or belongs to the machine that built it.
find /var/log /var/cache -type f -delete
find /var/lib/dpkg /etc -xdev -type f \( -name '*-old' -o -name '*-' \) -delete
rm -f /etc/apt/sources.list /etc/apt/apt.conf.d/99mmdebstrap /etc/machine-id /var/lib/dbus/machine-id /etc/.pwd.lock
rm -f /var/lib/dpkg/lock /var/lib/dpkg/lock-frontend /var/lib/dpkg/triggers/Lock
rm -rf /usr/share/doc /usr/share/man /usr/share/info /usr/share/lintian
# Docker mounts its own over these three; they must exist for that on a read-only root.
: > /etc/resolv.conf
: > /etc/hostname
: > /etc/hosts
chmod 644 /etc/resolv.conf /etc/hostname /etc/hosts
# Nobody in a container becomes somebody else.
find / -xdev -type f -perm /6000 -exec chmod ug-s {} +
