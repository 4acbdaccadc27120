# SPDX-License-Identifier: MIT
"""MRTD of a firmware image, by hashlib and from the specifications alone: TDX module base
specification, "MRTD: Build-Time Measurement Register"; TDVF design guide, "TDVF Metadata"."""

import hashlib
import struct
import uuid

TABLE = uuid.UUID("96b582de-1fb2-45f7-baea-a366c55a082d").bytes_le
OFFSET = uuid.UUID("e47a6535-984a-4798-865e-4685a7bf8ec2").bytes_le
FOUR_GIB = 1 << 32


def sections(image):
    """(address, size, whether its content is measured) of the metadata, in its order."""
    end = len(image) - 32
    assert image[end - 16:end] == TABLE
    first = end - struct.unpack_from("<H", image, end - 18)[0]
    at = end - 18
    while at > first:
        size, guid = struct.unpack_from("<H", image, at - 18)[0], image[at - 16:at]
        if guid == OFFSET:
            header = len(image) - struct.unpack_from("<I", image, at - size)[0]
            break
        at -= size
    magic, _, version, count = struct.unpack_from("<4sIII", image, header)
    assert (magic, version) == (b"TDVF", 1)
    for index in range(count):
        _, _, gpa, size, _, attributes = struct.unpack_from("<IIQQII", image,
                                                            header + 16 + 32 * index)
        yield gpa, size, bool(attributes & 1)


def record(name, gpa):
    return (name.ljust(16, b"\0") + struct.pack("<Q", gpa)).ljust(128, b"\0")


def mrtd(image):
    """In hexadecimal. What is measured must lie in the image, which ends at 4 GiB."""
    digest = hashlib.sha384()
    for start, size, measured in sections(image):
        for page in range(start, start + size, 4096):
            digest.update(record(b"MEM.PAGE.ADD", page))
            for chunk in range(page, page + 4096, 256) if measured else ():
                at = len(image) - (FOUR_GIB - chunk)
                digest.update(record(b"MR.EXTEND", chunk) + image[at:at + 256])
    return digest.hexdigest()
