#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_engine.py CVMEM

What `cvmem boot --engine vm` rejects before it starts a machine. The machine itself is tested by the
boots, tests/qemu/cases_*_metal.py.
"""
import subprocess
import sys

CVMEM = sys.argv[1]
VM = ("--engine", "vm")
REJECTED = (
    (VM + ("--map", "x"), "--map needs --engine process"),
    (VM + ("--report", "x.html"), "--report needs --engine process"),
    (VM + ("--attack", "map-vanish"), "map-vanish needs --engine process"),
    (VM + ("--hot-add", "64M"), "not a multiple of 128M"),
    (VM + ("--vcpus", "16"), "16 is not from 1 to 15"),
    (VM + ("--memory", "1073745920"), "not a multiple of 1M"),
    (("--", "--forget-accept=1"), "need --engine vm"),
    (("--start", "efi"), "--start efi needs --engine vm"),
    (VM + ("--start", "efi", "--attack", "remove"), "not with --start efi"),
    (VM + ("--start", "bios"), "rom"),
    (("--engine", "kvm"), "process"),
)


def main():
    bad = 0
    for options, message in REJECTED:
        done = subprocess.run([CVMEM, "boot", *options], capture_output=True, text=True)
        if done.returncode != 64 or message not in done.stderr or done.stdout:
            print(f"FAILED: {options}: status {done.returncode}: {done.stdout}{done.stderr}")
            bad += 1
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
