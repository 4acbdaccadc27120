# SPDX-License-Identifier: MIT
"""Initial file systems and disks for the cases, of what has been fetched and Debian's tools."""

import glob
import lzma
import os
import shutil
import struct
import subprocess

from initrd import unpacked
from machine import Failed, Skipped, cache

HERE = os.path.dirname(os.path.abspath(__file__))
DEMONSTRATION = os.path.join(HERE, "..", "..", "scripts", "vm", "init")
GUEST = os.path.join(HERE, "programs", "init")
ESP = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
# MiB: the whole, and the second partition.
DISK, DATA_BEGIN, DATA = 96, 80, 8
# sfdisk is in a folder that not every user's PATH has.
PATH = os.environ.get("PATH", os.defpath) + os.pathsep + "/usr/sbin" + os.pathsep + "/sbin"


def need(*tools):
    """Skips the case without them."""
    for tool in tools:
        if not shutil.which(tool, path=PATH):
            raise Skipped(f"{tool} is not installed")


def extra(*path):
    """A file of the set-up's part `extras`."""
    if not os.path.isdir(cache("extras")):
        raise Skipped("systemd-boot and kexec have not been fetched: cvmem vm --setup")
    return cache("extras", "usr", *path)


def kexec():
    """kexec-tools, with the libraries it needs: {path in the guest: path on this machine}."""
    return unpacked(extra(), "sbin/kexec")


def kernel(part="linux"):
    """Debian's next release's kernel, or that of another part."""
    path = cache(part, "vmlinuz")
    if not os.path.exists(path):
        raise Skipped(f"{part} has not been fetched: cvmem vm --setup")
    return path


def vmlinux(machine, bzimage):
    """The ELF file in a bzImage: Documentation/arch/x86/boot.rst, setup_sects, payload_offset and
    payload_length. Its size follows the compressed data."""
    need("zstd")
    with open(bzimage, "rb") as file:
        data = file.read()
    offset, length = struct.unpack_from("<II", data, 0x248)
    start = (data[0x1F1] + 1) * 512 + offset
    done = subprocess.run(["zstd", "-dcq"], input=data[start:start + length - 4], check=True,
                          stdout=subprocess.PIPE)
    path = machine.file("vmlinux")
    with open(path, "wb") as file:
        file.write(done.stdout)
    return path


class Initrd:
    """A folder that becomes a newc archive; busybox and an init are in it."""

    def __init__(self, machine, name, init, guest="guest"):
        need("cpio")
        self.root = machine.file(name)
        shutil.rmtree(self.root, ignore_errors=True)
        self.add(cache(guest, "usr", "bin", "busybox"), "bin/busybox")
        self.add(init, "init")
        os.symlink("busybox", os.path.join(self.root, "bin/sh"))
        os.mkdir(os.path.join(self.root, "dev"))

    def add(self, source, target):
        if not os.path.exists(source):
            raise Failed(f"{source} is missing; scripts/check-vm CASE builds the tests first")
        path = os.path.join(self.root, target)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        shutil.copy(source, path)

    def add_module(self, name, part="linux"):
        """One of the kernel's modules, as NAME.ko in the top folder."""
        found = glob.glob(f"{cache(part)}/usr/lib/modules/*/kernel/**/{name}.ko.xz", recursive=True)
        if not found:
            raise Skipped(f"the kernel has no module {name}")
        with lzma.open(found[0]) as module, open(os.path.join(self.root, name + ".ko"), "wb") as to:
            to.write(module.read())

    def add_kexec(self):
        for target, source in kexec().items():
            self.add(source, target)

    def write(self):
        """The archive's path."""
        names = [os.path.relpath(os.path.join(folder, name), self.root)
                 for folder, folders, files in os.walk(self.root) for name in folders + files]
        path = self.root + ".cpio"
        with open(path, "wb") as archive:
            subprocess.run(["cpio", "-o", "-H", "newc", "-R", "0:0", "--quiet"], cwd=self.root,
                           input="\n".join(sorted(names)).encode(), stdout=archive, check=True)
        shutil.rmtree(self.root)
        return path


def disk_with_loader(machine, name, initrd, append):
    """A GPT disk, whose EFI system partition has systemd-boot, a kernel and its entry; the second
    partition holds random bytes."""
    need("mformat", "mcopy", "mmd", "sfdisk")
    path = machine.file(name)
    if os.path.exists(path):
        os.remove(path)
    with open(path, "wb") as disk:
        disk.truncate(DISK << 20)
        disk.seek(DATA_BEGIN << 20)
        disk.write(os.urandom(DATA << 20))
    run("sfdisk", "--quiet", path,
        text=f"label: gpt\nstart=1MiB, size={DATA_BEGIN - 1}MiB, type={ESP}\n"
             f"start={DATA_BEGIN}MiB, size={DATA}MiB\n")
    partition = f"{path}@@1M"
    run("mformat", "-i", partition, "-F", "-T", str((DATA_BEGIN - 1) * 2048), "-h", "64",
        "-s", "32", "::")
    run("mmd", "-i", partition, "::EFI", "::EFI/BOOT", "::loader", "::loader/entries")
    loader = extra("lib", "systemd", "boot", "efi", "systemd-bootx64.efi")
    for source, target in ((loader, "EFI/BOOT/BOOTX64.EFI"), (kernel(), "vmlinuz"),
                           (initrd, "initrd")):
        run("mcopy", "-i", partition, source, "::" + target)
    entry = f"title Linux\nlinux /vmlinuz\ninitrd /initrd\noptions {append}\n"
    run("mcopy", "-i", partition, "-", "::loader/entries/linux.conf", text=entry)
    run("mcopy", "-i", partition, "-", "::loader/loader.conf", text="timeout 0\n")
    return path


def fat_disk(machine, name, files):
    """A disk that is one FAT file system, with these files: {path on it: a file, or bytes}."""
    need("mformat", "mcopy", "mmd")
    path = machine.file(name)
    if os.path.exists(path):
        os.remove(path)
    with open(path, "wb") as disk:
        disk.truncate(DISK << 20)
    run("mformat", "-i", path, "-F", "-T", str(DISK * 2048), "-h", "64", "-s", "32", "::")
    made = set()
    for target, source in files.items():
        folders = target.split("/")[:-1]
        for depth in range(1, len(folders) + 1):
            folder = "/".join(folders[:depth])
            if folder not in made:
                run("mmd", "-i", path, "::" + folder)
                made.add(folder)
        if isinstance(source, str):
            run("mcopy", "-i", path, source, "::" + target)
        else:
            run("mcopy", "-i", path, "-", "::" + target, text=source.decode())
    return path


def disk_data(path):
    """What the second partition holds."""
    with open(path, "rb") as disk:
        disk.seek(DATA_BEGIN << 20)
        return disk.read(DATA << 20)


def run(*command, text=None):
    subprocess.run(command, input=text, check=True, universal_newlines=True,
                   env={**os.environ, "MTOOLS_SKIP_CHECK": "1", "PATH": PATH})
