#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""cvmem populate --watch PID, over a folder as KVM has it in debugfs.

usage: test_watch.py CVMEM
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

CVMEM = None
PID = str(os.getpid())
NAMES = "pf_taken", "pf_fixed", "pages_4k", "pages_2m", "pages_1g"


class Watch(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        # Another process's VM, whose number begins with the same digits; and KVM's own counters.
        self.make(PID + "0-5", 10**6, 10**6, 1, 1, 1)
        self.write("pf_taken", 10**7)

    def write(self, path, value):
        """As a whole: the other process may read it meanwhile."""
        path = os.path.join(self.folder, path)
        with open(path + ".new", "w", encoding="ascii") as file:
            file.write(f"{value}\n")
        os.rename(path + ".new", path)

    def make(self, vm, *values):
        os.makedirs(os.path.join(self.folder, vm), exist_ok=True)
        for name, value in zip(NAMES, values):
            self.write(os.path.join(vm, name), value)

    def start(self, *options, pid=PID, stdout=subprocess.PIPE):
        return subprocess.Popen([CVMEM, "populate", "--watch", pid, *options], text=True,
                                stdout=stdout, stderr=subprocess.PIPE,
                                env={**os.environ, "CVMEM_KVM_DEBUGFS": self.folder})

    def fails(self, word, pid=PID):
        with self.start(pid=pid) as process:
            output, error = process.communicate()
        self.assertEqual((process.returncode, output), (1, ""))
        self.assertIn(word, error)

    def test_until_it_ends(self):
        """Two VMs, one of which begins later; both are gone at the end."""
        self.make(PID + "-9", 100, 90, 70, 3, 1)
        path = os.path.join(self.folder, "report")
        with self.start(f"--json={path}") as process:
            self.assertIn("4K pages", process.stdout.readline())
            self.assertEqual(process.stdout.readline().split(),
                             ["0", "0", "100", "90", "70", "3", "1"])
            self.make(PID + "-11", 25, 20, 10, 0, 0)
            line = process.stdout.readline().split()
            while line[2] != "125" or line[3:] != ["110", "80", "3", "1"]:
                line = process.stdout.readline().split()
            shutil.rmtree(os.path.join(self.folder, PID + "-9"))
            shutil.rmtree(os.path.join(self.folder, PID + "-11"))
            rest, error = process.communicate()
        self.assertEqual((process.returncode, error), (0, ""))
        self.assertIn(" violations in ", rest)
        with open(path, encoding="utf-8") as file:
            report = json.load(file)
        self.assertEqual(report["pid"], int(PID))
        self.assertEqual(report["first"], {"vms": 1, "violations": 100, "violations_fixed": 90,
                                           "pages": {"4k": 70, "2m": 3, "1g": 1}})

    def test_until_a_signal(self):
        self.make(PID + "-9", 7, 6, 5, 4, 3)
        for number in signal.SIGINT, signal.SIGTERM:
            with self.start() as process:
                process.stdout.readline()
                process.stdout.readline()
                # It is blocked, or the process ends by it: the first line comes before.
                process.stdout.readline()
                process.send_signal(number)
                rest, error = process.communicate()
            self.assertEqual((process.returncode, error), (0, ""))
            self.assertIn("0 violations in ", rest)

    def test_full_disk(self):
        """Nobody sees the lines: it ends with the first."""
        self.make(PID + "-9", 7, 6, 5, 4, 3)
        with open("/dev/full", "wb") as full, self.start(stdout=full) as process:
            error = process.communicate()[1]
        self.assertEqual((process.returncode, error),
                         (1, "cvmem populate: standard output: No space left on device\n"))

    def test_nothing_to_watch(self):
        self.fails("has no VM of KVM")
        gone = subprocess.Popen(["true"])
        gone.wait()
        self.fails("no such process", pid=str(gone.pid))
        os.makedirs(os.path.join(self.folder, PID + "-9"))
        self.fails("no pf_taken")
        self.folder += "-none"
        self.fails("debugfs is not mounted")
        self.folder = self.folder[:-len("-none")]

    def test_usage(self):
        for options in ("--watch", "0"), ("--watch", PID, "--model", "linux"):
            run = subprocess.run([CVMEM, "populate", *options], stderr=subprocess.DEVNULL,
                                 check=False)
            self.assertEqual(run.returncode, 64)


if __name__ == "__main__":
    CVMEM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
