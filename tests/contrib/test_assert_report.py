#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_assert_report.py ASSERT-REPORT

Reports of runs that keep the rules, and of runs that break each of them."""

import copy
import json
import os
import subprocess
import sys
import tempfile
import unittest

SCRIPT = os.path.abspath(sys.argv.pop(1))

GOOD = {
    "version": "0.2.0",
    "platform": "tdx",
    "memory_bytes": 4 << 30,
    "runs": [
        {
            "ok": True,
            "touch_before_accept": 0,
            "double_accepts": 0,
            "unaccepted_bytes": 1 << 30,
            "accept_calls_by_phase": {
                "firmware": {"4k": 9, "2m": 1024, "1g": 0},
                "stub": {"4k": 0, "2m": 0, "1g": 0},
                "kernel": {"4k": 7, "2m": 600, "1g": 0},
            },
        }
    ],
}


class Report(unittest.TestCase):
    def check(self, report, *options, **environment):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write(report if isinstance(report, str) else json.dumps(report))
            file.flush()
            done = subprocess.run(
                [SCRIPT, *options, file.name],
                env=dict(os.environ, **{"GITHUB_ACTIONS": "", **environment}),
                capture_output=True,
                text=True,
                check=False,
            )
        return done.returncode, done.stdout

    def changed(self, **members):
        report = copy.deepcopy(GOOD)
        report["runs"][0].update(members)
        return report

    def failed(self, report, *options):
        """What did not hold."""
        status, output = self.check(report, *options)
        lines = [line[7:].rsplit(": ", 1)[0] for line in output.splitlines() if line.startswith("FAILED")]
        self.assertEqual(status, 1 if lines else 0, output)
        return lines

    def test_good(self):
        status, output = self.check(GOOD)
        self.assertEqual(status, 0)
        self.assertIn("tdx, 4096 MiB, cvmem 0.2.0", output)
        self.assertEqual(output.count("\nok "), 4)

    def test_each_rule(self):
        none = {"kernel": {"4k": 0, "2m": 0, "1g": 0}}
        for members, what in [
            ({"ok": False}, "the run is good"),
            ({"stopped": "by a signal"}, "the run is good"),
            ({"touch_before_accept": 1}, "no access before the accept"),
            ({"double_accepts": 1}, "nothing accepted twice"),
            ({"accept_calls_by_phase": none}, "the kernel accepts memory"),
        ]:
            with self.subTest(members):
                self.assertEqual(self.failed(self.changed(**members)), [what])

    def test_options(self):
        self.assertEqual(self.failed(GOOD, "--kernel-2m", "600"), [])
        self.assertEqual(self.failed(GOOD, "--kernel-2m", "601"), ["at least 601 accepts of 2 MiB"])
        self.assertEqual(self.failed(GOOD, "--accepted-all"), ["nothing is left unaccepted"])
        self.assertEqual(self.failed(self.changed(unaccepted_bytes=0), "--accepted-all"), [])

    def test_place(self):
        place = {"gpa": 0x104600000, "rip": 0xFFFFFFFFB7C31263}
        report = self.changed(touch_before_accept=1, violation=place)
        self.assertIn("GPA 0x104600000, RIP 0xffffffffb7c31263", self.check(report)[1])

    def test_annotation(self):
        self.assertNotIn("::error", self.check(self.changed(double_accepts=2))[1])
        output = self.check(self.changed(double_accepts=2), GITHUB_ACTIONS="true")[1]
        self.assertIn("::error title=cvmem tdx::nothing accepted twice: 2\n", output)

    def test_unreadable(self):
        for text in "", "[]", "{}", '{"runs": []}', '{"runs": [{"ok": true}]}', '{"runs": [1]}':
            with self.subTest(text):
                self.assertEqual(self.check(text)[0], 2)


if __name__ == "__main__":
    unittest.main()
