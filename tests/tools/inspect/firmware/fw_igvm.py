# SPDX-License-Identifier: MIT
"""IGVM files, made from the definitions of the format (igvm_defs); in a good one nothing is wrong."""

import struct
import zlib

VSM, SNP, TDX = 1, 2, 3


def header(kind, body):
    data = struct.pack("<II", kind, len(body)) + body
    return data + bytes(-len(data) % 8)


def platform(kind, mask, vtl=0, boundary=0):
    return header(1, struct.pack("<IBBHQ", mask, vtl, kind, 1, boundary))


def page(gpa, mask, offset=0, flags=0, kind=0):
    return header(0x302, struct.pack("<QIIIHH", gpa, mask, offset, flags, kind, 0))


def context(gpa, mask, offset=0, vp=0):
    return header(0x304, struct.pack("<QIIHH", gpa, mask, offset, vp, 0))


def required(gpa, mask, size):
    return header(0x305, struct.pack("<QIIII", gpa, mask, size, 0, 0))


def area(size, index, offset=0):
    return header(0x301, struct.pack("<QII", size, index, offset))


def good_headers():
    """TDX by bit 0, SNP by bit 1; three pages for both, two more and a vCPU for SNP."""
    return [
        platform(TDX, 1), platform(SNP, 2, vtl=2, boundary=1 << 46),
        header(0x101, struct.pack("<QII", 0x30000, 2, 0)),
        page(0x100000, 3), page(0x101000, 3, flags=2), page(0x200000, 3, flags=1),
        page(0x102000, 2, kind=1), page(0x103000, 2, kind=2),
        context(0x104000, 2), required(0x400000, 3, 0x200000),
        area(0x1000, 0), header(0x30C, struct.pack("<II", 0, 0)), header(0x303, struct.pack("<QII", 0x105000, 3, 0)),
        header(0x80000399, b"a loader may ignore this"),
    ]


def igvm(headers=None, content=b"", version=1, size=None, checksum=None, offset=None, length=None, magic=b"IGVM"):
    body = b"".join(good_headers() if headers is None else headers)
    start = 24 if version < 2 else 32
    total = start + len(body) + len(content) if size is None else size
    fixed = magic + struct.pack("<IIIII", version, start if offset is None else offset,
                                len(body) if length is None else length, total, 0)
    if version >= 2:
        fixed += struct.pack("<II", 0, 4096)
    right = zlib.crc32(fixed + body)
    fixed = fixed[:20] + struct.pack("<I", right if checksum is None else checksum) + fixed[24:]
    return fixed + body + content
