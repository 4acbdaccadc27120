#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_images.py ROOT BUILD IMAGE...

The EFI images, as PE files: subsystem, sections, SBAT, no import, nothing both writable and
executable; and that the same source gives the same bytes again, in another folder too."""

import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

ROOT, BUILD = sys.argv[1:3]
IMAGES = sys.argv[3:]
APPLICATION, DRIVER = 10, 11
WRITE, EXECUTE = 1 << 31, 1 << 29
NX_COMPAT = 0x100


class Image:
    """Headers by Microsoft's "PE Format"."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = file.read()
        header, = struct.unpack_from("<I", self.data, 0x3c)
        assert self.data[header:header + 4] == b"PE\0\0"
        self.machine, count = struct.unpack_from("<HH", self.data, header + 4)
        size, = struct.unpack_from("<H", self.data, header + 20)
        optional = header + 24
        self.subsystem, self.characteristics = struct.unpack_from("<HH", self.data, optional + 68)
        self.imports = struct.unpack_from("<II", self.data, optional + 112 + 8)
        self.sections = {}
        for at in range(optional + size, optional + size + 40 * count, 40):
            name = self.data[at:at + 8].rstrip(b"\0").decode()
            length, _, raw, offset = struct.unpack_from("<4I", self.data, at + 8)
            flags, = struct.unpack_from("<I", self.data, at + 36)
            self.sections[name] = (self.data[offset:offset + min(length, raw)], flags)


class Images(unittest.TestCase):
    def test_headers(self):
        for path in IMAGES:
            image = Image(path)
            driver = "accept" in os.path.basename(path)
            self.assertEqual(image.subsystem, DRIVER if driver else APPLICATION)
            self.assertEqual(image.machine, 0x8664)
            self.assertTrue(image.characteristics & NX_COMPAT)
            self.assertEqual(image.imports, (0, 0))
            # Relocations, since firmware chooses the address.
            self.assertIn(".reloc", image.sections)
            for name, (_, flags) in image.sections.items():
                self.assertFalse(flags & WRITE and flags & EXECUTE, name)

    def test_sbat(self):
        """shim's SBAT.md: lines of six fields, the first about the format itself."""
        for path in IMAGES:
            lines = Image(path).sections[".sbat"][0].rstrip(b"\0").decode().splitlines()
            self.assertEqual([line.split(",")[:2] for line in lines],
                             [["sbat", "1"], ["cvmem-accept", "1"]])
            self.assertTrue(all(len(line.split(",")) == 6 for line in lines))

    def test_no_path_in_it(self):
        for path in IMAGES:
            self.assertNotIn(ROOT.encode(), Image(path).data)

    def test_same_bytes_again(self):
        """The application, in a folder of another name, from sources in another folder."""
        with tempfile.TemporaryDirectory() as folder:
            sources = os.path.join(folder, "a-source-tree-elsewhere")
            os.mkdir(sources)
            for name in "efi", "include", "platform":
                shutil.copytree(os.path.join(ROOT, name), os.path.join(sources, name))
            commands = subprocess.run(["ninja", "-C", BUILD, "-t", "commands"] +
                                      [os.path.relpath(IMAGES[-1], BUILD)],
                                      check=True, stdout=subprocess.PIPE, universal_newlines=True)
            build = os.path.join(folder, "build")
            os.mkdir(build)
            os.mkdir(os.path.join(build, "efi"))
            for command in commands.stdout.splitlines():
                words = [self.moved(word, sources) for word in command.split()]
                # Meson's own wrapper is not needed here.
                subprocess.run([word.strip("'") for word in words], cwd=build, check=True)
            again = os.path.join(build, os.path.relpath(IMAGES[-1], BUILD))
            with open(IMAGES[-1], "rb") as one, open(again, "rb") as other:
                self.assertEqual(one.read(), other.read())

    @staticmethod
    def moved(word, sources):
        """A word of a command, with the source tree in another place."""
        option, path = re.fullmatch(r"(-I|-ffile-prefix-map=|)(.*)", word.strip("'")).groups()
        place = os.path.normpath(os.path.join(BUILD, path))
        if not path.startswith(("/", "..")) or os.path.relpath(place, ROOT).startswith(".."):
            return word
        # The slash at the end of what a path is mapped from stays.
        return option + sources + place[len(ROOT):] + ("/=/" if path.endswith("/=/") else "")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
