#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_makefile.py SOURCE...

cvmem.mk in a kernel's makefile: it has the sources of the library as Meson names them, and links the example's kernel with nothing left undefined.
"""
import os
import shutil
import sys

import embed

SOURCES = embed.below_root(sys.argv[1:])

MAKEFILE = f"""
CFLAGS := -O2 -Wall -Wextra -Werror -fno-pie -fno-stack-protector
CVMEM_OUT := library
{embed.readme('Part of a makefile')[0]}

kernel.elf: kernel.o $(CVMEM_OBJECTS)
	$(LD) -r $^ -o $@

kernel.o: cvmem/examples/kernel.c
	$(CC) $(CFLAGS) $(CVMEM_INCLUDES) -ffreestanding -mgeneral-regs-only -c $< -o $@

sources:
	@echo $(patsubst $(CVMEM_DIR)/%,%,$(CVMEM_SOURCES))
"""


def main():
    if not shutil.which("make"):
        embed.skip("make is not installed")
    for compiler in "gcc", "clang":
        if not shutil.which(compiler):
            print(f"{compiler} is not installed")
            continue
        with embed.scratch() as top:
            with open(f"{top}/Makefile", "w", encoding="utf-8") as file:
                file.write(MAKEFILE)
            os.symlink(embed.ROOT, f"{top}/cvmem")
            make = ["make", "-s", "-C", top, f"CC={compiler}"]
            listed = embed.run(*make, "sources").split()
            if sorted(listed) != sorted(SOURCES):
                embed.fail(f"cvmem.mk and Meson differ in: {sorted(set(listed) ^ set(SOURCES))}")
            embed.run(*make, f"-j{os.cpu_count()}")
            lacking = embed.symbols("-u", f"{top}/kernel.elf")
            if lacking:
                embed.fail(f"{compiler}: the kernel lacks {sorted(lacking)}")
            portable = embed.run(*make, "sources", "CVMEM_ARCH=aarch64").split()
            if any(source.startswith("platform/") for source in portable):
                embed.fail("platform/ is compiled for another machine than x86_64")


main()
