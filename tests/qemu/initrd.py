# SPDX-License-Identifier: MIT
"""An initial file system for a guest: busybox, programs of this machine with the libraries that
they need, and an init. The format is newc: Documentation/driver-api/early-userspace/buffer-format
of Linux."""

import os
import re
import stat
import subprocess

from machine import cache

FOLDER, LINK, FILE = stat.S_IFDIR | 0o755, stat.S_IFLNK | 0o777, stat.S_IFREG | 0o755


def member(number, name, mode, data):
    """One member of the archive."""
    def padded(text):
        return text + b"\0" * (-len(text) % 4)

    fields = [number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0]
    header = b"070701" + b"".join(b"%08x" % field for field in fields)
    return padded(header + name.encode() + b"\0") + padded(data)


def libraries(program):
    """The shared libraries of a program and its dynamic linker, as absolute paths."""
    out = subprocess.run(["ldd", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                         check=False, text=True).stdout
    return re.findall(r"(/\S+) \(0x", out)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def unpacked(usr, *programs):
    """Programs in a folder /usr that was unpacked from packages, with their libraries in it: {path in
    the guest: path on this machine}."""
    folder = os.path.join(usr, "lib", "x86_64-linux-gnu")
    linker = os.path.join(folder, "ld-linux-x86-64.so.2")
    files = {"lib64/ld-linux-x86-64.so.2": linker}
    for program in programs:
        path = os.path.join(usr, program)
        files[os.path.join("bin", os.path.basename(program))] = path
        listed = subprocess.run([linker, "--library-path", folder, "--list", path], check=True,
                                stdout=subprocess.PIPE, text=True)
        for library in re.findall(r"=> (/\S+)", listed.stdout):
            files[os.path.join("lib/x86_64-linux-gnu", os.path.basename(library))] = library
    return files


def write(path, init, programs, texts=None, copies=None):
    """Writes the archive: init is a shell script's text; programs are paths on this machine, which
    the guest has in /bin; texts are further files, {absolute path: content}, and so are copies,
    {path: path on this machine}."""
    files = {"bin/busybox": (FILE, read(cache("guest", "usr", "bin", "busybox"))),
             "bin/sh": (LINK, b"busybox"), "init": (FILE, init.encode())}
    for program in programs:
        files["bin/" + os.path.basename(program)] = (FILE, read(program))
        for library in libraries(program):
            files[library.lstrip("/")] = (FILE, read(library))
    for name, text in (texts or {}).items():
        files[name.lstrip("/")] = (FILE, text.encode())
    for name, source in (copies or {}).items():
        files[name] = (FILE, read(source))
    folders = {"dev", "proc", "sys", "tmp"}
    for name in files:
        parts = name.split("/")[:-1]
        folders.update("/".join(parts[:end]) for end in range(1, len(parts) + 1))
    with open(path, "wb") as out:
        number = 0
        for name in sorted(folders):
            number += 1
            out.write(member(number, name, FOLDER, b""))
        for name, (mode, data) in files.items():
            number += 1
            out.write(member(number, name, mode, data))
        out.write(member(number + 1, "TRAILER!!!", 0, b""))


APPEND = "console=ttyS0 quiet panic=-1 no_timer_check"


def boot(machine, path, *options, kernel, append="", **more):
    """Boots the kernel with the archive, which is removed then: the boot, and what the console said
    under each heading."""
    try:
        done = machine.boot("--kernel", kernel, "--initrd", path, "--append", f"{APPEND} {append}",
                            *options, **more)
    finally:
        os.remove(path)
    return done, done.parts()
