#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_summary.py CVMEM

The line at the start and the table at the end."""

import json
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from fake_qemu import VmTest, main  # noqa: E402

RUN = {
    "ok": True, "touch_before_accept": 0, "double_accepts": 0, "unaccepted_bytes": 512 << 20,
    "accept_calls_by_phase": {
        "firmware": {"4k": 1886, "2m": 1023, "1g": 0},
        "stub": {"4k": 0, "2m": 0, "1g": 0},
        "kernel": {"4k": 256, "2m": 512, "1g": 2},
    },
}


class Summary(VmTest):
    def end(self, run, *arguments, **environment):
        return self.vm(*arguments, FAKE_REPORT=json.dumps({"runs": [dict(RUN, **run)]}),
                       **environment).stderr

    def test_start(self):
        err = self.vm("--kernel", self.kernel, "--vcpus", "2", "--memory", "6G").stderr
        self.assertIn(f"TDX guest, 6 GiB, 2 vCPUs: kernel {self.kernel}, firmware {self.cache}", err)
        self.assertIn(self.cache, err)
        self.assertIn("Ctrl-A x ends the machine", err)
        disk = self.make("disk", bytes(510) + b"\x55\xaa")
        err = self.vm("--platform", "snp", "--disk", disk).stderr
        self.assertIn(f"SEV-SNP guest, 4 GiB, 1 vCPU: disk {disk}, ", err)
        self.assertIn("ordinary guest, 4 GiB", self.vm("--plain").stderr)

    def test_table(self):
        err = self.end({"vmcalls": {"map_gpa": 77}}, "--kernel", self.kernel)
        rows = {row[0]: row[1:] for row in map(str.split, err.splitlines()) if row}
        self.assertEqual(rows["firmware"], ["1886", "1023", "0", "2.01", "GiB"])
        self.assertEqual(rows["stub"], ["0", "0", "0", "0", "B"])
        self.assertEqual(rows["kernel"], ["256", "512", "2", "3.00", "GiB"])
        self.assertIn("conversions 77, touched too early 0, accepted twice 0, "
                      "left unaccepted 512 MiB", err)
        err = self.end({"psc_requests": 5, "psc_msr": 30, "double_accepts": 2}, "--kernel",
                       self.kernel)
        self.assertIn("conversions 35, touched too early 0, accepted twice 2, ", err)

    def test_how_it_ended(self):
        for do, word in (("guest-shutdown", "powered-off"), ("guest-reset", "reset"),
                         ("guest-panic", "panic"), ("host-signal", "from-outside"),
                         ("silence", "qemu-failed"), ("3", "fatal-error"), ("4", "violation"),
                         ("5", "qemu-failed"), ("9", "qemu-failed")):
            self.assertRegex(self.vm("--kernel", self.kernel, FAKE_DO=do).stderr,
                             rf"cvmem vm: {word} after \d+\.\d s; ")
        err = self.end({"triple_fault": {"vcpu": 0}}, "--kernel", self.kernel,
                       FAKE_DO="guest-reset")
        self.assertRegex(err, r"cvmem vm: triple-fault after \d+\.\d s; ")
        self.assertIn("the guest ended with a triple fault", err)

    def test_memory_of_the_os(self):
        for told, text in (
            (f"junk\nram {(4 << 20) - 7000}\n", "the OS has all memory"),
            (f"ram {2 << 20}\n", "the OS has 2 GiB of 4 GiB"),
            ("ram ", "unknown whether the OS has all memory"),
            ("", "unknown whether the OS has all memory"),
        ):
            self.assertIn(text, self.vm(FAKE_PORTS=json.dumps({"3": told})).stderr)
        self.assertIn("unknown whether", self.vm("--kernel", self.kernel).stderr)

    def test_memory_of_the_host(self):
        """The demonstration writes most of its memory."""
        warning = re.compile(r"writes 6.40 TiB, this host has .* left")
        self.assertRegex(self.vm("--memory", "8T").stderr, warning)
        for words in ["--append", "cvmem_fill=1"], ["--exec", "true", "--verbose"], [
                "--kernel", self.kernel]:
            self.assertNotRegex(self.vm("--memory", "8T", *words).stderr, warning)
        self.assertNotIn("writes", self.vm("--memory", "256M").stderr)

    def test_quiet(self):
        self.assertEqual(self.vm("--quiet").stderr, "")


if __name__ == "__main__":
    main()
