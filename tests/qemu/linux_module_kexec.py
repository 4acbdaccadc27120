# SPDX-License-Identifier: MIT
"""The live patch and kexec: a kernel in which the library accepts starts another, which takes the
table of unaccepted memory over and loads the module again."""

import os

import images
import initrd
import linux_module
from linux_module import counts_agree, is_quiet, stats
from machine import SHIM, UNIT, cache, expect

FIRST = f"""
begin first
load policy=eager rate=32M
write_mib some 300
kexec -s -l /vmlinuz --initrd=/second --command-line='{initrd.APPEND}'
stats
begin first_log
complaints
kexec -e
"""

SECOND = """
begin found
load policy=lazy && echo loaded
stats
begin filled
write_mib most 1800
stats
begin reserve
echo background >/sys/module/cvmem/parameters/policy
until grep -q '^reserve_calls [1-9]' /sys/kernel/debug/cvmem/stats; do sleep 0.1; done
unload && echo unloaded
begin again
load policy=lazy && stats
"""


def kexec(machine, *options, kernel="linux"):
    """The module's thread is at work when the first kernel ends. What it has accepted is not
    accepted again, and nothing that it has not is touched: the platform is the judge."""
    second = machine.log + ".second"
    linux_module.write_initrd(second, machine, SECOND, kernel)
    try:
        done, parts = linux_module.boot(
            machine, FIRST, *SHIM, *options, "--vcpus", "2", kernel=kernel,
            copies={"second": second, "vmlinuz": cache(kernel, "vmlinuz"), **images.kexec()})
    finally:
        os.remove(second)
    done.is_clean()
    expect("first" in parts and "found" in parts, "there were not two kernels")
    is_quiet(parts, "first_log")
    is_quiet(parts)
    first, found, filled, again = (
        stats(parts[name]) for name in ("first", "found", "filled", "again"))
    for counters in first, found, filled, again:
        counts_agree(counters)
    expect(first["units"] > 0 and first["reserve_calls"] > 0, "the first kernel accepted nothing")
    expect("loaded" in parts["found"], "the second kernel has not loaded the module")
    expect(0 < found["unaccepted_bytes"] <= first["unaccepted_bytes"],
           "the second kernel has not taken the table over")
    expect(filled["units"] >= 200, f"it accepted {filled['units']} units for 1800 MiB")
    expect("unloaded" in parts["reserve"], "the module was not unloaded")
    # Of both kernels, with and without the module.
    expect(abs(done.run["unaccepted_bytes"] - again["unaccepted_bytes"]) <= 4 * UNIT,
           f"{done.run['unaccepted_bytes']} bytes are left, the module counts "
           f"{again['unaccepted_bytes']}")
