# SPDX-License-Identifier: MIT
"""What the cases of the live patch (ports/linux) share: a guest that loads it into Debian's kernel.
The emulated module or firmware is the judge of what is accepted, Linux's own count the other
witness."""

import fcntl
import json
import os
import re
import subprocess

import initrd
from machine import SECONDS, UNIT, Skipped, cache, expect

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.join(HERE, "..", "..", "ports", "linux", "build")

INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t debugfs debugfs /sys/kernel/debug
mount -t tmpfs -o size=95% tmpfs /tmp
begin() { echo; echo "=== $1"; }
stats() { grep Unaccepted /proc/meminfo; cat /sys/kernel/debug/cvmem/stats; }
load() {
	insmod /bin/cvmem.ko "$@" || return
	until [ "$(cat /sys/kernel/livepatch/cvmem/transition)" = 0 ]; do sleep 0.05; done
}
unload() {
	echo 0 >/sys/kernel/livepatch/cvmem/enabled
	while [ -e /sys/kernel/livepatch/cvmem ]; do sleep 0.05; done
	rmmod cvmem
}
write_mib() { dd if=/dev/zero of=/tmp/$1 bs=1M count=$2 2>/dev/null || echo "no room for $1"; }
probe() { echo "$*" >/sys/kernel/debug/cvmem_probe/run && cat /sys/kernel/debug/cvmem_probe/run; }
vmstat() { sed -n "s/^$1 //p" /proc/vmstat; }
# Takes what is free and accepted, in whole blocks, so that what follows needs other memory.
take_accepted() {
	blocks=$((($(vmstat nr_free_pages) - $(vmstat nr_unaccepted)) / 1024))
	[ $blocks -le 0 ] || probe $(nproc) 10 $blocks 0 >/dev/null
}
# Or nothing is left that could fill it.
reserve_is_full() {
	until awk '/_Normal / && $5 && $3 >= $5 { full = 1 } END { exit !full }' /sys/kernel/debug/cvmem/stats
	do
		! grep -q '^Unaccepted: *0 kB' /proc/meminfo || break
		sleep 0.05
	done
}
complaints() { dmesg | grep -e cvmem -e 'WARNING: CPU' -e 'WARNING: [a-z]*/' -e 'BUG: ' -e 'blocked for'; }
SCRIPT
begin log
complaints
begin end
poweroff -f
"""


def module(machine, kernel):
    """The folder with the modules for a kernel of `cvmem vm`."""
    image = cache(kernel, "vmlinuz")
    if not os.path.exists(image):
        raise Skipped(f"{image} is not there")
    out = os.path.join(machine.build, "linux")
    os.makedirs(out, exist_ok=True)
    # Cases run side by side, and compile in the same folder.
    with open(os.path.join(out, "lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = subprocess.run([BUILD, "--out", out, kernel], check=False, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
    if done.returncode == 77:
        raise Skipped(done.stderr.strip().splitlines()[-1])
    expect(done.returncode == 0, f"the module was not built: {done.stderr}")
    return os.path.dirname(done.stdout.split()[-1])


def write_initrd(path, machine, script, kernel, programs=(), copies=None):
    """An initial file system that runs the script, with the modules and programs in /bin."""
    folder = module(machine, kernel)
    initrd.write(path, INIT.replace("SCRIPT", script), [
        os.path.join(folder, "cvmem.ko"), os.path.join(folder, "probe", "cvmem_probe.ko"),
        *programs], copies=copies)


def boot(machine, script, *options, kernel="linux", append="", until=None, seconds=SECONDS,
         programs=(), copies=None):
    """Boots the script, to its end or until the console matches. The boot, and what the console
    said under each heading."""
    image = machine.log + ".cpio"
    write_initrd(image, machine, script, kernel, programs, copies)
    return initrd.boot(machine, image, *options, kernel=cache(kernel, "vmlinuz"), append=append,
                       until=until, seconds=seconds)


def stats(part):
    """The counters of a part of the console; those of Linux in bytes."""
    found = dict(re.findall(r"^(\w+) (\w+)$", part, re.MULTILINE))
    found = {name: int(value) if value.isdigit() else value for name, value in found.items()}
    meminfo = re.search(r"^Unaccepted: +(\d+) kB$", part, re.MULTILINE)
    expect(meminfo and "scheme" in found, "there are no counters")
    found["meminfo_bytes"] = int(meminfo[1]) * 1024
    return found


def is_quiet(parts, name="log"):
    """The kernel has not complained."""
    expect(not re.search("WARNING: |BUG: |blocked for", parts[name]),
           f"the kernel says: {parts[name]}")


def counts_agree(found):
    """The library's count is the bitmap's. Linux counts blocks of 4 MiB, also those of which a part
    is accepted: one at each end of what OVMF accepted, and those that are being accepted now."""
    slack = 8 * UNIT
    expect(abs(found["meminfo_bytes"] - found["unaccepted_bytes"]) <= slack,
           f"Linux counts {found['meminfo_bytes']} bytes, the module {found['unaccepted_bytes']}")
    accepted = sum(value for name, value in found.items()
                   if re.fullmatch(r"accepted_\w+_bytes", name))
    expect(accepted == found["units"] * UNIT, "the causes are not what was accepted")
    expect(found["failed"] == 0 and found["already_accepted"] == 0, "something was rejected")


LOADED = """
begin before
load policy=lazy events=4096 && echo loaded
stats
begin filled
write_mib most 1400
stats
begin reserve
echo background >/sys/module/cvmem/parameters/policy
until stats | grep -q '^reserve_calls [1-9]'; do sleep 0.1; done
echo lazy >/sys/module/cvmem/parameters/policy
sleep 0.5
stats
begin events
cat /sys/kernel/debug/cvmem/events
"""


def trace(text):
    """The ranges of the accepts in a trace (docs/vm.md)."""
    lines = text.strip().splitlines()
    expect(lines[0].startswith("cvmem-trace 1 ") and lines[-1] == "end", "that is no whole trace")
    return [(int(words[4], 0), int(words[5], 0)) for words in map(str.split, lines[1:-1])
            if words[3] == "accept"]


def loaded(machine, *options, kernel="linux"):
    """From the first process on, the library accepts, first for allocations and then ahead."""
    path = machine.file("trace")
    done, parts = boot(machine, LOADED, *options, "--trace", path, kernel=kernel)
    done.is_clean()
    is_quiet(parts)
    before, filled, reserve = (stats(parts[name]) for name in ("before", "filled", "reserve"))
    expect("loaded" in parts["before"] and before["scheme"] == "cvmem", "the module is not loaded")
    for found in before, filled, reserve:
        counts_agree(found)
    expect(filled["units"] >= 200, f"it accepted {filled['units']} units for 1400 MiB")
    expect(filled["reserve_calls"] == 0, "policy lazy has accepted ahead")
    expect(filled["calls_by_linux"] == before["calls_by_linux"], "Linux's code was called")
    expect(reserve["accepted_background_bytes"] >= 8 * UNIT, "nothing was accepted ahead")
    with open(path, encoding="utf-8") as file:
        judge = set(trace(file.read()))
    events = trace(parts["events"])
    expect(len(events) == reserve["units"], f"{len(events)} events of {reserve['units']} units")
    expect(judge.issuperset(events), "the platform has not seen what the module records")
    # The platform's own count, which is from before the module on.
    expect(abs(done.run["unaccepted_bytes"] - reserve["unaccepted_bytes"]) <= 4 * UNIT,
           f"{done.run['unaccepted_bytes']} bytes are left, the module counts "
           f"{reserve['unaccepted_bytes']}")


WARM = """
parameters() { (cd /sys/module/cvmem/parameters && echo "parameters $(cat policy keep rate | xargs)"); }
begin absent
cvmem warm --module; echo "status $?"
begin signal
load policy=lazy keep=48M rate=1G
cvmem warm --module --rate 32M/s --json >/warm.json & warm=$!
until parameters | grep eager; do sleep 0.1; done
until grep -q '^accepted_background_bytes' /sys/kernel/debug/cvmem/stats; do sleep 0.1; done
kill $warm
wait $warm; echo "status $?"
cat /warm.json
parameters
begin stopped
stats
sleep 1
begin still
stats
begin hidden
umount /sys/kernel/debug
cvmem warm --module; echo "status $?"
mount -t debugfs debugfs /sys/kernel/debug
begin warm
cvmem warm --module --json; echo "status $?"
parameters
begin after
stats
"""


def warm(machine, *options):
    """`cvmem warm --module`: the module's thread accepts all memory, and has its old parameters
    afterwards; at a signal it has them at once."""
    done, parts = boot(machine, WARM, *options, "--vcpus", "2",
                       programs=[os.path.join(machine.build, "cvmem")])
    done.is_clean()
    is_quiet(parts)
    expect("is not loaded" in parts["absent"] and "status 1" in parts["absent"], parts["absent"])
    expect("debugfs is not mounted" in parts["hidden"] and "status 1" in parts["hidden"],
           parts["hidden"])
    signal, whole = (json.loads(parts[name][parts[name].index("{"):parts[name].rindex("}") + 1])
                     for name in ("signal", "warm"))
    expect("parameters eager 50331648 33554432" in parts["signal"], "it was not eager at that rate")
    expect("status 143" in parts["signal"] and signal["end"] == "signal", f"it ended so: {signal}")
    for name in "signal", "warm":
        expect("parameters lazy 50331648 1073741824" in parts[name],
               f"the parameters have not been restored: {parts[name]}")
    stopped, still, after = (stats(parts[name]) for name in ("stopped", "still", "after"))
    expect(stopped["unaccepted_bytes"] > 1 << 30, "the signal came at the end")
    # A block that was being accepted.
    expect(still["accepted_background_bytes"] - stopped["accepted_background_bytes"] <= 2 * UNIT,
           "it went on after the signal")
    expect("status 0" in parts["warm"] and whole["end"] == "done" and whole["by_module"] and
           whole["unaccepted_bytes"] == 0, f"it ended so: {whole}")
    expect(whole["accepted_bytes"] > 1 << 30, "there was little to accept")
    expect(after["meminfo_bytes"] == 0 and after["unaccepted_bytes"] <= 4 * UNIT,
           f"something is left: {after}")
    counts_agree(after)
    expect(after["accepted_background_bytes"] + 8 * UNIT >= whole["accepted_bytes"],
           "the thread has accepted less than that")


ROUNDS = 6
UNDER_LOAD = """
insmod /bin/cvmem_probe.ko
# What is accepted already.
probe $(nproc) 10 200 0
begin rounds
(i=0; while [ $i -lt 40 ]; do write_mib small$i 20; i=$((i + 1)); done) &
i=0
while [ $i -lt ROUNDS ]; do
	load && probe $(nproc) 10 16 0 >/dev/null && grep '^units' /sys/kernel/debug/cvmem/stats
	unload && echo "round $((i += 1))"
	probe $(nproc) 10 8 0 >/dev/null
