# SPDX-License-Identifier: MIT
"""The cases of the library inside Linux, built in (ports/linux/builtin): a kernel of that build,
with the library's acceptance or with Linux's own."""

import os
import re

import guests
import initrd
import linux_module
from linux_module import counts_agree, is_quiet, stats
from machine import UNIT, Skipped, expect

MIB = 1 << 20
LINUX = "accept_memory_by=linux"


def kernel(machine):
    """What ports/linux/builtin/build has built in the build folder of the tests."""
    path = os.path.join(machine.build, "linux-builtin", "kernel", "arch", "x86", "boot", "bzImage")
    if not os.path.exists(path):
        raise Skipped("ports/linux/builtin/build has not been run")
    return path


def boot(machine, script, *options, append=""):
    """Boots the script, to its end: the boot, and what the console said under each heading."""
    image = machine.log + ".cpio"
    initrd.write(image, linux_module.INIT.replace("SCRIPT", script), [])
    return initrd.boot(machine, image, "--platform", machine.platform, *options,
                       kernel=kernel(machine), append=append)


ACCEPTS = """
begin first
stats
begin filled
write_mib most 1400
stats
"""


def accepts(machine, vcpus):
    """From the first page on, the library accepts: for the boot allocator, for allocations and
    ahead of them."""
    done, parts = boot(machine, ACCEPTS, "--vcpus", str(vcpus))
    done.is_clean()
    is_quiet(parts)
    first, filled = stats(parts["first"]), stats(parts["filled"])
    for found in first, filled:
        counts_agree(found)
    expect(first["accepted_early_bytes"] > 0, "the boot allocator's memory was accepted by another")
    expect(first["accepted_background_bytes"] > 0, "nothing was accepted ahead")
    expect(filled["units"] - first["units"] >= 200,
           f"it accepted {filled['units'] - first['units']} units for 1400 MiB")
    # The platform's count of what is left is the library's.
    expect(abs(done.run["unaccepted_bytes"] - filled["unaccepted_bytes"]) <= 64 * UNIT,
           f"{done.run['unaccepted_bytes']} bytes are left, the library counts "
           f"{filled['unaccepted_bytes']}")


# With 4 GiB and one vCPU: an accept in the middle of the library's.
FORGOTTEN = {"tdx": 3400, "snp": 4600}


def forgotten(machine):
    """The positive control: an accept that does nothing is caught at the next access."""
    done, parts = boot(machine, ACCEPTS, "--forget-accept", str(FORGOTTEN[machine.platform]))
    expect("first" in parts, "it was caught before the first process")
    done.was_caught(view="private", write=True)


FIRST = """
begin first
stats
"""


def unaccepted(machine, *options, append=""):
    done, parts = boot(machine, FIRST, *options, append=append)
    done.is_clean()
    is_quiet(parts)
    return parts["first"]


def storm(machine):
    """What the kernel has accepted at the first process, of 8 GiB with four vCPUs."""
    options = ("--memory", "8G", "--vcpus", "4")
    library = stats(unaccepted(machine, *options))
    accepted = library["units"] * UNIT
    text = unaccepted(machine, *options, append=LINUX)
    left = int(re.search(r"^Unaccepted: +(\d+) kB$", text, re.MULTILINE)[1]) * 1024
    by_linux = accepted + library["meminfo_bytes"] - left
    print(f"{machine.name}: accepted at the first process: {accepted / MIB:.0f} MiB, by Linux's "
          f"own scheme {by_linux / MIB:.0f} MiB")
    expect(accepted <= 256 * MIB, f"the library accepted {accepted / MIB} MiB")
    expect(accepted * 2 < by_linux, f"Linux accepted {by_linux / MIB} MiB")


def kexec(machine):
    """The second kernel goes on with the first one's table."""
    guests.second_kernel_is_good(
        guests.kexec(machine, "--platform", machine.platform, "--vcpus", "4",
                     kernel=kernel(machine)), 4)


def crash_kernel(machine):
    guests.crash_kernel(machine, "--platform", machine.platform, kernel=kernel(machine))


def hot_add(machine, memory):
    """Memory that is plugged in is accepted when it goes online, and can be used."""
    size = 512 << 20
    done = machine.boot("--platform", machine.platform, "--kernel", kernel(machine), "--demo",
                        "--memory", memory, "--hot-add", "512M")
    done.is_clean()
    done.says("cvmem: memory added", "cvmem: done")
    expect(done.report["plugged_bytes"] == size, f"{done.report['plugged_bytes']} bytes plugged in")
    # Linux counts what the table has, which is not about the DIMM; the platform counts both.
    expect(abs(done.run["unaccepted_bytes"] - done.unaccepted[-1]) <= 64 * UNIT,
           f"{done.run['unaccepted_bytes']} bytes are left, Linux counts {done.unaccepted[-1]}")


# Memory is plugged in at a line with this project's name: 4 blocks beside 8, of which Linux takes
# the first at once. One that the host does not give goes online at a later try.
ONLINE_AGAIN = """
echo 0 >/proc/sys/kernel/printk
echo cvmem: plug in
cd /sys/devices/system/memory
until [ "$(ls -d memory*[0-9] | wc -l)" = 12 ]; do sleep 0.1; done
begin tries
for state in $(grep -l offline memory*/state); do
	tries=1
	until echo online 2>/dev/null >$state; do tries=$((tries + 1)); done
	echo $tries
done
begin total
grep MemTotal /proc/meminfo
write_mib most 700
"""
# With 1 GiB the firmware accepts all 512 units; this one is in the second block of 64.
BUSY = "busy-forever@600"


def online_again(machine):
    """A block of plugged in memory that could not be accepted to its end goes on there: the host
    answers a million times that a page is busy, and the library gives up after 10,000."""
    done, parts = boot(machine, ONLINE_AGAIN, "--memory", "1G", "--hot-add", "512M",
                       "--attack", BUSY, append="memhp_default_state=offline")
    done.is_clean()
    tries = [int(line) for line in parts["tries"].split()]
    expect(sum(count > 1 for count in tries) == 1,
           f"the blocks went online after {tries} tries")
    total = int(re.search(r"MemTotal: +(\d+) kB", parts["total"])[1])
    expect(total > 1400 << 10, f"Linux has {total} KiB")
    expect("no room" not in parts["total"], "the memory cannot be used")
