#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""cvmem populate on this host's KVM: each guest reads what it wrote; without KVM it says so.

Counts are those of KVM under TCG, by scripts/check-kvm: a host whose KVM is itself nested may have
its own.

usage: test_measure.py CVMEM
"""

import json
import os
import subprocess
import sys


def main():
    cvmem = sys.argv[1]
    result = subprocess.run([cvmem, "populate", "--memory", "16M", "--json"],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        assert result.returncode == 1, result
        assert b"/dev/kvm" in result.stderr and b"--model" in result.stderr, result.stderr
        return
    if result.returncode:
        # A device that makes no VM: no fault of the command.
        assert b"KVM_CREATE" in result.stderr or b"KVM_RUN" in result.stderr, result
        return
    rows = json.loads(result.stdout)["rows"]
    measured = [row for row in rows if "missing" not in row]
    assert {row["populated"] for row in measured} >= {"nothing", "host", "both"}
    for row in measured:
        assert row["content_ok"], row
        whole = 16 << 20 if row["populated"] != "nothing" else 0
        assert row["populated_bytes"] in (whole, 0), row
    for memory in ("anonymous", "memfd"):
        rows = [row for row in measured if row["backing"] == memory]
        assert [row["threads"] for row in rows if row["populated"] == "both"] == [1, 2]
    for wrong in (["--memory", "4G"], ["--platform", "snp"], ["--backing", "x"]):
        status = subprocess.run([cvmem, "populate", *wrong], stderr=subprocess.DEVNULL,
                                check=False).returncode
        assert status == 64, wrong


main()
