#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_vm_trace.py CVMEM MAPS

`cvmem boot --workload` with what `cvmem vm --trace` writes: made up here, so that what the replay
allocates is known."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

CVMEM = None
HEAD = "cvmem-trace 1 tdx 3\n"


class VmTrace(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.path = os.path.join(self.folder, "trace")

    def boot(self, text, *options):
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(text)
        return subprocess.run(
            [CVMEM, "boot", "--workload", self.path, "--json", "-", *options],
            capture_output=True,
            text=True,
            check=False,
        )

    def replay(self, lines, *options):
        text = HEAD + "".join(f"{1000 * i} {line}\n" for i, line in enumerate(lines)) + "end\n"
        done = self.boot(text, *options)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        run = json.loads(done.stdout)["runs"][0]
        self.assertEqual((run["touch_before_accept"], run["double_accepts"]), (0, 0))
        self.assertEqual(run["corrupted_pages"], 0)
        return run["allocations"], run["accepted_bytes_at_shell"]

    def test_what_counts(self):
        """First accepts of the kernel; nothing of what came before, or came back."""
        base = ["0 launch accept 0xffc00000 0x84000", "0 firmware accept 0x100000 0x1000"]
        one, least = self.replay([*base, "0 kernel accept 0x200000 0x1000"])
        self.assertEqual(one, 1)
        count, _ = self.replay(
            [
                *base,
                "1 kernel accept 0x100000 0x1000",  # the firmware had it
                "1 kernel accept 0x200000 0x1000",
                "1 kernel share 0x200000 0x1000",
                "1 kernel unshare 0x200000 0x1000",
                "1 kernel accept 0x200000 0x1000",  # comes back
                "1 - touch 0x200000 0x1000",
                "2 kernel accept 0x100000000 0x200000",
            ]
        )
        self.assertEqual(count, 2)
        for vcpus in "1", "2", "3":
            lines = [f"{i % 3} kernel accept {hex((1 << 32) + (i << 21))} 0x200000" for i in range(200)]
            count, accepted = self.replay([*base, *lines], "--vcpus", vcpus)
            self.assertEqual(count, 200)
            # The replay's firmware accepts 128 MiB, which are used as well.
            self.assertLessEqual(200 << 21, accepted)
            self.assertLess(accepted, (200 << 21) + least + (32 << 20))

    def test_damage(self):
        good = "5 0 kernel accept 0x200000 0x1000\n"
        for text, message in (
            (HEAD + good, "line 3: the end is missing"),
            (HEAD + good + "e", "line 3: the end is missing"),
            (HEAD + "end\n", "line 2: the kernel has accepted nothing"),
            ("cvmem-trace 1 tdx\nend\n", "line 1: not a platform"),
            (HEAD + "5 0 kernel accept 0x200000\nend\n", "line 2: not nanoseconds"),
            (HEAD + good + "5 3 kernel accept 0x200000 0x1000\nend\n", "line 3: there is no such"),
            (HEAD + "5 0 kernel accept 0x200100 0x1000\nend\n", "line 2: not a range of pages"),
            (HEAD + "5 0 kernel accept 0x200000 0x0\nend\n", "line 2: not a range of pages"),
            (HEAD + "5 0 kernel accept 0xffffffffff000000 0x1000\nend\n", "line 2: not a range"),
            (HEAD + "5 0 kernel accept 0x200000 0x3000\nend\n", "line 2: an accept is"),
            ("cvmem-trace 2 tdx 1\nend\n", "not a workload that can be replayed"),
        ):
            done = self.boot(text)
            self.assertEqual((done.returncode, done.stdout), (1, ""), text)
            self.assertIn(message, done.stderr)
            self.assertIn(self.path, done.stderr)


if __name__ == "__main__":
    CVMEM = os.path.abspath(sys.argv[1])
    del sys.argv[1:3]
    unittest.main(verbosity=2)
