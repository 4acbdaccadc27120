#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_cmd.py CVMEM CONTRIB

The command line of `cvmem warm`, what it does where there is nothing to do, and the units in
CONTRIB. What it does in a guest is tested there: tests/qemu/cases_tdx_warm.py."""

import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

CVMEM = CONTRIB = None


def run(*command):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False, text=True, timeout=600)


class Warm(unittest.TestCase):
    def test_usage(self):
        for option, value, right in [
                ("rate", "fast", "size of 1M or more"), ("rate", "4K", "size of 1M or more"),
                ("rate", "0", "size of 1M or more"), ("keep", "-1", "size of 0 or more"),
                ("max-cpu", "0", "number from 1 to 100"), ("max-cpu", "101", "number from 1 to 100"),
                ("max-pressure", "nan", "number from 0 to 100"),
                ("max-pressure", "5%", "number from 0 to 100"), ("workers", "0", "from 1 to 1024"),
                ("burst", "1K", "size of 1M or more"), ("attempts", "x", "number from 0")]:
            done = run(CVMEM, "warm", f"--{option}", value)
            self.assertEqual(done.returncode, 64, option)
            self.assertIn(f"--{option}: '{value}' is not a", done.stderr)
            self.assertIn(right, done.stderr)
        self.assertEqual(run(CVMEM, "warm", "now").returncode, 64)

    def test_nothing_to_do(self):
        with open("/proc/meminfo", encoding="ascii") as file:
            if re.search(r"(?m)^Unaccepted: +[1-9]", file.read()):
                self.skipTest("this machine has unaccepted memory")
        done = run(CVMEM, "warm", "--json", "--rate", "100M/s", "--keep", "0", "--workers", "4")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("this machine has no unaccepted memory", done.stderr)
        found = json.loads(done.stdout)
        self.assertEqual((found["end"], found["accepted_bytes"], found["yields"]), ("done", 0, {}))
        done = run(CVMEM, "warm", "--quiet")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_signals(self):
        """On a machine made of files: a signal ignored at its start (nohup) stays ignored, and
        another signal ends it, with a report."""
        files = {
            "meminfo": "MemTotal: 65536 kB\nMemFree: 32768 kB\nMemAvailable: 32768 kB\n"
                       "Unaccepted: 16384 kB\n",
            "vmstat": "pgscan_kswapd 0\n",
            "zoneinfo": "Node 0, zone   Normal\n      nr_free_pages 8192\n"
                        "        min      10\n        low      20\n        high     30\n"
                        "        promo    40\n        managed  16384\n"
                        "      nr_unaccepted 4096\n        protection: (0)\n",
        }
        with tempfile.TemporaryDirectory() as folder:
            mount = []
            for name, text in files.items():
                with open(os.path.join(folder, name), "w", encoding="ascii") as file:
                    file.write(text)
                mount.append(f"mount --bind {folder}/{name} /proc/{name}")
            there = ["unshare", "-Urm", "sh", "-c"]
            if not shutil.which("unshare") or run(*there, " && ".join(mount)).returncode:
                self.skipTest("there are no user and mount namespaces")
            # It keeps more than there is, so it takes nothing.
            script = " && ".join(["trap '' HUP", *mount,
                                  f"exec {CVMEM} warm --json --keep 1G --max-pressure 100"])
            with subprocess.Popen([*there, script], stdin=subprocess.DEVNULL, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
                for line in process.stderr:
                    if "waiting 1 s" in line:
                        process.send_signal(signal.SIGHUP)
                    if "waiting 2 s" in line:
                        process.send_signal(signal.SIGTERM)
                    last = line
                found = json.loads(process.stdout.read())
            self.assertEqual(process.returncode, -signal.SIGTERM)
            self.assertEqual((found["end"], found["unaccepted_bytes"], found["yields"]),
                             ("signal", 16 << 20, {"available": 2}))
            self.assertIn(f"stopped by {signal.strsignal(signal.SIGTERM)}", last)

    def test_units(self):
        """systemd understands every line, and the options are those of the command."""
        options = run(CVMEM, "warm", "--help").stdout + run(CVMEM, "status", "--help").stdout
        with tempfile.TemporaryDirectory() as folder:
            units = []
            for path in glob.glob(os.path.join(CONTRIB, "*.service")) + glob.glob(
                    os.path.join(CONTRIB, "*.timer")):
                with open(path, encoding="ascii") as file:
                    text = file.read()
                for option in re.findall(r"(?m)^ExecStart=.*? (--[a-z-]+)", text):
                    self.assertIn(option, options)
                units.append(os.path.join(folder, os.path.basename(path)))
                with open(units[-1], "w", encoding="ascii") as file:
                    file.write(text.replace("/usr/bin/cvmem", CVMEM))
            self.assertEqual(len(units), 3)
            if not shutil.which("systemd-analyze"):
                self.skipTest("systemd-analyze is not installed")
            done = run("systemd-analyze", "verify", "--man=no", *units)
            ours = [line for line in done.stderr.splitlines() if "cvmem-" in line]
            self.assertEqual((done.returncode, ours), (0, []), done.stderr)


if __name__ == "__main__":
    CVMEM, CONTRIB = map(os.path.abspath, sys.argv[1:3])
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
