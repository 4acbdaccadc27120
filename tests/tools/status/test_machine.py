#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_machine.py CVMEM GUESTS

`cvmem status` on guests that have lost memory, that are behind a paravisor, and that got more memory
while they ran: their files are made here."""

import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

CVMEM = GUESTS = None
MIB, GIB = 1 << 20, 1 << 30
MEMINFO = "MemTotal: {0} kB\nMemFree: {0} kB\nMemAvailable: {0} kB\n"


def dmi(*sizes):
    """DSP0134: a BIOS, memory devices (type 17) of so many MiB, and the end."""
    out = struct.pack("<BBH20s", 0, 24, 0, b"") + b"vendor\0\0"
    for mib in sizes:
        short = mib if mib < 0x7FFF else 0x7FFF
        out += struct.pack("<BBHHHHHH", 17, 40, 1, 0, 0, 0, 0, 0).ljust(12, b"\0")[:12]
        out += struct.pack("<H14sI8s", short, b"", mib, b"") + b"DIMM 0\0QEMU\0\0"
    return out + struct.pack("<BBH", 127, 4, 2) + b"\0\0"


class Guest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def make(self, path, text):
        path = self.folder + path
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())

    def guest(self, total, ranges=(), counted=True, release="7.2.12", cmdline="quiet", snp=True):
        self.make("/proc/meminfo", MEMINFO.format(total >> 10) + ("Unaccepted: 0 kB\n" if counted else ""))
        self.make("/proc/cmdline", cmdline + "\n")
        self.make("/proc/sys/kernel/osrelease", release + "\n")
        if snp:
            self.make("/sys/devices/system/cpu/sev/vmpl", "0\n")
        for number, (start, end, kind) in enumerate(ranges):
            for name, text in ("start", hex(start)), ("end", hex(end - 1)), ("type", kind):
                self.make(f"/sys/firmware/memmap/{number}/{name}", text + "\n")

    def status(self):
        done = subprocess.run(
            [CVMEM, "status", "--root", self.folder, "--json", "--sample", "0"],
            capture_output=True, check=False, text=True,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def text(self, root=None):
        done = subprocess.run([CVMEM, "status", "--root", root or self.folder, "--sample", "0"],
                              capture_output=True, check=False, text=True)  # fmt: skip
        return done.stdout


RAM, RESERVED = "System RAM", "Reserved"
LOW = (0x100000, 2 * GIB, RAM)


class Known(Guest):
    """Versions that are known to be bad, as far as this guest meets it."""

    def names(self):
        return [row["name"] for row in self.status()["known_bad"]]

    def test_firmware(self):
        self.guest(3900 * MIB, [LOW, (4 * GIB, 6 * GIB, RAM)])
        self.assertEqual(self.names(), [])
        self.make("/sys/class/dmi/id/bios_version", "2022.11-6+deb12u2\n")
        # It runs, so that what terminates a guest is not in it.
        self.assertEqual(self.names(), ["snp-accepts-all", "snp-secrets-overwritten"])
        self.assertRegex(self.text(), r"known +EDK II 2022.11-6.deb12u2 accepts all .*; take .*edk2#3889")
        self.make("/sys/class/dmi/id/bios_version", "edk2-20240524-5.el9\n")
        self.assertEqual(self.names(), [])
        self.make("/sys/class/dmi/id/bios_version", "unknown\n")
        self.assertEqual(self.names(), [])

    def test_kernel_and_firmware(self):
        self.guest(600 * GIB, [LOW, (4 * GIB, 602 * GIB, RAM)], release="6.12.43")
        self.make("/sys/class/dmi/id/bios_version", "2023.05-2\n")
        self.assertEqual(self.names(), ["table-longer-than-page", "snp-page-tables"])

    def test_another_platform(self):
        self.guest(3900 * MIB, [LOW, (4 * GIB, 6 * GIB, RAM)], snp=False)
        self.make("/sys/class/dmi/id/bios_version", "2022.11-6+deb12u2\n")
        self.assertEqual(self.names(), [])
        self.make("/proc/cpuinfo", "\nflags\t\t: fpu tdx_guest hypervisor\n")
        self.assertEqual(self.names(), [])
        self.make("/sys/class/dmi/id/bios_version", "2022.08-1\n")
        self.assertEqual(self.names(), ["tdx-accepts-all"])


class Lost(Guest):
    def test_nothing_is_lost(self):
        self.guest(3900 * MIB, [LOW, (4 * GIB, 6 * GIB, RAM)])
        self.make("/sys/firmware/dmi/tables/DMI", dmi(4096))
        machine = self.status()["machine"]
        self.assertEqual(machine["installed_bytes"], 4 * GIB)
        self.assertEqual(machine["usable_bytes"], 4 * GIB - MIB)
        self.assertEqual((machine["lost_bytes"], machine["hot_added_bytes"]), (0, 0))
        self.assertNotIn("lost", self.text())

    def test_grub_2_06(self):
        self.guest(1837 * MIB, [LOW, (4 * GIB, 6 * GIB, RESERVED)])
        machine = self.status()["machine"]
        self.assertEqual(machine["lost_bytes"], 2 * GIB)
        self.assertRegex(machine["cause"], "begins at 4 GiB.*GRUB 2.06")
        self.assertIn("linuxefi", machine["change"])
        self.assertRegex(self.text(), "lost +2 GiB: a reserved range begins at 4 GiB")

    def test_a_limit(self):
        self.guest(900 * MIB, [LOW, (4 * GIB, 6 * GIB, RAM)], cmdline="quiet mem=1G")
        machine = self.status()["machine"]
        self.assertEqual(machine["lost_bytes"], 4 * GIB - MIB - 900 * MIB)
        self.assertEqual(machine["cause"], "mem= on the command line")
        self.make("/proc/cmdline", "quiet crashkernel=2G -- mem=1G\n")
        self.assertIn("crashkernel=", self.status()["machine"]["cause"])

    def test_a_kernel_that_drops_it(self):
        self.guest(1900 * MIB, [LOW], counted=False, release="6.1.0")
        self.make("/sys/firmware/dmi/tables/DMI", dmi(4096, 60 * 1024))
        machine = self.status()["machine"]
        self.assertEqual(machine["installed_bytes"], 64 * GIB)
        self.assertEqual(machine["lost_bytes"], 64 * GIB - (2 * GIB - MIB))
        self.assertIn("knows no unaccepted memory", machine["cause"])
        self.assertIn("6.5", machine["change"])
        # With a kernel that knows it, the map is to blame.
        self.guest(1900 * MIB, [LOW])
        self.assertIn("firmware or loader", self.status()["machine"]["cause"])

    def test_an_ordinary_machine_has_a_graphics_processor(self):
        self.guest(1900 * MIB, [LOW], counted=False, snp=False)
        self.make("/sys/firmware/dmi/tables/DMI", dmi(4096))
        self.assertEqual(self.status()["machine"]["lost_bytes"], 0)

    def test_damaged_tables(self):
        self.guest(1900 * MIB, [LOW])
        for table in b"", b"\x11", dmi(4096)[:-9], b"\x11\x01\0\0" * 10, b"\x11\xff" * 300, b"\x11\x04\0\0" + b"x" * 99:
            self.make("/sys/firmware/dmi/tables/DMI", table)
            self.status()


class HotAdded(Guest):
    def test_blocks(self):
        self.guest(3900 * MIB, [LOW, (4 * GIB, 6 * GIB, RAM)])
        self.make("/sys/devices/system/memory/block_size_bytes", "8000000\n")
        for number, state in (0, "online"), (32, "online"), (48, "online"), (49, "online"), (50, "offline"):
            self.make(f"/sys/devices/system/memory/memory{number}/state", state + "\n")
        found = self.status()
        self.assertEqual(found["machine"]["hot_added_bytes"], 2 * 128 * MIB)
        self.assertEqual([row["name"] for row in found["known_bad"]], ["hot-add"])
        self.assertRegex(self.text(), "hot-added +256 MiB that the firmware's map does not have")

    def test_devices(self):
        self.guest(3900 * MIB, [LOW, (4 * GIB, 6 * GIB, RAM)])
        for number, status in (0, 15), (1, 0), (2, 15):
            self.make(f"/sys/bus/acpi/devices/PNP0C80:0{number}/status", f"{status}\n")
        self.make("/sys/bus/acpi/devices/PNP0C0F:00/status", "15\n")
        self.assertEqual(self.status()["machine"]["memory_devices"], 2)
        self.assertRegex(self.text(), r"hot-added +2 memory devices of ACPI \(PNP0C80\)")


class Known(Guest):
    def test_versions(self):
        for release, total, names in (
            ("6.12.43+deb13-amd64", 128 * GIB, ["table-longer-than-page"]),
            ("6.12.43+deb13-amd64", 32 * GIB, []), ("6.12.107", 128 * GIB, []), ("7.2.12", 128 * GIB, []),
        ):  # fmt: skip
            self.guest(total, release=release)
            self.assertEqual([row["name"] for row in self.status()["known_bad"]], names)
        self.guest(128 * GIB, release="6.12.43", counted=False)
        self.assertEqual(self.status()["known_bad"], [])


class Paravisor(Guest):
    def isolation(self, a, b):
        self.guest(4 * GIB, counted=False, snp=False, release="6.8.0-1030-azure-fde")
        self.make("/dev/kmsg", f"6,3,0,-;Hyper-V: Isolation Config: Group A {a:#x}, Group B {b:#x}\n")
        platform = self.status()["platform"]
        return platform["name"], platform["paravisor"]

    def test_kinds(self):
        for a, b, expected in (
            (1, 0xBA2, ("snp", True)), (1, 0xBA3, ("tdx", True)), (0, 0xBA2, ("snp", False)),
            (0, 3, ("tdx", False)), (1, 0xBA1, ("none", False)), (0, 0, ("none", False)),
        ):  # fmt: skip
            self.assertEqual(self.isolation(a, b), expected)

    def test_a_guest_of_azure(self):
        text = self.text(os.path.join(GUESTS, "azure-snp-vtom"))
        self.assertRegex(text, "platform +AMD SEV-SNP, behind a paravisor, which accepts its memory")
        self.assertRegex(text, "because +/dev/kmsg: Hyper-V isolates it by SEV-SNP")
        self.assertIn("there is nothing to warm", text)
        done = subprocess.run([CVMEM, "status", "--prometheus", "--root", os.path.join(GUESTS, "azure-snp-vtom")],
                              capture_output=True, check=True, text=True)  # fmt: skip
        self.assertIn('platform="snp-paravisor"', done.stdout)


if __name__ == "__main__":
    CVMEM, GUESTS = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1])
