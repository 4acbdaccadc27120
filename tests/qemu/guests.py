# SPDX-License-Identifier: MIT
"""Other ways to start Linux as a guest, on any platform: from a disk by a boot loader, and by
another Linux."""

import hashlib
import json
import os
import re

import images
from machine import expect

# What the demonstration's command line has, and why: tools/vm/cmd.c.
CONSOLE = "console=ttyS0 no_timer_check"


# What the second kernel is to fill, when this project's firmware has started the first.
FILL = "cvmem_fill=30"


def guest_initrd(machine):
    return images.Initrd(machine, "root", images.GUEST)


def systemd_boot(machine, *options):
    """Firmware, loader and Linux read a virtio-blk disk, whose DMA goes through shared memory."""
    initrd = guest_initrd(machine)
    initrd.add_module("virtio_blk")
    disk = images.disk_with_loader(machine, "img", initrd.write(), f"{CONSOLE} cvmem_test=disk")
    data = hashlib.sha256(images.disk_data(disk)).hexdigest()
    boot = machine.boot("--disk", disk, *options)
    boot.is_clean()
    boot.says("cvmem: done", f"cvmem: read {data}")
    wrote = re.search(r"cvmem: wrote (\w+)", boot.console).group(1)
    found = hashlib.sha256(images.disk_data(disk)[:1 << 20]).hexdigest()
    expect(found == wrote, "the disk has not what was written")
    os.remove(disk)
    return boot


def kexec_initrd(machine, kernel):
    initrd = guest_initrd(machine)
    demonstration = images.Initrd(machine, "demonstration", images.DEMONSTRATION)
    initrd.add_kexec()
    initrd.add(demonstration.write(), "demonstration")
    initrd.add(kernel, "vmlinuz")
    return initrd.write()


def kexec(machine, *options, test="kexec", part="linux", kernel=None, flags="-s", append=""):
    """Linux starts the same Linux; the second one takes the table of unaccepted memory over."""
    kernel = kernel or images.kernel(part)
    return machine.boot(
        "--kernel", kernel, "--initrd", kexec_initrd(machine, kernel), "--append",
        f"{CONSOLE} panic=-1 cvmem_test={test} cvmem_flags={flags} {append}", *options)


def second_kernel_is_good(boot, vcpus, ends=0):
    boot.is_clean()
    boot.says("cvmem: done", "cvmem: kexec loaded: status 0")
    expect(len(re.findall("Linux version", boot.console)) == 2, "not two kernels")
    counts = re.findall(r"Linux \S+, (\d+) CPU", boot.console)
    expect(counts == [str(vcpus)] * 2, f"CPUs of the kernels: {', '.join(counts)}")
    loaded = int(re.search(r"loaded: nr_unaccepted (\d+)", boot.console).group(1)) * 4096
    expect(0 < boot.unaccepted[0] <= loaded, "the second kernel has not taken the table over")
    boot.accepts_while_it_fills(ends)


def crash_kernel(machine, *options, kernel=None):
    """After a panic, in memory that was set aside and hence accepted."""
    boot = kexec(machine, *options, test="crash", kernel=kernel, append="crashkernel=256M")
    boot.is_clean()
    boot.says("cvmem: done", "cvmem: kexec loaded: status 0",
              "Kernel panic - not syncing: sysrq triggered crash")
    expect(boot.unaccepted and not any(boot.unaccepted), "its memory was not all accepted")
    expect(boot.run["unaccepted_bytes"] > 1 << 30, "the crash kernel accepted what is not its own")
    return boot


def report_of(machine):
    with open(machine.json, encoding="utf-8") as file:
        return json.load(file)["runs"][0]


def exec_command(machine, *options):
    """Standard output is the command's, byte by byte; so is standard error."""
    command = "grep -i unaccepted /proc/meminfo; echo for stderr >&2"
    status, out, err = machine.exec(command, *options)
    expect((status, err) == (0, b"for stderr\n"), f"exit status {status}, {err}")
    expect(re.fullmatch(rb"Unaccepted: +[1-9]\d+ kB\n", out), f"standard output is {out}")
    run = report_of(machine)
    expect((run["ok"], run["ended"]) == (True, "powered-off"), f"the machine's end: {run['ended']}")


def exec_status(machine, *options):
    """A good deal of output, all of which comes before the end."""
    status, out, err = machine.exec("seq 5000; head -c 300 /dev/zero; exit 3", *options)
    expect((status, err) == (3, b""), f"exit status {status}, {err}")
    expected = b"".join(b"%d\n" % i for i in range(1, 5001)) + bytes(300)
    expect(out == expected, f"{len(out)} of {len(expected)} bytes, or others")


def exec_panic(machine, *options):
    """A guest that dies is no command that ended well, whatever it has printed."""
    status, out, err = machine.exec("echo so far; echo c >/proc/sysrq-trigger", *options)
    expect(status == 125, f"exit status {status}")
    expect(out == b"so far\n", f"standard output is {out}")
    for text in (b"cvmem vm: the guest panicked", b"sysrq triggered crash",
                 b"the machine ended before the command did"):
        expect(text in err, f"standard error has no '{text.decode()}'")
    run = report_of(machine)
    expect((run["ok"], run["ended"]) == (False, "panic"), f"the machine's end: {run['ended']}")
    status, _, _ = machine.exec("echo c >/proc/sysrq-trigger", "--expect", "panic", *options)
    expect((status, report_of(machine)["ok"]) == (0, True), f"as expected, exit status {status}")


def hot_added(machine, state, *options):
    """Linux 7.2 does not accept memory that is plugged in: its first access is caught."""
    size = 512 << 20
    boot = machine.boot("--memory", "1G", "--hot-add", "512M", *options)
    boot.was_caught(view="private", state=state, write=True, fetch=False)
    violation = boot.run["violation"]
    # DIMMs are above 4 GiB, and this machine has no other memory there.
    expect(4 << 30 <= violation["gpa"] < (4 << 30) + size, f"caught at {violation['gpa']:#x}")
    expect(violation["rip"] >> 63 == 1, "not the kernel's access")
    expect(boot.report["plugged_bytes"] == size, f"{boot.report['plugged_bytes']} bytes plugged in")
    expect(boot.run["unaccepted_bytes"] >= size, "memory was accepted that Linux does not accept")


NODES = "cat /sys/devices/system/node/online; grep -h Unaccepted: /sys/devices/system/node/*/meminfo"


def two_nodes(machine, *options):
    """Each has memory that is accepted when it is needed."""
    status, out, _ = machine.exec(NODES, "--nodes", "2", "--vcpus", "2", "--memory", "6G", *options)
    found = re.fullmatch(r"0-1\nNode 0 Unaccepted: +(\d+) kB\nNode 1 Unaccepted: +(\d+) kB\n",
                         out.decode())
    expect(status == 0 and found, f"exit status {status}, {out}")
    expect(min(map(int, found.groups())) > 256 << 10, f"unaccepted by node: {found.groups()}")
    run = report_of(machine)
    expect(run["ok"] and run["touch_before_accept"] == 0, f"the run: {run}")