done
wait
begin last
load && stats
"""


def under_load(machine, *options, kernel="linux", rounds=ROUNDS):
    """Loaded and unloaded while every vCPU takes memory, and a program writes."""
    script = UNDER_LOAD.replace("ROUNDS", str(rounds))
    done, parts = boot(machine, script, *options, kernel=kernel)
    done.is_clean()
    is_quiet(parts)
    expect(parts["rounds"].count("round ") == rounds, "it was not loaded and unloaded each time")
    expect("no room" not in parts["rounds"], "the program found no memory")
    units = [int(count) for count in re.findall(r"^units (\d+)$", parts["rounds"], re.MULTILINE)]
    expect(len(units) == rounds and all(units), f"units accepted in each round: {units}")
    counts_agree(stats(parts["last"]))


# With 4 GiB and one vCPU: an accept and an opportunity for the host in the middle of what the module
# accepts in LOADED.
ACCEPT, OPPORTUNITY = 3400, 1500


def forgotten(machine):
    """The positive control: an accept of the module's that does nothing is caught at the next
    access, which is Linux's."""
    done, parts = boot(machine, LOADED, "--forget-accept", str(ACCEPT))
    expect("loaded" in parts["before"], "the module is not loaded")
    done.was_caught(view="private", write=True, state="PENDING")


