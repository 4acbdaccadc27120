# SPDX-License-Identifier: GPL-2.0-or-later
"""SNP guests that ask the secure processor what it says of them, by Linux's driver."""

import os
import re
import struct
import uuid

import images
import snp_measure
import snp_report
from machine import Skipped, cache, expect


MODULES = {
    "linux": ("configfs", "tsm_report", "sev-guest"),
    "linux-6.12": ("gf128mul", "ghash-generic", "crypto_null", "gcm", "configfs", "tsm",
                   "sev-guest"),
}


class Guest:
    """Linux that loads sev-guest and prints reports and keys."""

    def __init__(self, machine, *options, vcpus=1, firmware="OVMF.fd", part="linux"):
        initrd = images.Initrd(machine, "root", images.GUEST)
        for module in MODULES[part]:
            initrd.add_module(module, part)
        initrd.add(os.path.join(machine.build, "tests", "qemu", "guest_report"), "bin/report")
        self.vcpus, self.initrd, self.kernel = vcpus, initrd.write(), images.kernel(part)
        self.firmware = (os.path.join(machine.build, "shim", "shim.rom") if firmware == "shim" else
                         cache("guest", "usr", "share", "ovmf", firmware))
        self.append = "console=ttyS0 cvmem_test=report"
        self.boot = machine.boot(
            "--platform", "snp", "--vcpus", str(vcpus), "--firmware", self.firmware, "--kernel",
            self.kernel, "--initrd", self.initrd, "--append", self.append, *options)
        if "attestation_key" not in self.boot.run:
            raise Skipped("the plugin is built without attestation")

    def measurement(self, report):
        """What the guest must have been measured to be, from its files and its report's CPU."""
        files = []
        for path in self.firmware, self.kernel, self.initrd:
            with open(path, "rb") as file:
                files.append(file.read())
        fms = ((report.family - 0xF) << 20 | (report.model >> 4) << 16 | 0xF00 |
               (report.model & 0xF) << 4 | report.stepping)
        return snp_measure.measure(*files, self.append, self.vcpus, fms)


def line(boot, what):
    """errno and bytes of a line that the guest has printed."""
    found = re.search(rf"cvmem: {what} (\w+) ([0-9a-f]+)\r?$", boot.console, re.MULTILINE)
    expect(found, f"the guest has printed no {what}")
    return found.group(1), bytes.fromhex(found.group(2))


def report(boot, what, data, vmpl):
    """A report that the key of this machine has signed, about this guest."""
    error, response = line(boot, what)
    expect(error in ("0", "sev_guest"), f"{what}: errno {error}")
    if error == "0":
        expect(response[:4] == bytes(4), f"{what}: status {response[:4].hex()}")
        response = response[32:]
    found = snp_report.Report(response[:snp_report.SIZE])
    key = boot.run["attestation_key"]
    expect(found.is_signed_by((int(key["x"], 16), int(key["y"], 16))), f"{what}: not signed")
    expect(found.version == 3 and found.policy == 0x30000, f"{what}: version or policy")
    expect(found.report_data == data * 64, f"{what}: not the guest's data")
    expect(found.vmpl == vmpl, f"{what}: VMPL {found.vmpl}")
    expect(any(found.report_id), f"{what}: no report ID")
    return found


# ARK, ASK and VCEK: GHCB specification 2.03, 4.1.8.
CERTIFICATES = ("c0b406a4-a803-4952-9743-3fb6014cd0ae", "4ab7b379-bbac-4fe4-a02f-05aef327c782",
                "63da758d-e664-4564-adc5-f4b93be8accd")


def expect_certificates(boot):
    """A table of them, the last for the key that signs reports."""
    error, table = line(boot, "certificates")
    found = {}
    for at in range(0, len(table), 24):
        guid, offset, size = struct.unpack_from("<16sII", table, at)
        if not any(table[at:at + 24]):
            break
        found[str(uuid.UUID(bytes=guid))] = table[offset:offset + size]
    expect(error == "0" and tuple(found) == CERTIFICATES, f"certificates: {', '.join(found)}")
    key = boot.run["attestation_key"]
    expect(bytes.fromhex("04" + key["x"] + key["y"]) in found[CERTIFICATES[-1]],
           "the last is not for the key that signs")


def says_what_it_should(guest, vmpl):
    boot = guest.boot
    reports = [
        report(boot, f"report vmpl {vmpl} data 5a", b"\x5a", vmpl),
        report(boot, "report vmpl 3 data a5", b"\xa5", 3),
        report(boot, "extended report", b"\x7e", vmpl),
        report(boot, f"report vmpl {vmpl} data 11", b"\x11", vmpl),
        report(boot, "configfs", b"w", vmpl),
    ]
    expect(len({(found.report_id, found.measurement) for found in reports}) == 1,
           "the reports are not of one guest")
    expect(reports[0].measurement == guest.measurement(reports[0]), "the guest was measured wrong")
    error, refused = line(boot, "report vmpl 4 data 00")
    expect(error == "0" and refused == b"\x16" + bytes(32 + 1184 - 1), "VMPL 4 was not refused")
    expect_certificates(boot)


def attested(machine, *more, vmpl=0, **options):
    guest = Guest(machine, *more, **options)
    boot = guest.boot
    boot.is_clean()
    boot.says("Memory Encryption Features active: .*SEV-SNP", "cvmem: done", f"cvmem: VMPL {vmpl}\\b")
    says_what_it_should(guest, vmpl)
    keys = [line(boot, what) for what in ("key", "same key", "key by measurement")]
    expect(all(error == "0" and not any(key[:32]) for error, key in keys), "no keys")
    expect(keys[0] == keys[1] and keys[0] != keys[2], "the keys are not those asked for")
    expect(boot.run["exits"]["guest_request"] > 4, "the requests are not in the report")
    expect(boot.run["exits"]["extended_guest_request"] > 0, "nor is the extended one")
    return boot


def attestation(machine):
    """By this project's firmware, which the measurement covers, and what it boots."""
    attested(machine, firmware="shim").says("all as measured")


def attestation_hashes(machine):
    """Firmware that boots no kernel whose hash is not in its table."""
    attested(machine, vcpus=2, firmware="OVMF.amdsev.fd")


def attestation_vmpl_2(machine):
    """By the key of VMPL 2: those before it are the SVSM's."""
    attested(machine, "--vmpl", "2", vmpl=2)


def attestation_linux_6_12(machine):
    attested(machine, vcpus=2, part="linux-6.12")


CASES = [attestation, attestation_hashes, attestation_vmpl_2]
MORE = [attestation_linux_6_12]
