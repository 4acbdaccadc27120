#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_main.py CVMEM MAPS

What all commands have in common on their command lines: help, version, what a wrong one ends with,
and --json."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

CVMEM = MAPS = None
COMMANDS = ["boot", "efi", "inspect", "map", "status", "vm", "warm"]
USAGE = 64  # EX_USAGE of <sysexits.h>
LOG = "snp-guest-ovmf-unaccepted-hang.txt"


def cvmem(*arguments, **more):
    return subprocess.run([CVMEM, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False, **more)


class CommandLine(unittest.TestCase):
    def ends(self, status, *arguments):
        done = cvmem(*arguments)
        self.assertEqual(done.returncode, status, (arguments, done))
        self.assertEqual((done.stdout, done.stderr)[status == 0], "", arguments)
        return done.stdout or done.stderr

    def test_help(self):
        general = self.ends(0, "--help")
        for way in ["-h"], ["help"], ["help", "help"], ["help", "--help"]:
            self.assertEqual(self.ends(0, *way), general, way)
        for command in COMMANDS:
            self.assertRegex(general, rf"(?m)^  {command} ")
            shown = self.ends(0, command, "--help")
            self.assertTrue(shown.startswith(f"Usage: cvmem {command} [OPTION...]"), shown)
            self.assertRegex(shown, r"(?m)^  -h, --help ")
            self.assertRegex(shown, r"(?m)^  -j, --json\[=FILE\] ")
            for way in [command, "-h"], ["help", command], [command, "-?"], [command, "--hel"]:
                self.assertEqual(self.ends(0, *way), shown, way)
            self.assertTrue(self.ends(0, command, "--usage").startswith(f"Usage: cvmem {command}"))
        self.assertIn("SNP", self.ends(0, "help", "vm").split("\n\n", maxsplit=1)[0])

    def test_version(self):
        shown = self.ends(0, "--version")
        for way in [["-V"], ["version"]] + [[name, option] for name in COMMANDS
                                            for option in ("-V", "--version")]:
            self.assertEqual(self.ends(0, *way), shown, way)

    def test_wrong(self):
        for command in COMMANDS:
            for words in ["--no-such-option"], ["-Z"], ["--json="]:
                self.assertIn(f"cvmem {command} --help", self.ends(USAGE, command, *words))
        self.ends(USAGE)
        self.assertIn("no option '-x'", self.ends(USAGE, "-x"))
        for words in ["foo"], ["help", "foo"], ["frobnicate"]:
            shown = self.ends(USAGE, *words)
            self.assertIn(f"no command '{words[-1]}'", shown)
            self.assertNotIn("did you mean", shown)
        self.assertIn("did you mean 'warm'?", self.ends(USAGE, "wram"))
        self.assertIn("did you mean 'boot'?", self.ends(USAGE, "help", "bot"))


class Output(unittest.TestCase):
    """Standard output that takes nothing."""

    COMMANDS = (["--help"], ["--version"], ["help", "vm"], ["boot", "--help"], ["warm", "--usage"],
                ["map", "-V"], ["boot", "--attack", "list"], ["vm", "--attack", "list"],
                ["boot", "--memory", "256M"], ["boot", "--memory", "256M", "--json"])

    def test_full_disk(self):
        """One message, and no success, also where the command has another failing status."""
        log = os.path.join(MAPS, LOG)
        with tempfile.TemporaryDirectory() as folder, open("/dev/full", "wb") as full:
            for words in *self.COMMANDS, ["efi", "--remove", folder], ["map", log], [
                    "map", "--json", log], ["map", "--to", "e820", log], ["inspect", CVMEM]:
                done = subprocess.run([CVMEM, *words], stdin=subprocess.DEVNULL, stdout=full,
                                      stderr=subprocess.PIPE, text=True, check=False)
                lines = [line for line in done.stderr.splitlines() if "standard output: " in line]
                self.assertEqual(len(lines), 1, (words, done))
                # The reason is known of what was written last.
                self.assertRegex(lines[0], "^cvmem( [a-z]+)?: standard output: "
                                 "(No space left on device|a part of it could not be written)$")
                self.assertEqual(done.returncode, 3 if words[0] == "inspect" else 1, words)

    def test_closed_pipe(self):
        """The signal ends the command; where it is ignored, nothing is said."""
        for words in self.COMMANDS[:-1]:
            for ignored, status in (False, -signal.SIGPIPE), (True, 0):
                reader, writer = os.pipe()
                os.close(reader)
                done = subprocess.run([CVMEM, *words], stdin=subprocess.DEVNULL, stdout=writer,
                                      stderr=subprocess.PIPE, text=True, check=False,
                                      restore_signals=not ignored)
                os.close(writer)
                self.assertEqual(done.returncode, status, (words, done))
                self.assertNotIn("standard output", done.stderr)


class Json(unittest.TestCase):
    """The same options write the same in each command. A machine is booted for that of vm by the
    tests of its own: standard output is its console."""

    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.path = os.path.join(self.folder, "x.json")
        os.mkdir(self.folder + "/proc")
        with open(self.folder + "/proc/meminfo", "w", encoding="ascii") as file:
            file.write("MemTotal: 9 kB\nMemFree: 9 kB\nMemAvailable: 9 kB\nUnaccepted: 0 kB\n")
        loader = os.path.join(self.folder, "EFI", "BOOT")
        os.makedirs(loader)
        with open(loader + "/BOOTX64.EFI", "w", encoding="ascii") as file:
            file.write("a loader")
        log = os.path.join(MAPS, LOG)
        self.commands = {
            "boot": (["--memory", "256M"], []),
            "efi": (["--remove", self.folder], []),
            "inspect": ([], [CVMEM]),
            "map": ([], [log]),
            "status": (["--root", self.folder, "--sample", "0"], []),
            "warm": ([], []),
        }

    def run_command(self, name, *options):
        before, after = self.commands[name]
        done = cvmem(name, *before, *options, *after)
        self.assertNotEqual(done.returncode, USAGE, done)
        return done.stdout

    def read(self):
        with open(self.path, encoding="utf-8") as file:
            return json.load(file)

    def test_standard_output(self):
        for name in self.commands:
            kind = list if name == "map" else dict
            for option in "--json", "-j", "--json=-":
                self.assertIsInstance(json.loads(self.run_command(name, option)), kind, name)
        self.assertEqual(sorted(os.listdir(self.folder)), ["EFI", "proc"])

    def test_file(self):
        """The text is what it is without."""
        for name in self.commands:
            text = self.run_command(name, f"--json={self.path}")
            self.assertTrue(self.read(), name)
            os.unlink(self.path)
            with self.assertRaises(ValueError):
                json.loads(text)
            if name not in ("boot", "warm"):
                self.assertEqual(text, self.run_command(name))

    def test_next_word(self):
        """As a file's name where words have no other meaning, and as it was until 0.1."""
        for name in "boot", "efi", "status", "warm":
            for option in "--json", "-j":
                self.run_command(name, option, self.path)
                self.assertTrue(self.read(), name)
                os.unlink(self.path)
                json.loads(self.run_command(name, option, "-"))
        for name in "inspect", "map":
            json.loads(self.run_command(name, "--json"))

    def test_letters(self):
        """-j takes no argument in its word: letters that were together remain so."""
        self.assertEqual(json.loads(self.run_command("warm", "-jq"))["end"], "done")
        self.assertEqual(self.run_command("status", "-jo", self.path), "")
        self.assertIn("memory", self.read())
        self.assertEqual(self.run_command("status", f"-jo{self.path}"), "")
        for words in ["-jx"], ["-jo"]:
            self.assertEqual(cvmem("status", *words).returncode, USAGE)

    def test_failures(self):
        for name in self.commands:
            before, after = self.commands[name]
            wrong = os.path.join(self.folder, "none", "x.json")
            done = cvmem(name, *before, f"--json={wrong}", *after)
            self.assertIn(wrong, done.stderr)
            self.assertEqual(done.returncode, 3 if name == "inspect" else 1, name)


if __name__ == "__main__":
    CVMEM, MAPS = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
