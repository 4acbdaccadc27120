# SPDX-License-Identifier: MIT
"""The live patch where all memory is in use."""

import re

import linux_module
from linux_module import counts_agree, is_quiet, stats
from machine import SHIM, expect

PRESSURE = """
load policy=background
insmod /bin/cvmem_probe.ko
begin before
stats
begin filled
# Each fills its buffer, and keeps it. Together they are more than there is, so one is killed.
kb=$(sed -n 's/^MemTotal: *\\([0-9]*\\) .*/\\1/p' /proc/meminfo)
keeper() {
	dd if=/dev/zero bs=$((kb * 55 / 100))k count=1 2>/dev/null | until [ -e /enough ]; do sleep 0.2; done
}
for i in 1 2; do keeper & done
until grep -q '^oom_kill [1-9]' /proc/vmstat; do sleep 0.2; done
grep -e '^oom_kill ' -e '^nr_unaccepted ' /proc/vmstat
stats
touch /enough
wait
begin kernel
# By the kernel's own allocations, up to the first that fails.
probe $(nproc) 0 1000000 0 | sed 's/ ns .*//'
echo free >/sys/kernel/debug/cvmem_probe/run
begin after
stats
unload && echo unloaded
"""


def pressure(machine, *options):
    """Programs, and then the kernel, take memory until there is no more: all of it is accepted by
    then, and there is no other harm than that a program is killed."""
    done, parts = linux_module.boot(machine, PRESSURE, *SHIM, "--vcpus", "2", "--memory", "1536M",
                                    *options)
    done.is_clean()
    is_quiet(parts)
    before, filled, after = (stats(parts[name]) for name in ("before", "filled", "after"))
    expect(before["unaccepted_bytes"] > 512 << 20, "little was left to accept")
    expect(filled["oom_kill"] == 1, f"{filled['oom_kill']} programs were killed")
    expect(filled["nr_unaccepted"] == 0 and filled["meminfo_bytes"] == 0,
           f"a program was killed while {filled['meminfo_bytes']} bytes were unaccepted")
    expect(re.search(r"^threads \d+ order 0 blocks \d+", parts["kernel"], re.MULTILINE),
           "the kernel has taken nothing")
    counts_agree(after)
    expect("unloaded" in parts["after"], "the module was not unloaded")
