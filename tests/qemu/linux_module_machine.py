# SPDX-License-Identifier: MIT
"""The live patch where the machine changes under it: CPUs go and come, and all memory is in use."""

import re

import linux_module
from linux_module import counts_agree, is_quiet, stats
from machine import SHIM, expect

HOT_PLUG = """
insmod /bin/cvmem_probe.ko
# What is accepted already.
probe $(nproc) 10 280 0 >/dev/null
load policy=background
cpu() { echo $2 >/sys/devices/system/cpu/cpu$1/online && echo "cpu $1 $2"; }
begin plugging
(while [ ! -e /stop ]; do write_mib churn 16; rm /tmp/churn; done) &
round=0
while [ $round -lt PLUGS ]; do
	# By all that are online.
	probe $(nproc) 10 16 0 >/dev/null &
	probing=$!
	cpu $((round % 3 + 1)) 0
	wait $probing
	probe $(nproc) 10 8 0 >/dev/null &
	probing=$!
	cpu $((round % 3 + 1)) 1
	wait $probing
	round=$((round + 1))
done
touch /stop
wait
begin plugged
echo "online $(cat /sys/devices/system/cpu/online)"
echo lazy >/sys/module/cvmem/parameters/policy
sleep 1
stats
unload && echo unloaded
"""


def hot_plug(machine, *options, plugs=12):
    """CPUs go offline and come back while all of them, and the reserve's thread, accept memory."""
    done, parts = linux_module.boot(machine, HOT_PLUG.replace("PLUGS", str(plugs)), "--vcpus", "4",
                                    "--memory", "6G", *SHIM, *options, append="init_on_alloc=0")
    done.is_clean()
    is_quiet(parts)
    changes = re.findall(r"^cpu (\d) ([01])$", parts["plugging"], re.MULTILINE)
    expect(changes == [(str(i % 3 + 1), to) for i in range(plugs) for to in "01"],
           f"CPUs that went and came: {changes}")
    expect("online 0-3" in parts["plugged"] and "unloaded" in parts["plugged"],
           "not all CPUs are back, or the module was not unloaded")
    found = stats(parts["plugged"])
    counts_agree(found)
    expect(found["units"] >= 32 * plugs and found["reserve_calls"] > 0,
           f"little was accepted: {found}")


PRESSURE = """
load policy=background
insmod /bin/cvmem_probe.ko
begin before
stats
begin filled
# Each fills its buffer, and keeps it. Together they are more than there is, so one is killed; and
# the other one as well, if it finds nothing before Linux has taken back what the first had.
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
# By the kernel's own allocations, up to the first that fails. Until they are freed again there is no
# memory for another process, and none for what this one has not used before: the first round is
# for that.
run=/sys/kernel/debug/cvmem_probe/run
for blocks in 1 1000000; do
	echo "2 0 $blocks 0" >$run
	echo free >$run
done
sed 's/ ns .*//' $run
begin after
stats
unload && echo unloaded
"""


def pressure(machine, *options):
    """Programs, and then the kernel, take memory until there is no more: all of it is accepted by
    then, and there is no other harm than that programs are killed."""
    done, parts = linux_module.boot(machine, PRESSURE, *SHIM, "--vcpus", "2", "--memory", "1536M",
                                    *options)
    done.is_clean()
    is_quiet(parts)
    before, filled, after = (stats(parts[name]) for name in ("before", "filled", "after"))
    expect(before["unaccepted_bytes"] > 512 << 20, "little was left to accept")
    expect(filled["oom_kill"] in (1, 2), f"{filled['oom_kill']} programs were killed")
    expect(filled["nr_unaccepted"] == 0 and filled["meminfo_bytes"] == 0,
           f"a program was killed while {filled['meminfo_bytes']} bytes were unaccepted")
    taken = re.search(r"^threads \d+ order 0 blocks (\d+)", parts["kernel"], re.MULTILINE)
    expect(taken and int(taken[1]) * 4096 > 512 << 20, f"the kernel has taken little: {taken}")
    expect("Killed" not in parts["kernel"], "a program was killed for what the kernel has taken")
    counts_agree(after)
    expect("unloaded" in parts["after"], "the module was not unloaded")
