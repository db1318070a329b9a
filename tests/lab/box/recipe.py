"""What a box is made of: the packages, and what is changed in them. Owns text only.

The key of the recipe names the cached result, so a change here rebuilds it.
"""

from __future__ import annotations

import hashlib
import json

SUITE = "bookworm"  # an admin's host as the runbook knows it, whatever this machine runs
PACKAGES = (
    "systemd",
    "systemd-sysv",
    "libpam-systemd",  # a session for whoever comes in by ssh
    "dbus",
    "dbus-user-session",  # `systemctl --user`
    "docker.io",
    "iptables",
    "git",
    "openssh-server",
    "sudo",
    "ca-certificates",
    "curl",
    "python3",
    "python3-venv",
    "procps",
    "iproute2",
    "docker-registry",
    "nginx-light",
)
# While packages are installed: no sync after every file, nothing that nobody reads here.
DPKG = """\
force-unsafe-io
path-exclude=/usr/share/doc/*
path-exclude=/usr/share/man/*
path-exclude=/usr/share/info/*
path-exclude=/usr/share/locale/*
"""
# Run with the new root as `/`; nothing is started.
SETUP = """\
set -eu
rm -rf /usr/share/doc/* /usr/share/man/* /usr/share/info/* /usr/share/locale/*
rm -rf /var/cache/apt/* /var/lib/apt/lists/* /etc/dpkg/dpkg.cfg.d/lab
find /usr -name __pycache__ -type d -prune -exec rm -rf {} +
find /var/log -type f -delete
: >/etc/machine-id
ln -sf /etc/machine-id /var/lib/dbus/machine-id # or systemd would take every copy's ID from there
systemctl --quiet disable nginx docker-registry e2scrub_reap 2>/dev/null
systemctl --quiet mask apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer fstrim.timer
install -d -m 700 /root/.ssh
"""
# Docker mounts control groups read-only, though each box has a namespace of its own there. And every
# container sees the same boot ID, the kernel's: without one per start the journal would know one boot only.
INIT = """\
#!/bin/sh
for place in /sys/fs/cgroup /sys/fs/cgroup/*; do
    mountpoint -q "$place" && mount -o remount,bind,rw "$place"
done
cp /proc/sys/kernel/random/uuid /run/boot_id
chmod 444 /run/boot_id
mount --bind /run/boot_id /proc/sys/kernel/random/boot_id
exec /sbin/init
"""
INIT_PATH = "/sbin/box-init"
COMPOSE_PATH = "/usr/libexec/docker/cli-plugins/docker-compose"


def key() -> str:
    """A name for this recipe as it stands."""
    whole = json.dumps([SUITE, PACKAGES, DPKG, SETUP, INIT])
    return hashlib.sha256(whole.encode()).hexdigest()[:12]
