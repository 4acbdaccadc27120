#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_try.py CVMEM

What `cvmem inspect --try` rejects before it starts a machine: what is not one thing to boot. The
machine itself is tested by tests/qemu/cases_tdx_try.py.
"""
import os
import subprocess
import sys
import tempfile

CVMEM = sys.argv[1]


def inspect(*arguments):
    return subprocess.run([CVMEM, "inspect", "--try", *arguments], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL)


def main():
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        text = os.path.join(folder, "notes")
        with open(text, "w", encoding="utf-8") as file:
            file.write("no image\n")
        for arguments, message in (([text], "--try: "), (["-"], "the standard input cannot be booted"),
                                   ([folder], "name a kernel or a disk image"),
                                   ([os.path.join(folder, "none")], "not readable")):
            done = inspect(*arguments)
            if done.returncode != 3 or message not in done.stderr:
                print(f"FAILED: {arguments}: status {done.returncode}: {done.stderr}")
                bad += 1
        for option in ("--memory=1", "--timeout=0"):
            done = inspect(option, text)
            if done.returncode != 64:
                print(f"FAILED: {option}: status {done.returncode}")
                bad += 1
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
