# SPDX-License-Identifier: MIT
"""Steady work in two guests that are up at once and run in turn."""
import os
import signal
import statistics
import subprocess
import time

from machine import cache, expect, stop
from measure import HEADS, met, spread, table
from topic_vm import NATIVE, averaged, platform_option, show

LIMIT = 1.02
BOOTS = 5
# The memory that the work needs is accepted, and its code translated, in the first ones.
WARM_UP = 10
UNITS = 40
# Where Linux is in memory decides how well QEMU finds its translations.
SAME_PLACE = ("--append", "nokaslr")

# A quarter of a second each: a round of units is short beside what changes on the host.
WORK = {
    "hash": "hashes, copies and forks",
    "start": "programs started, one after the other",
}
LOOP = """
while :; do
	dd if=/dev/zero bs=1M count=8 2>/dev/null | sha256sum >/dev/null
	i=0; while [ $i -lt 30 ]; do ( : ); i=$((i + 1)); done
	echo hash
	i=0; while [ $i -lt 60 ]; do /bin/true; i=$((i + 1)); done
	echo start
done
"""


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(word) for word in file.read().split()]


def emulator(command):
    """The process ID of QEMU below `cvmem vm`."""
    while command.poll() is None:
        for pid in children(command.pid):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    if b"-accel" in file.read().split(b"\0"):
                        return pid
            except FileNotFoundError:
                pass
        time.sleep(0.01)
    expect(False, f"QEMU did not start: exit status {command.returncode}")


class Guest:
    """A machine that does the work again and again; it is stopped except for unit()."""

    def __init__(self, machine, words):
        self.command = subprocess.Popen(
            [os.path.join(machine.build, "cvmem"), "vm", *words, "--exec", LOOP],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.pid = emulator(self.command)
        self.wait("hash")

    def wait(self, work):
        """Until the unit is done."""
        line = self.command.stdout.readline().decode(errors="replace").strip()
        expect(line == work, f"the guest said {line!r}, not {work}")
        os.kill(self.pid, signal.SIGSTOP)

    def clock(self):
        """Nanoseconds of the processor that QEMU has used: clock_getcpuclockid() of a process."""
        return time.clock_gettime_ns(~self.pid << 3 | 2)

    def unit(self, work):
        """Seconds of the processor for the next unit, which is of that work."""
        before = self.clock()
        os.kill(self.pid, signal.SIGCONT)
        self.wait(work)
        return (self.clock() - before) * 1e-9

    def end(self):
        if self.command.poll() is None:
            os.kill(self.pid, signal.SIGCONT)
        stop(self.command)
        self.command.stdout.close()


def rounds(machine, kinds):
    """{work: {kind: seconds of its units, side by side}}; the order changes each time."""
    guests, seconds = {}, {work: {kind: [] for kind in kinds} for work in WORK}
    order = ["start", "hash"]
    try:
        for kind, words in kinds.items():
            guests[kind] = Guest(machine, words)
        for number in range(2 * (WARM_UP + UNITS)):
            work = order[number % 2]
            for kind in reversed(guests) if number // 2 % 2 else guests:
                taken = guests[kind].unit(work)
                if number >= 2 * WARM_UP:
                    seconds[work][kind].append(taken)
    finally:
        for guest in guests.values():
            guest.end()
    return seconds


def row(work, kind, name, boots):
    """boots: {kind: seconds} of each."""
    ratios = [statistics.median(one / other for one, other in zip(boot[kind], boot["plain"]))
              for boot in boots]
    middle = {one: statistics.median(second for boot in boots for second in boot[one])
              for one in (kind, "plain")}
    return [f"{WORK[work]}{name}", "no such emulator",
            f"without the plugin: {middle['plain'] * 1000:.0f} ms",
            f"{middle[kind] * 1000:.0f} ms; {spread(ratios, 1, 'x', 4)}", f"{LIMIT}x",
            met(statistics.median(ratios) <= LIMIT)]


def rows(platform, boots):
    """boots: {work: [{kind: seconds}]}."""
    names = {"plugin": "", "native": f"; `{' '.join(NATIVE[platform])}`"}
    return [row(work, kind, name, boots[work]) for work in WORK for kind, name in names.items()]


def steady(machine, options):
    # Else the firmware that starts a kernel soonest, which an ordinary machine has not.
    ovmf = ("--firmware", cache("guest", "usr", "share", "ovmf", "OVMF.fd"))
    both = (*platform_option(options), *ovmf, *SAME_PLACE)
    kinds = {"plugin": both, "native": (*NATIVE[options.platform], *both),
             "plain": ("--plain", *both)}
    boots, count = {work: [] for work in WORK}, options.runs or BOOTS
    for number in range(count):
        found = rounds(machine, kinds)
        for work, seconds in found.items():
            boots[work].append(seconds)
        for line in rows(options.platform, {work: [one] for work, one in found.items()}):
            show(f"{number + 1}: {line[0]}: {line[3]}")
    return "steady work in a guest, with the plugin and without", f"""
{table(HEADS, rows(options.platform, boots))}

User and system time of QEMU for a unit of work, {options.platform}, 4 GiB, one vCPU, enforcement on,
with the same firmware, kernel and CPU model. Three machines are up at once, and two of them are
stopped: each does a unit in turn, so that what the host does meanwhile meets all. The ratio of a
boot is the median of the {UNITS} rounds of units that follow each other, after {WARM_UP} that do not
count; {averaged(count)} of each. Linux is at the same place in all (`nokaslr`): that place decides
how well QEMU finds its translations.

A program that starts runs CPUID 30 times (glibc's loader), and a timer is set. In a guest that has
to ask its host for these Linux itself does more, as it does on hardware: an SEV-SNP guest handles a
#VC for each CPUID and each access to the APIC, a TD a #VE for some. With
`{' '.join(NATIVE[options.platform])}` these are done by the processor, as without the plugin: what is
left is the plugin, and what else Linux does in such a guest.
"""
