# SPDX-License-Identifier: MIT
"""This project's own firmware, in a TD."""

import hashlib
import re
import struct

import images
import shim
from machine import SHIM, expect

NAMES = "Memory Encryption Features active: Intel TDX"


def shim_lazy(machine):
    shim.lazy(machine).says(NAMES)


def events(log):
    """Register, name and digest of each event: TCG PC Client Platform Firmware Profile, chapter 10,
    by struct alone. The first has the log's version and algorithms."""
    index, kind, size = struct.unpack_from("<II20xI", log)
    expect((index, kind) == (0, 3) and log[32:47] == b"Spec ID Event03", "the log's head")
    at = 32 + size
    while log[at:at + 4] != b"\xff" * 4:
        index, kind, count, algorithm = struct.unpack_from("<IIIH", log, at)
        expect(count == 1 and algorithm == 12, "an event has another digest than SHA-384")
        (size,) = struct.unpack_from("<I", log, at + 62)
        yield index - 1, log[at + 66:at + 66 + size], log[at + 14:at + 62]
        at += 66 + size


def replay(log):
    """The four registers, from zeros."""
    rtmrs = [bytes(48)] * 4
    for rtmr, _, digest in events(log):
        rtmrs[rtmr] = hashlib.sha384(rtmrs[rtmr] + digest).digest()
    return rtmrs


def shim_event_log(machine):
    """Linux shows the log of what was booted, and a TD's registers are those that it gives."""
    initrd = images.Initrd(machine, "root", images.GUEST)
    for module in "configfs", "tsm_report", "tdx-guest":
        initrd.add_module(module)
    path, append = initrd.write(), f"{shim.CONSOLE} cvmem_test=event_log"
    boot = machine.boot(*SHIM, "--memory", "1G", "--kernel", images.kernel(), "--initrd", path,
                        "--append", append)
    boot.is_clean()
    said = {name: bytes.fromhex(text) for name, text in
            re.findall(r"^cvmem: (CCEL|log|rtmr\d) ([0-9a-f]+)\r?$", boot.console, re.MULTILINE)}
    table = said["CCEL"]
    expect(len(table) == 56 and sum(table) % 256 == 0 and table[36] == 2, "the CCEL")
    rtmrs = replay(said["log"])
    for n in range(4):
        expect(said[f"rtmr{n}"] == rtmrs[n], f"RTMR{n} is not what the log gives")
    expect(all(map(any, rtmrs[:3])) and not any(rtmrs[3]), "a register is not extended, or RTMR3")
    separated = [rtmr for rtmr, name, _ in events(said["log"]) if name == bytes(4)]
    expect(separated == [0, 1, 2], f"separators of registers {separated}")
    digests = {name: (rtmr, digest) for rtmr, name, digest in events(said["log"])}
    with open(path, "rb") as file:
        digest = hashlib.sha384(file.read()).digest()
    expect(digests[b"initrd"] == (2, digest), "the initrd's event")
    with open(images.kernel(), "rb") as file:
        kernel = file.read()
    kernel = kernel[(kernel[0x1f1] + 1) * 512:]
    expect(digests[b"kernel"] == (1, hashlib.sha384(kernel).digest()), "the kernel's event")
    expect({b"td_hob", b"etc/table-loader", b"etc/acpi/tables", b"etc/acpi/rsdp", b"kernel setup",
            b"cmdline"} < set(digests), f"events: {sorted(digests)}")


def shim_sixteen_vcpus(machine):
    shim.smp(machine, 16).says(NAMES)


def shim_cannot_accept(machine):
    shim.cannot_accept(machine)


def shim_policy(machine):
    shim.policy(machine)


def shim_hostile(machine):
    shim.hostile(machine)


def shim_lies(machine):
    """Memory that wraps, or is not where the firmware is: the TD HOB list begins with 56 bytes,
    and a resource of 48 has its start at 32. The fourth is the memory above the list."""
    malformed = "the TD HOB list: an argument, table or map breaks its documented form"
    absent = "the memory map: the firmware's own memory is not in it"
    for offset, value, what in ((0, 0, malformed), (56, 0, malformed),
                                (56 + 3 * 48 + 32, 0x40000000, absent)):
        shim.lying(machine, what, "cvm_map_read_hob",
                   lambda gdb, at, o=offset, v=value: gdb.set_word(at + o, v))
    shim.lies(machine)


def shim_kexec_four_vcpus(machine):
    shim.kexec(machine, 4)


def shim_crash_kernel(machine):
    shim.crash_kernel(machine).says(NAMES)


def shim_large(machine):
    shim.large(machine)


def shim_attacks(machine):
    shim.attacks(machine, "tdx")


def shim_pvh(machine):
    shim.pvh(machine, "tdx")


def shim_pvh_lazy(machine):
    shim.pvh_lazy(machine, "tdx")


def shim_pvh_linux(machine):
    shim.pvh_linux(machine, "tdx")


def shim_pvh_hostile(machine):
    shim.pvh_hostile(machine, "tdx")


# Four vCPUs, Linux 6.12 and kexec by it: four_vcpus_width_48, linux_6_12_four_vcpus, kexec_one_vcpu.
CASES = [shim_lazy, shim_event_log, shim_hostile, shim_lies, shim_pvh, shim_pvh_lazy,
         shim_pvh_hostile]
MORE = [shim_sixteen_vcpus, shim_cannot_accept, shim_policy, shim_attacks, shim_kexec_four_vcpus,
        shim_crash_kernel, shim_large, shim_pvh_linux]
