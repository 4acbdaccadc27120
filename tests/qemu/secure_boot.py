# SPDX-License-Identifier: MIT
"""A key of the tests' own: made, enrolled in a firmware image's variables, and used for signing.

Layouts: edk2's AUTHENTICATED_VARIABLE_HEADER; UEFI 2.10, section 32.4.1, signature databases."""

import base64
import re
import struct
import uuid

import images
from machine import expect

STORE = uuid.UUID("aaf32c78-947b-439a-a180-2e144ec37792").bytes_le
DATABASE = uuid.UUID("d719b2cb-3d3a-4596-a3bc-dad00e67656f").bytes_le
X509 = uuid.UUID("a5c059a1-94e4-4aa7-87b5-ab155c2bf072").bytes_le
OWNER = uuid.UUID("5e7ad1f0-4f1c-4d0e-9b0a-000000000001").bytes_le
HEADER = struct.Struct("<HBBIQ16sIII16s")
STORE_HEADER, START, ADDED, DELETED = 28, 0x55aa, 0x3f, 0x02


class Key:
    def __init__(self, machine):
        images.need("openssl", "sbsign")
        self.key, self.certificate = machine.file("key"), machine.file("crt")
        images.run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-batch", "-keyout", self.key,
                   "-x509", "-days", "30", "-subj", "/CN=a test of cvmem/", "-out",
                   self.certificate)

    def sign(self, source, target):
        images.run("sbsign", "--key", self.key, "--cert", self.certificate, "--output", target,
                   source)
        return target

    def der(self):
        with open(self.certificate, encoding="ascii") as file:
            text = re.search("-----BEGIN CERTIFICATE-----(.*)-----END", file.read(), re.DOTALL)
        return base64.b64decode(text.group(1))

    def signature_list(self):
        data = OWNER + self.der()
        return X509 + struct.pack("<III", 28 + len(data), 0, len(data)) + data


def aligned(at):
    return (at + 3) & ~3


def enrol(firmware, key, target):
    """Writes the image with the key's certificate behind those of its variable `db`."""
    with open(firmware, "rb") as file:
        data = bytearray(file.read())
    store = data.find(STORE)
    expect(store >= 0, f"{firmware} has no authenticated variables")
    end = store + struct.unpack_from("<I", data, store + 16)[0]
    at, found = store + STORE_HEADER, None
    while at + HEADER.size <= end:
        fields = HEADER.unpack_from(data, at)
        if fields[0] != START:
            break
        name = at + HEADER.size
        content = name + fields[7]
        if fields[1] == ADDED and fields[9] == DATABASE and \
                data[name:content] == "db\0".encode("utf-16-le"):
            found = at, fields, bytes(data[content:content + fields[8]])
        at = aligned(content + fields[8])
    expect(found, f"{firmware} has no variable db")
    old, fields, lists = found
    lists += key.signature_list()
    new = HEADER.pack(*fields[:8], len(lists), fields[9]) + "db\0".encode("utf-16-le") + lists
    expect(at + len(new) <= end, "the variables are full")
    expect(set(data[at:at + len(new)]) == {0xff}, "what follows the variables is in use")
    data[at:at + len(new)] = new
    data[old + 2] &= ~DELETED
    with open(target, "wb") as file:
        file.write(data)
    return target
