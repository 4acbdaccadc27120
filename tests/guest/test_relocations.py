#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: tests/guest/test_relocations.py RELOCATIONS.PY FOLDER COMPILER...

An image with pointers is linked at two addresses. With what relocations.py adds to the first, the
bytes of the first become those of the second. Code that works at one address only is rejected."""

import os
import struct
import subprocess
import sys
import tempfile
import unittest

TOOL, FOLDER, *COMPILER = sys.argv[1:]
FLAGS = ("-ffreestanding -fno-asynchronous-unwind-tables -fno-stack-protector -fcf-protection=none"
         " -O0")
LINK = ("-nostdlib -static -no-pie -Wl,--build-id=none -Wl,--no-warn-rwx-segments -Wl,--emit-relocs"
        " -fno-lto")
ROM, TABLE, ROM_BYTES = 0xfffc0000, 0xfffc8000, 0x10000

MOVING = """
extern int counter __attribute__((visibility("hidden")));
int counter, *to_bss = &counter;
static const char *const volatile names[] = { "first", "second", "third" };
static int add(int a) { return a + counter; }
static int take(int a) { return a - counter; }
int (*const volatile calls[])(int) = { add, take, add };
const unsigned long volatile no_address = 0x800000;
void entry(void);
__attribute__((section(".entry"))) void entry(void)
{
	to_bss[0] = calls[counter & 1](names[counter % 3][0]);
}
"""

SCRIPT = """
SECTIONS
{
	. = %#x;
	.image : AT(0xfffc0000) { KEEP(*(.entry)) *(.text*) *(.rodata*) *(.data*) }
	.bss ALIGN(4096) (NOLOAD) : { *(.bss*) *(COMMON) }
	/DISCARD/ : { *(.comment) *(.note*) *(.eh_frame*) }
}
"""


class Relocations(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(dir=FOLDER)
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def link(self, base, *flags, source=MOVING):
        """The ELF file and its image."""
        self.write("source.c", source.encode())
        self.write("script.ld", (SCRIPT % base).encode())
        subprocess.run([*COMPILER, *FLAGS.split(), *LINK.split(), *flags, "-o", self.path("elf"),
                        "-Wl,-T," + self.path("script.ld"), self.path("source.c")], check=True)
        subprocess.run(["objcopy", "-O", "binary", "-R", ".rela*", "-j", ".image",
                        self.path("elf"), self.path("image")], check=True)
        return self.read("image")

    def add(self, rom):
        self.write("rom", rom)
        return subprocess.run([sys.executable, TOOL, self.path("elf"), self.path("rom"),
                               self.path("out"), hex(ROM), hex(TABLE)], check=False,
                              stderr=subprocess.PIPE, universal_newlines=True)

    def test_moved(self):
        there = self.link(0x12600000, "-fpie")
        here = self.link(0x800000, "-fpie")
        self.assertNotEqual(here, there)
        rom = here.ljust(ROM_BYTES, b"\0")
        done = self.add(rom)
        self.assertEqual(done.returncode, 0, done.stderr)
        out = self.read("out")
        size, count = struct.unpack_from("<II", out, TABLE - ROM)
        offsets = struct.unpack_from(f"<{count}I", out, TABLE - ROM + 8)
        self.assertEqual(size, len(here))
        # Three strings, three functions, one variable; not the number that looks like an address.
        self.assertEqual(count, 7)
        self.assertEqual(list(offsets), sorted(set(offsets)))
        moved = bytearray(out[:size])
        for at in offsets:
            value, = struct.unpack_from("<Q", moved, at)
            struct.pack_into("<Q", moved, at, value + 0x12600000 - 0x800000)
        self.assertEqual(bytes(moved), there)
        # Nothing else of the ROM has changed.
        end = TABLE - ROM + 8 + 4 * count
        self.assertEqual(out[:TABLE - ROM] + out[end:], rom[:TABLE - ROM] + rom[end:])

    def test_not_moved(self):
        """32-bit absolute addresses."""
        image = self.link(0x800000, "-fno-pie", "-mcmodel=small")
        done = self.add(image.ljust(ROM_BYTES, b"\0"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot be moved", done.stderr)

    def test_no_room(self):
        image = self.link(0x800000, "-fpie")
        rom = bytearray(image.ljust(ROM_BYTES, b"\0"))
        rom[TABLE - ROM + 12] = 1
        done = self.add(bytes(rom))
        self.assertEqual(done.returncode, 1)
        self.assertIn("do not fit", done.stderr)
        self.assertFalse(os.path.exists(self.path("out")))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
