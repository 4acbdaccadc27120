#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_try_signals.py CVMEM

`cvmem inspect --try` that a signal ends while it boots a machine, with a program in the place of
QEMU: neither `cvmem vm` nor QEMU runs on, and no file is left.
"""
import os
import select
import signal
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../vm")]
from fake_qemu import CVMEM, VmTest, main  # noqa: E402
from inspect_images import linux, uki  # noqa: E402


NUMBERS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def take_signals():
    """nohup(1) may run this test."""
    for number in NUMBERS:
        signal.signal(number, signal.SIG_DFL)


class Try(VmTest):
    def end_by(self, number):
        kernel = self.make("linux.efi", uki(linux()))
        # What QEMU notes can be read when it has started; each program has the pipe open.
        os.mkfifo(self.note)
        reads, writes = os.pipe()
        process = subprocess.Popen(
            [CVMEM, "inspect", "--try", kernel], env=dict(self.environment, FAKE_DO="wait"),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            pass_fds=[writes], preexec_fn=take_signals)
        os.close(writes)
        note = os.open(self.note, os.O_RDONLY | os.O_NONBLOCK)
        ready = select.select([note, reads], [], [])[0]
        if reads in ready:
            self.fail(process.communicate()[1])
        process.send_signal(number)
        said = process.communicate()[1]
        self.assertEqual(process.returncode, -number)
        with os.fdopen(reads, "rb") as file:
            self.assertEqual(file.read(), b"")
        os.close(note)
        os.unlink(self.note)
        self.assertEqual(os.listdir(self.path("tmp")), [])
        # The other machine is not booted, and nothing is said of this one.
        self.assertEqual(said.count("\n"), 1, said)

    def test_signals(self):
        for number in NUMBERS:
            self.end_by(number)


if __name__ == "__main__":
    main()
