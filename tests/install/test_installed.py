#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_installed.py MESON BUILD VERSION

Installs everything and moves it: no file has a path of the machine that built it in it, and the command finds
its plugin and its scripts from where it is now.
"""
import os
import shlex
import shutil
import stat
import subprocess
import sys

import embed

MESON, BUILD, VERSION = sys.argv[1:]

QEMU = """#!/bin/sh
if [ "$1" = --version ]; then
	echo "QEMU emulator version 11.1.0"
else
	printf '%s\\n' "$@" >"$NOTE"
fi
"""


def make(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="latin-1") as file:
        file.write(text)
    os.chmod(path, mode)


def installed(top):
    """The folder with the installed folder bin/, moved to a place that the build has not heard of."""
    embed.run(MESON, "install", "-C", BUILD, "--no-rebuild", "--destdir", f"{top}/out")
    found = [path for path, folders, files in os.walk(f"{top}/out") if "cvmem" in files and path.endswith("bin")]
    if len(found) != 1:
        embed.fail(f"the command is installed in {found}")
    os.rename(os.path.dirname(found[0]), f"{top}/moved")
    return f"{top}/moved"


def check_paths(tree):
    places = {os.fsencode(os.path.realpath(path)) for path in (embed.ROOT, BUILD)}
    count = 0
    for path, _, files in os.walk(tree):
        for name in files:
            with open(os.path.join(path, name), "rb") as file:
                data = file.read()
            count += 1
            for place in places:
                if place + b"/" in data:
                    embed.fail(f"{path}/{name} has the path {place.decode()}")
    if count < 20:
        embed.fail(f"only {count} files are installed")


def run_installed(top, tree, *arguments):
    environment = dict(
        os.environ,
        PATH=f"{top}/bin:{os.environ['PATH']}",
        XDG_CACHE_HOME=f"{top}/cache",
        CVMEM_MIRROR="file:/nonexistent",
        NOTE=f"{top}/note",
    )
    command = [f"{tree}/bin/cvmem", *arguments]
    return subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)


def check_version(top, tree):
    text = run_installed(top, tree, "--version").stdout
    if not (text == f"cvmem {VERSION}\n" or text.startswith(f"cvmem {VERSION}+g")):
        embed.fail(f"the version is {text}")


def check_plugin(top, tree):
    make(f"{top}/bin/qemu-system-x86_64", QEMU, 0o755)
    # As much of an EFI program for x86-64 as `cvmem vm' looks at.
    make(f"{top}/kernel", "MZ".ljust(0x3C, "\0") + "@\0\0\0PE\0\0d\x86")
    make(f"{top}/cache/cvmem/vm/guest/usr/bin/busybox", "a shell")
    for part in "guest", "linux":
        make(f"{top}/cache/cvmem/vm/{part}/.complete", "")
    done = run_installed(top, tree, "vm", "--kernel", f"{top}/kernel", "--demo")
    if not os.path.exists(f"{top}/note"):
        embed.fail(f"QEMU was not run: {done.stderr}")
    with open(f"{top}/note", encoding="utf-8") as file:
        plugin = file.read().split("-plugin\n")[1].split(",")[0].removeprefix("file=")
    if not plugin.startswith(f"{os.path.realpath(tree)}/") or not os.path.isfile(plugin):
        embed.fail(f"the plugin is {plugin}")


def check_shim(top, tree):
    """With the kernel of check_plugin()."""
    done = run_installed(top, tree, "vm", "--kernel", f"{top}/kernel", "--firmware", "shim", "--print-command")
    paths = [word for word in shlex.split(done.stdout) if word.endswith("/shim.rom")]
    if len(paths) != 1 or not paths[0].startswith(f"{os.path.realpath(tree)}/") or not os.path.isfile(paths[0]):
        embed.fail(f"the shim is {paths}: {done.stderr}")


def check_efi(top, tree):
    """The images are found from where the command is; they are built by clang and lld-link."""
    if not shutil.which("clang") or not shutil.which("lld-link"):
        return
    make(f"{top}/esp/EFI/BOOT/BOOTX64.EFI", "a loader")
    done = run_installed(top, tree, "efi", "--install", f"{top}/esp")
    with open(f"{top}/esp/EFI/BOOT/BOOTX64.EFI", "rb") as file:
        if done.returncode or b"cvmem-accept," not in file.read():
            embed.fail(f"cvmem efi says {done.stderr}")


def check_units(top, tree):
    """Each is there, and runs the command of this prefix."""
    units = f"{tree}/lib/systemd/system"
    for name, words in ("cvmem-warm.service", "warm"), ("cvmem-status.service", "status --prometheus"):
        with open(f"{units}/{name}", encoding="utf-8") as file:
            (start,) = [line for line in file if line.startswith("ExecStart=")]
        command = start.removeprefix("ExecStart=").split(" ", 1)
        if not command[0].endswith("/bin/cvmem") or not command[0].startswith("/") or not command[1].startswith(words):
            embed.fail(f"{name} runs {start}")
    for path in f"{units}/cvmem-status.timer", f"{tree}/share/cvmem/monitoring/grafana-cvmem.json":
        if not os.path.isfile(path):
            embed.fail(f"there is no {path}")


def check_scripts(top, tree):
    """The set-up's script runs, and has nothing to fetch from."""
    shutil.rmtree(f"{top}/cache")
    done = run_installed(top, tree, "vm", "--setup")
    if "cvmem: fetching" not in done.stderr and "cvmem: there is no" not in done.stderr:
        embed.fail(f"the set-up says {done.stderr}")
    for script in "vm-setup", "vm/init":
        if not os.stat(f"{tree}/share/cvmem/{script}").st_mode & stat.S_IXOTH:
            embed.fail(f"{script} is not executable")


def main():
    with embed.scratch() as top:
        tree = installed(top)
        check_paths(tree)
        check_version(top, tree)
        check_plugin(top, tree)
        check_shim(top, tree)
        check_efi(top, tree)
        check_units(top, tree)
        check_scripts(top, tree)


main()