def already_accepted(machine):
    """The library ends the guest at the first page that is reported as accepted; Linux would try
    it again in smaller ones."""
    done, parts = boot(machine, LOADED, "--attack", f"already-accepted@{OPPORTUNITY}", "--expect",
                       "fatal-error")
    expect("loaded" in parts["before"], "the module is not loaded")
    expect(done.run["ended"] == "fatal-error", f"it was ended by {done.run['ended']}")
    expect(done.run["attack"]["strikes"] == 1 and done.run["double_accepts"] == 1,
           f"it went on: {done.run['attack']}")
    expect(done.run["touch_before_accept"] == 0, "memory was touched too soon")


REFUSED = """
begin refused
insmod /bin/cvmem.ko || echo refused
[ ! -e /sys/kernel/livepatch/cvmem ] && echo "nothing was patched"
"""


def refused(machine, why, *options, kernel="linux"):
    """It does not load, says why, and leaves the kernel as it is."""
    done, parts = boot(machine, REFUSED, *options, kernel=kernel)
    expect(done.status == 0, f"exit status {done.status}")
    expect("refused" in parts["refused"] and "nothing was patched" in parts["refused"],
           "it was loaded")
    expect(re.search(why, parts["log"]), f"it does not say {why}: {parts['log']}")
    is_quiet(parts)
