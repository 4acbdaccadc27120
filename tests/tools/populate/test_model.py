#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""cvmem populate --model: what is refused, what is measured, and a guest that boots.

usage: test_model.py CVMEM linux|seed tdx|snp
"""

import hashlib
import json
import struct
import subprocess
import sys

MIB = 1 << 20
PAGE = 4096
# The content of tools/populate/launches.c: page k has k + 1 in all of its bytes.
REGIONS = (8 * MIB, 12 * MIB)
PAGES = 16
NOT_POPULATED = 14 * MIB


def content():
    for start in REGIONS:
        for k in range(PAGES):
            yield start + k * PAGE, bytes([k + 1]) * PAGE


def record(name, gpa):
    """TDX module base specification, "Measurement": 128 bytes before what is extended."""
    return name.ljust(16, b"\0") + struct.pack("<Q", gpa) + bytes(104)


def mrtd():
    sha = hashlib.sha384()
    for gpa, page in content():
        sha.update(record(b"MEM.PAGE.ADD", gpa))
        for at in range(0, PAGE, 256):
            sha.update(record(b"MR.EXTEND", gpa + at) + page[at:at + 256])
    return sha.hexdigest()


def vmsa():
    """AMD APM volume 2, table B-4: the reset state as KVM has it, with the fields of SNP."""
    page = bytearray(PAGE)
    for i, attributes in enumerate((0x93, 0x9b, 0x93, 0x93, 0x93, 0x93, 0, 0x82, 0, 0x8b)):
        struct.pack_into("<HHIQ", page, 16 * i, 0, attributes, 0xffff, 0)
    struct.pack_into("<HHIQ", page, 16, 0xf000, 0x9b, 0xffff, 0xffff0000)
    for at, value in ((0xd0, 0x1000), (0x148, 0x40), (0x158, 0x10), (0x160, 0x400),
                      (0x168, 0xffff0ff0), (0x170, 2), (0x178, 0xfff0), (0x268, 0x7040600070406),
                      (0x3b0, 1), (0x3e8, 1)):
        struct.pack_into("<Q", page, at, value)
    return bytes(page)


def launch_digest(vcpus):
    """SEV-SNP firmware ABI, "PAGE_INFO"."""
    digest = bytes(48)
    pages = [(1, gpa, page) for gpa, page in content()]
    for kind, gpa, page in pages + [(2, 0xfffffffff000, vmsa())] * vcpus:
        info = digest + hashlib.sha384(page).digest() + struct.pack("<HBBIQ", 0x70, kind, 0, 0, gpa)
        digest = hashlib.sha384(info).digest()
    return digest.hex()


def main():
    cvmem, model, platform = sys.argv[1:]
    vcpus = 2
    result = subprocess.run([cvmem, "populate", "--model", model, "--platform", platform,
                             "--memory", "256M", "--vcpus", str(vcpus), "--json"],
                            stdout=subprocess.PIPE, check=True)
    report = json.loads(result.stdout)
    assert report["maps_before_launch"] == (model == "seed")
    refused = NOT_POPULATED if (model, platform) == ("seed", "tdx") else None
    assert report["refused_at"] == refused, report["refused_at"]
    assert report["measurement"] == (mrtd() if platform == "tdx" else launch_digest(vcpus))
    assert report["same_if_populated_otherwise"] and not report["same_if_added_otherwise"]
    nothing, populated = report["boots"]
    assert nothing["ok"] and populated["ok"]
    assert nothing["double_accepts"] == populated["double_accepts"] == 0
    assert nothing["fault_exits"] >= nothing["accepted_bytes"] // PAGE > 4096
    assert populated["fault_exits"] == 0
    text = subprocess.run([cvmem, "populate", "--model", model, "--platform", platform,
                           "--memory", "256M"], stdout=subprocess.PIPE, check=True).stdout.decode()
    assert "content added in another order: another" in text
    wrong = subprocess.run([cvmem, "populate", "--model", model, "--advise"],
                           stderr=subprocess.DEVNULL, check=False).returncode
    assert wrong == 64, wrong


main()
