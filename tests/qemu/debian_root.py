# SPDX-License-Identifier: MIT
"""A small Debian with systemd on a disk, for the cases that need more than busybox: made once, by
debootstrap and from this machine's apt configuration, and kept in the cache."""

import os
import shutil
import subprocess
import sys

import images
import initrd
from machine import Skipped, cache

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "scripts"))

import debian  # noqa: E402

# What it consists of. Another number makes another disk.
VERSION = 1
PACKAGES = ["systemd", "systemd-sysv", "prometheus-node-exporter"]
MIB = 900
# No shell on the console beside the case's own lines, and nothing that uses the network or the time.
MASKED = ["serial-getty@ttyS0.service", "getty@tty1.service", "prometheus-node-exporter.service",
          "apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer",
          "fstrim.timer", "systemd-networkd.service", "e2scrub_reap.service"]

INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
insmod /bin/virtio_blk.ko
until [ -b /dev/vda ]; do sleep 0.1; done
mkdir /disk
mount -t ext4 /dev/vda /disk || poweroff -f
cp /bin/cvmem /disk/usr/bin/cvmem
# Libraries of the machine that has built it, as far as the disk has others or none.
mkdir -p /disk/usr/lib/cvmem-test
find /lib /lib64 -type f -name '*.so*' | while read -r library; do
	[ -e "/disk$library" ] || cp "$library" /disk/usr/lib/cvmem-test
done
echo /usr/lib/cvmem-test >/disk/etc/ld.so.conf.d/cvmem-test.conf
find /overlay -type f -exec chmod 644 {} +
cp -a /overlay/. /disk/
umount /sys /proc
mount --move /dev /disk/dev
exec switch_root /disk /sbin/init
"""


def prepare(root):
    """After debootstrap."""
    def link(target, name):
        path = os.path.join(root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if os.path.lexists(path):
            os.remove(path)
        os.symlink(target, path)

    for unit in MASKED:
        link("/dev/null", f"etc/systemd/system/{unit}")
    # An empty one is a first boot, at which systemd enables every unit.
    with open(os.path.join(root, "etc/machine-id"), "w", encoding="ascii") as file:
        file.write("0123456789abcdef0123456789abcdef\n")
    for folder in "var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/locale":
        shutil.rmtree(os.path.join(root, folder), ignore_errors=True)


def make(path):
    images.need("debootstrap", "mke2fs")
    if os.geteuid():
        raise Skipped("making a Debian needs root, once")
    root, new, log = path + ".root", path + ".new", path + ".log"
    subprocess.run(["rm", "-rf", "--one-file-system", root], check=True)
    try:
        command, _ = debian.debootstrap(root, PACKAGES)
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        raise Skipped(f"no Debian can be made here: {error}") from error
    with open(log, "w", encoding="utf-8") as out:
        if subprocess.run(command, stdout=out, stderr=out, check=False).returncode:
            raise Skipped(f"debootstrap failed: {log}")
    prepare(root)
    subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-d", root, new, f"{MIB}M"], check=True,
                   env={**os.environ, "PATH": images.PATH})
    subprocess.run(["rm", "-rf", "--one-file-system", root], check=True)
    os.rename(new, path)


def disk():
    """The path of the disk, which is made if it is not there."""
    path = os.path.join(os.path.dirname(cache()), "debian-root", f"{VERSION}.img")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if not os.path.exists(path):
        make(path)
    return path


def boot(machine, texts, append, *options, seconds):
    """Boots it with `cvmem` in /usr/bin and these files, {absolute path: content}; the disk stays as
    it is."""
    path = disk()
    parts = images.Initrd(machine, "module", images.GUEST)
    parts.add_module("virtio_blk")
    image = machine.log + ".cpio"
    initrd.write(image, INIT, [os.path.join(machine.build, "cvmem"),
                               os.path.join(parts.root, "virtio_blk.ko")],
                 {"/overlay" + name: text for name, text in texts.items()})
    shutil.rmtree(parts.root)
    try:
        return machine.boot("--kernel", images.kernel(), "--initrd", image, "--disk", path,
                            "--append", "console=ttyS0 quiet panic=-1 no_timer_check "
                            f"systemd.show_status=0 {append}", *options, "--", "-snapshot", seconds=seconds)
    finally:
        os.remove(image)
