# SPDX-License-Identifier: MIT
"""`cvmem inspect --try`: what happens is what the files say, on both platforms."""

import json
import os
import subprocess

import shim
import tiny_firmware
from cases_tdx_firmware import TDX
from machine import SECONDS, Skipped, cache, expect


def tried(machine, *arguments):
    """What came of it on TDX and on SEV-SNP, and the exit status."""
    done = subprocess.run([os.path.join(machine.build, "cvmem"), "inspect", "--try", "--json",
                           *arguments], check=False, timeout=2 * SECONDS, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
    with open(machine.log, "w", encoding="utf-8") as log:
        log.write(done.stdout + done.stderr)
    return json.loads(done.stdout)["try"], done.returncode


def is_lazy(machine, *files):
    results, status = tried(machine, *files)
    expect(status == 0, f"exit status {status}")
    expect([one["platform"] for one in results] == ["tdx", "snp"], "not on both platforms")
    for one in results:
        expect(one["outcome"] == "lazy" and one["agree"], f"{one['platform']}: {one['outcome']}")
        expect(one["booted"] and one["negotiated"], "it did not boot, or accepted nothing")
        expect(one["seen_bytes"] > 3.5 * (1 << 30), f"it has seen {one['seen_bytes']} bytes")
        expect(one["touch_before_accept"] == one["double_accepts"] == 0, "a rule was broken")


def try_kernel(machine):
    """With a firmware that is named as well."""
    is_lazy(machine, os.path.join(machine.build, "shim", "shim.rom"), cache("linux", "vmlinuz"))


def try_kernel_alone(machine):
    is_lazy(machine, cache("linux", "vmlinuz"))


def try_older_kernel(machine):
    path = cache("linux-6.12", "vmlinuz")
    if not os.path.exists(path):
        raise Skipped("Linux 6.12 has not been fetched")
    is_lazy(machine, path)


def try_no_kernel(machine):
    """A file that firmware starts, and that is no kernel: nothing boots, and it is said so."""
    path = machine.file("bzimage")
    with open(cache("linux", "vmlinuz"), "rb") as source, open(path, "wb") as file:
        # The boot sector says that it is a kernel; what it unpacks is missing.
        file.write(source.read(64 << 10))
    done = subprocess.run([os.path.join(machine.build, "cvmem"), "inspect", "--try", path],
                          check=False, timeout=SECONDS, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
    expect(done.returncode == 3, f"exit status {done.returncode}")
    expect("--try" in done.stderr and "not readable" in done.stderr, done.stderr)


def try_firmware_for_tdx(machine):
    """As an SEV-SNP guest it does not start, which is an outcome; and not that of a broken set-up."""
    firmware = tiny_firmware.Firmware(machine, TDX, "power_off").path
    kernel = cache("linux", "vmlinuz")
    results, status = tried(machine, firmware, kernel)
    expect(status == 1, f"exit status {status}")
    expect([one["outcome"] for one in results] == ["does-not-boot"] * 2, f"the outcomes are {results}")
    expect([one["ran"] for one in results] == [True, False], "the machine has started on SEV-SNP")
    expect("not made for SEV-SNP" in results[1]["last_line"], results[1]["last_line"])
    expect(results[1]["agree"], "reading and experiment differ")
    # A flash device's part of a firmware starts nowhere.
    part = machine.file("code.fd")
    with open(firmware, "rb") as source, open(part, "wb") as file:
        file.write(source.read()[0x1000:])
    results, _ = tried(machine, part, kernel)
    for one in results:
        expect(not one["ran"] and "flash devices" in one["last_line"], f"{one}")


def try_pvh(machine):
    """The project's own firmware starts it, by its path as well; each file is for one platform."""
    rom = os.path.join(machine.build, "shim", "shim.rom")
    for i, platform in enumerate(("tdx", "snp")):
        results, _ = tried(machine, "--memory", "1G", rom, shim.pvh_elf(machine, platform))
        one = results[i]
        expect(one["outcome"] == "firmware-accepts-all" and one["agree"], f"{platform}: {one}")
        expect(one["booted"] and one["ended"] == "powered-off", f"{platform}: {one}")
        expect(one["accepted_bytes"]["firmware"] > 1000 << 20, f"{platform}: {one}")
    # UEFI firmware starts none.
    results, status = tried(machine, shim.pvh_elf(machine, "tdx"))
    expect(status == 1, f"exit status {status}")
    for one in results:
        expect(one["outcome"] == "does-not-boot" and one["read"] == "starts-by-pvh" and one["agree"], f"{one}")


CASES = [try_kernel, try_no_kernel, try_firmware_for_tdx, try_pvh]
MORE = [try_kernel_alone, try_older_kernel]
