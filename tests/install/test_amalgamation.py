#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_amalgamation.py LIBRARY LIBHOSTED LIBEMU SOURCE...

The two files that scripts/amalgamate makes: they have the sources that Meson names,
are always the same, compile as a kernel compiles by each compiler, define what LIBRARY (libcvmem.a) defines
and need nothing. Both examples run with them, the kernel's on the machine of LIBHOSTED and LIBEMU.
"""
import os
import shutil
import subprocess
import sys

import embed

LIBRARY, HOSTED, EMU = map(os.path.abspath, sys.argv[1:4])
SOURCES = embed.below_root(sys.argv[4:])
SCRIPT = os.path.join(embed.ROOT, "scripts", "amalgamate")


def read(folder):
    texts = []
    for name in "cvmem.c", "cvmem.h":
        with open(os.path.join(folder, name), "rb") as file:
            texts.append(file.read())
    return texts


def check_same(top):
    """From another folder and without git the same bytes; twice the same."""
    embed.copy_tree(f"{top}/tree")
    embed.run(f"{top}/tree/scripts/amalgamate", f"{top}/other")
    if read(f"{top}/other") != read(f"{top}/cvmem"):
        embed.fail("the tree's place or git changes the amalgamation")


def check_objects(top):
    defined = embed.symbols("-g", "--defined-only", LIBRARY)
    for compiler in "gcc", "clang":
        if not shutil.which(compiler):
            continue
        for options in ["-O0"], ["-O2"], ["-O3", "-DCVM_DEBUG"]:
            out = f"{top}/object.o"
            command = [*embed.COMPILERS[compiler], *embed.WARNINGS, *embed.KERNEL, *options]
            embed.run(*command, "-c", f"{top}/cvmem/cvmem.c", "-o", out)
            lacking = embed.symbols("-u", out)
            if lacking:
                embed.fail(f"{compiler} {options}: cvmem.c lacks {sorted(lacking)}")
            others = embed.symbols("-g", "--defined-only", out) ^ defined
            if others:
                embed.fail(f"cvmem.c and libcvmem.a differ in {sorted(others)}")


def check_readme(top):
    make, compile_it = embed.readme("Two files")
    os.symlink(embed.ROOT, f"{top}/cvmem")
    embed.run("sh", "-c", make, cwd=top)
    embed.run_minimal_as(compile_it, top)


def check_portable(top):
    """For a machine that platform/ is not for."""
    command = ["clang", "--target=aarch64-linux-gnu", "-mno-outline-atomics", "-ffreestanding", "-O2", *embed.WARNINGS]
    if not shutil.which("clang") or subprocess.run([*command, "-c", "-x", "c", os.devnull, "-o", os.devnull]).returncode:
        print("clang does not compile for AArch64")
        return
    embed.run(*command, "-mgeneral-regs-only", "-c", f"{top}/cvmem/cvmem.c", "-o", f"{top}/object.o")
    defined = embed.symbols("-g", "--defined-only", f"{top}/object.o")
    if "cvm_accept" not in defined or "cvm_tdx_init" in defined:
        embed.fail("for AArch64 cvmem.c is not lib/ alone")
    if embed.symbols("-u", f"{top}/object.o"):
        embed.fail("for AArch64 cvmem.c lacks symbols")


def check_examples(top):
    """In a folder of this name cvmem.h is <cvmem/cvmem.h>, and the examples compile as they are."""
    library = f"{top}/cvmem.o"
    embed.run(*embed.COMPILERS["gcc"], *embed.WARNINGS, *embed.KERNEL, "-c", f"{top}/cvmem/cvmem.c", "-o", library)
    harness = f"{top}/harness.o"
    source = os.path.join(embed.ROOT, "tests", "examples", "run_kernel.c")
    embed.run("gcc", "-std=gnu11", f"-I{top}", f"-I{embed.ROOT}", "-c", source, "-o", harness)
    for name, command in embed.compilers():
        embed.compile_example(command, "minimal.c", f"{top}/minimal.o", f"-I{top}")
        embed.link(f"{top}/minimal", f"{top}/minimal.o", library)
        embed.run_minimal(f"{top}/minimal")

        embed.compile_example(command, "kernel.c", f"{top}/kernel.o", f"-I{top}", *embed.KERNEL)
        embed.link(f"{top}/kernel", harness, f"{top}/kernel.o", library, HOSTED, EMU, "-lpthread")
        for platform in "tdx", "snp":
            for left in "map", "table":
                print(name, embed.run(f"{top}/kernel", platform, left).strip())


def main():
    listed = embed.run(SCRIPT, "--list").split()
    if sorted(listed) != sorted(SOURCES):
        embed.fail(f"scripts/amalgamate and Meson differ in: {sorted(set(listed) ^ set(SOURCES))}")
    with embed.scratch() as top:
        embed.run(SCRIPT, f"{top}/cvmem")
        check_same(top)
        check_objects(top)
        check_portable(top)
        check_examples(top)
    with embed.scratch() as top:
        check_readme(top)


main()
