# SPDX-License-Identifier: GPL-2.0-or-later
"""The measurement that an SNP guest launched by QEMU must have, computed from its files: SEV-SNP
firmware ABI 1.56, 8.17.2; AMD APM volume 2, tables 14-1 and B-4."""

import hashlib
import struct
import uuid

PAGE = 4096
NORMAL, VMSA, ZERO, SECRETS, CPUID = 1, 2, 3, 5, 6
SEC_MEM, SEC_SECRETS, SEC_CPUID, SEC_CAA, SEC_HASHES = 1, 2, 3, 4, 0x10
FIRST_IP = 0xFFFFFFF0


def footer(firmware):
    """The entries of the table at a firmware's end, by GUID."""
    end = len(firmware) - 32 - 18
    left = struct.unpack_from("<H", firmware, end)[0] - 18
    entries = {}
    while left >= 18:
        length = struct.unpack_from("<H", firmware, end - 18)[0]
        guid = uuid.UUID(bytes_le=firmware[end - 16:end])
        entries[str(guid)] = firmware[end - length:end - 18]
        end -= length
        left -= length
    return entries


def hash_table(kernel, initrd, append):
    """The GUIDed table of SHA-256 hashes."""
    entries = b""
    for guid, data in (("97d02dd8-bd20-4c94-aa78-e7714d36ab2a", append.encode() + b"\0"),
                       ("44baf731-3a2f-4bd7-9af1-41e29169781d", initrd),
                       ("4de79437-abd2-427f-b835-d5b172d2045b", kernel)):
        entries += uuid.UUID(guid).bytes_le + struct.pack("<H", 50) + hashlib.sha256(data).digest()
    guid = uuid.UUID("9438d606-4f22-4cc9-b479-a793d411fd21")
    return (guid.bytes_le + struct.pack("<H", 18 + len(entries)) + entries).ljust(176, b"\0")


def vmsa(ip, fms):
    """The state a vCPU starts with."""
    page = bytearray(PAGE)
    attributes = (0x93, 0x9B, 0x93, 0x93, 0x93, 0x93, 0, 0x82, 0, 0x8B)
    for i, attribute in enumerate(attributes):
        struct.pack_into("<HHIQ", page, 16 * i, 0, attribute, 0xFFFF, 0)
    struct.pack_into("<HHIQ", page, 16, 0xF000, 0x9B, 0xFFFF, ip & 0xFFFF0000)
    for offset, value in ((0xD0, 0x1000), (0x148, 0x40), (0x158, 0x10), (0x160, 0x400),
                          (0x168, 0xFFFF0FF0), (0x170, 2), (0x178, ip & 0xFFFF),
                          (0x268, 0x7040600070406), (0x310, fms), (0x3B0, 1), (0x3E8, 1)):
        struct.pack_into("<Q", page, offset, value)
    return bytes(page)


class Digest:
    """A launch digest while it grows."""

    def __init__(self):
        self.value = bytes(48)

    def add(self, kind, gpa, page=None):
        content = hashlib.sha384(page).digest() if page else bytes(48)
        info = self.value + content + struct.pack("<HBBBBBBQ", 0x70, kind, 0, 0, 0, 0, 0, gpa)
        self.value = hashlib.sha384(info).digest()

    def add_content(self, gpa, data):
        for i in range(0, len(data), PAGE):
            self.add(NORMAL, gpa + i, data[i:i + PAGE])


def measure(firmware, kernel, initrd, append, vcpus, fms):
    """The digest of a guest that boots this kernel directly; all but append and numbers: bytes."""
    entries, digest = footer(firmware), Digest()
    digest.add_content((1 << 32) - len(firmware), firmware)
    at = len(firmware) - struct.unpack("<I", entries["dc886566-984a-4798-a75e-5585a7bf67cc"])[0]
    table = struct.unpack("<II", entries["7255371f-3a3b-4b04-927b-1da6efa8d454"])[0]
    for i in range(struct.unpack_from("<I", firmware, at + 12)[0]):
        gpa, size, kind = struct.unpack_from("<III", firmware, at + 16 + 12 * i)
        if kind == SEC_HASHES:
            hashes = hash_table(kernel, initrd, append)
            digest.add_content(gpa, (bytes(table - gpa) + hashes).ljust(size, b"\0"))
            continue
        for page in range(gpa, gpa + size, PAGE):
            digest.add({SEC_SECRETS: SECRETS, SEC_CPUID: CPUID}.get(kind, ZERO), page)
    reset = struct.unpack("<I", entries["00f771de-1a7e-4fcb-890e-68c77e2fb44e"])[0]
    for i in range(vcpus):
        digest.add(VMSA, 0xFFFFFFFFF000, vmsa(reset if i else FIRST_IP, fms))
    return digest.value
