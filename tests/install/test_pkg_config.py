#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_pkg_config.py MESON BUILD VERSION

Installs the library, without the rest, into a folder of its own; the minimal example is built there by each
compiler with what pkg-config says, and runs.
"""
import glob
import os
import re
import shutil
import sys

import embed

MESON, BUILD, VERSION = sys.argv[1:]


def declared(folder):
    """The functions that the headers declare."""
    names = set()
    for path in glob.glob(f"{folder}/*.h"):
        with open(path, encoding="utf-8") as file:
            text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
        names |= set(re.findall(r"^(?!static|typedef)\w[\w *]*?\b(cvm_\w+)\(", text, re.M))
    return names


def environment_of(top):
    """What makes pkg-config find the library below top."""
    found = glob.glob(f"{top}/**/cvmem.pc", recursive=True)
    if len(found) != 1:
        embed.fail(f"cvmem.pc: {found}")
    return dict(os.environ, PKG_CONFIG_PATH=os.path.dirname(found[0]), PKG_CONFIG_SYSROOT_DIR=top)


def check_readme():
    """The library alone, from a tree without git, by the commands of README.md."""
    install, compile_it = embed.readme("An installed library")
    with embed.scratch() as top:
        embed.copy_tree(f"{top}/tree")
        out = f"{top}/out"
        environment = dict(os.environ, DESTDIR=out, CC="gcc")
        embed.run("sh", "-c", install, cwd=f"{top}/tree", env=environment)
        embed.run_minimal_as(compile_it, top, env=environment_of(out))
        installed = sorted(file for _, _, files in os.walk(out) for file in files if not file.endswith(".h"))
        if installed != ["LICENSE", "cvmem.pc", "libcvmem.a"]:
            embed.fail(f"the library alone is installed as {installed}")


CROSS = """
[binaries]
c = ['clang', '--target=aarch64-linux-gnu']
ar = 'ar'
[host_machine]
system = 'linux'
cpu_family = 'aarch64'
cpu = 'aarch64'
endian = 'little'
"""


def check_other_machine():
    """Where platform/ is not built, there is still a library, and pkg-config finds it."""
    if not shutil.which("clang"):
        return
    with embed.scratch() as top:
        with open(f"{top}/cross.ini", "w", encoding="utf-8") as file:
            file.write(CROSS)
        embed.run(MESON, "setup", f"{top}/build", embed.ROOT, "--cross-file", f"{top}/cross.ini")
        embed.run(MESON, "install", "-C", f"{top}/build", "--destdir", f"{top}/out")
        libs = embed.run("pkg-config", "--libs", "cvmem", env=environment_of(f"{top}/out")).split()
        if libs[-1] != "-lcvmem":
            embed.fail(f"pkg-config says {libs}")
        members = embed.run("ar", "t", glob.glob(f"{top}/out/**/libcvmem.a", recursive=True)[0]).split()
        if "accept.c.o" not in members or any(name.startswith(("tdx_", "snp_")) for name in members):
            embed.fail(f"for another machine libcvmem.a has {members}")


def check_build():
    with embed.scratch() as top:
        embed.run(MESON, "install", "-C", BUILD, "--no-rebuild", "--tags", "devel", "--destdir", top)
        environment = environment_of(top)
        version = embed.run("pkg-config", "--modversion", "cvmem", env=environment).strip()
        if version != VERSION:
            embed.fail(f"cvmem.pc says version {version}")
        if len(glob.glob(f"{top}/**/licenses/cvmem/LICENSE", recursive=True)) != 1:
            embed.fail("the licence is not installed")

        cflags = embed.run("pkg-config", "--cflags", "cvmem", env=environment).split()
        libs = embed.run("pkg-config", "--libs", "cvmem", env=environment).split()
        for name, command in embed.compilers():
            embed.compile_example(command, "minimal.c", f"{top}/{name}.o", *cflags)
            embed.link(f"{top}/{name}", f"{top}/{name}.o", *libs)
            embed.run_minimal(f"{top}/{name}")

        # The archive is whole: no path into the build folder, and all that the headers promise.
        archive = glob.glob(f"{top}/**/libcvmem.a", recursive=True)[0]
        with open(archive, "rb") as file:
            if file.read(8) != b"!<arch>\n":
                embed.fail("libcvmem.a is a thin archive")
        defined = embed.symbols("-g", "--defined-only", archive)
        headers = os.path.dirname(glob.glob(f"{top}/**/cvmem/accept.h", recursive=True)[0])
        differ = set(os.listdir(headers)) ^ set(os.listdir(os.path.join(embed.ROOT, "include", "cvmem")))
        if differ:
            embed.fail(f"installed headers and the tree's differ in {sorted(differ)}")
        # What begins with cvm_vmm_ is the host's, in an archive of its own.
        host = glob.glob(f"{top}/**/libcvmem-vmm.a", recursive=True)[0]
        ours = {name for name in declared(headers) if name.startswith("cvm_vmm_")}
        missing = ours - embed.symbols("-g", "--defined-only", host)
        libs = embed.run("pkg-config", "--libs", "cvmem-vmm", env=environment).split()
        if missing or "cvm_vmm_plan" not in ours or libs[-1] != "-lcvmem-vmm":
            embed.fail(f"libcvmem-vmm.a lacks {sorted(missing)}; pkg-config says {libs}")
        missing = declared(headers) - ours - defined
        if missing or "cvm_accept" not in defined:
            embed.fail(f"libcvmem.a lacks {sorted(missing)}, which the headers declare")


def main():
    if not shutil.which("pkg-config"):
        embed.skip("pkg-config is not installed")
    check_build()
    check_readme()
    check_other_machine()


main()
