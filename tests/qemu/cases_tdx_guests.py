# SPDX-License-Identifier: MIT
"""Other ways to start Linux in a TD: from a disk by a boot loader, and by another Linux."""

import hashlib
import os
import re

import images
from machine import cache, expect

# What the demonstration's command line has, and why: tools/cmd_vm.c.
CONSOLE = "console=ttyS0 no_timer_check"


def guest_initrd(machine):
    return images.Initrd(machine, "root", images.GUEST)


def is_clean_td(boot):
    boot.is_clean()
    boot.says("Memory Encryption Features active: Intel TDX", "cvmem: done")


def systemd_boot(machine):
    """Firmware, loader and Linux read a virtio-blk disk, whose DMA goes through shared memory."""
    initrd = guest_initrd(machine)
    initrd.add_module("virtio_blk")
    disk = images.disk_with_loader(machine, "img", initrd.write(), f"{CONSOLE} cvmem_test=disk")
    data = hashlib.sha256(images.disk_data(disk)).hexdigest()
    boot = machine.boot("--disk", disk)
    is_clean_td(boot)
    boot.says(f"cvmem: read {data}")
    wrote = re.search(r"cvmem: wrote (\w+)", boot.console).group(1)
    found = hashlib.sha256(images.disk_data(disk)[:1 << 20]).hexdigest()
    expect(found == wrote, "the disk has not what was written")
    os.remove(disk)


def kexec_initrd(machine, part="linux"):
    initrd = guest_initrd(machine)
    demonstration = images.Initrd(machine, "demonstration", images.DEMONSTRATION)
    initrd.add_kexec()
    initrd.add(demonstration.write(), "demonstration")
    initrd.add(images.kernel(part), "vmlinuz")
    return initrd.write()


def kexec(machine, *options, test="kexec", part="linux", flags="-s", append=""):
    """Linux starts the same Linux; the second one takes the table of unaccepted memory over."""
    return machine.boot(
        "--kernel", images.kernel(part), "--initrd", kexec_initrd(machine, part), "--append",
        f"{CONSOLE} panic=-1 cvmem_test={test} cvmem_flags={flags} {append}", *options)


def second_kernel_is_good(boot, vcpus):
    is_clean_td(boot)
    boot.says("cvmem: kexec loaded: status 0")
    expect(len(re.findall("Linux version", boot.console)) == 2, "not two kernels")
    counts = re.findall(r"Linux \S+, (\d+) CPU", boot.console)
    expect(counts == [str(vcpus)] * 2, f"CPUs of the kernels: {', '.join(counts)}")
    loaded = int(re.search(r"loaded: nr_unaccepted (\d+)", boot.console).group(1)) * 4096
    expect(0 < boot.unaccepted[0] <= loaded, "the second kernel has not taken the table over")
    boot.accepts_while_it_fills()


def kexec_one_vcpu(machine):
    second_kernel_is_good(kexec(machine), 1)


def kexec_four_vcpus(machine):
    second_kernel_is_good(kexec(machine, "--vcpus", "4"), 4)


def kexec_by_segments(machine):
    """By kexec_load(), where the command reads the kernel and says what goes where."""
    second_kernel_is_good(kexec(machine, flags="-c"), 1)


def kexec_linux_6_12(machine):
    second_kernel_is_good(kexec(machine, part="linux-6.12"), 1)


def crash_kernel(machine):
    """After a panic, in memory that was set aside and hence accepted."""
    boot = kexec(machine, test="crash", append="crashkernel=256M")
    is_clean_td(boot)
    boot.says("cvmem: kexec loaded: status 0", "Kernel panic - not syncing: sysrq triggered crash")
    expect(boot.unaccepted and not any(boot.unaccepted), "its memory was not all accepted")
    expect(boot.run["unaccepted_bytes"] > 1 << 30, "the crash kernel accepted what is not its own")


def firmware_with_keys(machine):
    """The build of OVMF for TDX alone verifies images, and the kernel that is not signed fails."""
    firmware = cache("guest", "usr", "share", "ovmf", "OVMF.inteltdx.ms.fd")
    refused = "Secure boot image verification failed"
    boot = machine.boot("--firmware", firmware, until=refused)
    expect(boot.matched, "the firmware did not verify the kernel")
    boot.kept_the_rules()
    expect("Linux version" not in boot.console, "the kernel was started")


CASES = [systemd_boot, kexec_one_vcpu, kexec_four_vcpus, firmware_with_keys]
MORE = [kexec_by_segments, kexec_linux_6_12, crash_kernel]
