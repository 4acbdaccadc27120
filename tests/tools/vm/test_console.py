#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_console.py CVMEM

What of the guest's console the user sees."""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from fake_qemu import VmTest, main  # noqa: E402

# As OVMF 2026.08 begins.
FIRMWARE = ("\x1b[2J\x1b[001;001H\x1b[=3h\x1b[2J\x1b[001;001H\x1b[2J\x1b[001;001H"
            "\x1b[8;056;240t\x1b[2J\x1b[001;001H")


class Console(VmTest):
    def seen(self, console, *arguments):
        done = self.vm("--quiet", "--kernel", self.kernel, *arguments, FAKE_CONSOLE=console)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def test_firmware(self):
        self.assertEqual(self.seen(FIRMWARE + "BdsDxe: loading Boot0001\n\x1b[1mbold\x1b[0m\n"),
                         "BdsDxe: loading Boot0001\nbold\n")
        self.assertEqual(self.seen("\x1bcreset\x1b[?25l\x01\x1b"), "reset")

    def test_cursor(self):
        """A text elsewhere on the screen is not the same line."""
        self.assertEqual(self.seen("\x1b[02;01HPress\x1b[03;01Hany key\n\x1b[1;1H"),
                         "Press\nany key\n")

    def test_kernel(self):
        """From there on everything is as the guest writes it."""
        for line in ("[    0.000000] tdx: Guest detected", "[123456.654321] late",
                     "EFI stub: Loaded initrd", "cvmem: Linux 7.2", "Linux version 7.2"):
            text = line + "\n\x1b[31mred\x1b[0m\x1b[2J\n"
            self.assertEqual(self.seen(FIRMWARE + text), text)

    def test_no_kernel(self):
        for line in "[12] menu", "[ 1.2 ]", "a [    0.000000] b", "[abc] d", "[.] x [1", "[ .123456] x":
            self.assertEqual(self.seen(f"{line}\n\x1b[31mred\n"), f"{line}\nred\n")

    def test_raw(self):
        self.assertEqual(self.seen(FIRMWARE, "--raw-console"), FIRMWARE)

    def test_long(self):
        """Longer than any buffer, and without a line's end."""
        self.assertEqual(self.seen(FIRMWARE * 1000 + "x" * 20000), "x" * 20000)

    def test_bytes(self):
        """Nothing is lost while the command has no time to read, as on a busy host."""
        done = self.vm("--quiet", "--kernel", self.kernel, FAKE_DO="bytes", FAKE_CONSOLE="")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "x" * 4000, ""))


if __name__ == "__main__":
    main()
