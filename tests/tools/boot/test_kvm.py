#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""cvmem boot --host-populates: fewer exits, the same accepts, and none twice.

usage: test_kvm.py CVMEM
"""

import json
import subprocess
import sys

MIB = 1 << 20


def boot(cvmem, platform, size, *options):
    result = subprocess.run([cvmem, "boot", "--json", "--platform", platform, "--memory", "256M",
                             "--host-populates", size, *options],
                            stdout=subprocess.PIPE, check=True)
    return json.loads(result.stdout)["runs"][0]


def check_platform(cvmem, platform, *options):
    runs = {size: boot(cvmem, platform, size, *options) for size in ("0", "32M", "all")}
    for size, run in runs.items():
        assert run["ok"], (platform, size)
        assert run["double_accepts"] == 0, (platform, size)
        assert run["touch_before_accept"] == 0, (platform, size)
        assert run["accept_calls"]["2m"] == 0, "the model's KVM maps 4 KiB, as Linux 7.2 does"
    assert runs["0"]["host"]["populated_bytes"] == 0
    assert 32 * MIB <= runs["32M"]["host"]["populated_bytes"] <= 34 * MIB
    assert runs["all"]["host"]["populated_bytes"] >= 255 * MIB
    # The measurement knows nothing of population.
    assert len({run["host"]["measurement"] for run in runs.values()}) == 1
    return runs


def check_exits(runs, by_conversion):
    accepts = runs["0"]["accept_calls"]["4k"]
    exits = {size: run["host"]["fault_exits"] for size, run in runs.items()}
    # Not populated: one exit for each page that the guest accepts; more only where vCPUs meet.
    assert accepts <= exits["0"] <= accepts + accepts // 100, (accepts, exits)
    assert exits["all"] == 0, exits
    if by_conversion:
        # This VMM populates what the guest converts, which an SNP guest does before it accepts.
        assert exits["32M"] == 0, exits
    else:
        assert exits["32M"] <= accepts - 4096, (accepts, exits)
    assert {run["accept_calls"]["4k"] for run in runs.values()} == {accepts}


def main():
    cvmem = sys.argv[1]
    check_exits(check_platform(cvmem, "tdx"), False)
    check_exits(check_platform(cvmem, "snp"), True)
    # Kernels that follow each other, a crash kernel, several vCPUs: all in the same VM.
    runs = check_platform(cvmem, "tdx", "--vcpus", "2", "--kexec", "1", "--crash", "--every-page")
    assert runs["all"]["host"]["fault_exits"] == 0
    for wrong in (["x"], ["all", "--attack", "busy"], ["all", "--vcpus", "32"],
                  ["all", "--engine", "vm"]):
        status = subprocess.run([cvmem, "boot", "--host-populates", *wrong],
                                stderr=subprocess.DEVNULL, check=False).returncode
        assert status == 64, (wrong, status)


main()
