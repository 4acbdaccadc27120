# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads and verifies Arm CCA attestation tokens, with nothing but the specifications: RFC 8949
(CBOR), RFC 9052 and 9053 (COSE), and the RMM specification 1.0, A7.2.3."""

import hashlib
import struct

from snp_report import ecdsa_verify

TAG_TOKEN, TAG_SIGN1 = 399, 18
PLATFORM, REALM = 44234, 44241
ES384 = -35


class Tag:
    """A tagged item."""

    def __init__(self, number, value):
        self.number, self.value = number, value


class Reader:
    """CBOR of definite length, with heads in their shortest form."""

    def __init__(self, data):
        self.data, self.at = bytes(data), 0

    def take(self, size):
        if size > len(self.data) - self.at:
            raise ValueError("CBOR ends too early")
        self.at += size
        return self.data[self.at - size:self.at]

    def head(self):
        first = self.take(1)[0]
        major, low = first >> 5, first & 31
        if low < 24:
            return major, low
        if low > 27:
            raise ValueError(f"head {first:#x}")
        value = int.from_bytes(self.take(1 << (low - 24)), "big")
        if value < (24 if low == 24 else 1 << (8 << (low - 25))):
            raise ValueError(f"{value} is not in its shortest form")
        return major, value

    def item(self):
        major, value = self.head()
        if major == 0:
            return value
        if major == 1:
            return -1 - value
        if major == 2:
            return self.take(value)
        if major == 3:
            return self.take(value).decode()
        if major == 4:
            return [self.item() for _ in range(value)]
        if major == 5:
            pairs = [(self.item(), self.item()) for _ in range(value)]
            if len(dict(pairs)) != len(pairs):
                raise ValueError("a key is there twice")
            return dict(pairs)
        if major == 6:
            return Tag(value, self.item())
        raise ValueError(f"major type {major}")


def decode(data):
    """The one item that the bytes are."""
    reader = Reader(data)
    found = reader.item()
    if reader.at != len(data):
        raise ValueError(f"{len(data) - reader.at} bytes behind the item")
    return found


def byte_string(data):
    """Its encoding."""
    if len(data) < 24:
        return bytes([0x40 | len(data)]) + data
    if len(data) < 256:
        return bytes([0x58, len(data)]) + data
    return struct.pack(">BH", 0x59, len(data)) + data


class Signed:
    """A COSE_Sign1 that is tagged, with ES384."""

    def __init__(self, data):
        tag = decode(data)
        if tag.number != TAG_SIGN1:
            raise ValueError(f"tag {tag.number}")
        self.protected, self.unprotected, self.payload, self.signature = tag.value
        self.claims = decode(self.payload)

    def is_signed_by(self, key):
        """key: (x, y)."""
        if decode(self.protected) != {1: ES384} or len(self.signature) != 96:
            return False
        data = (b"\x84\x6aSignature1" + byte_string(self.protected) + byte_string(b"") +
                byte_string(self.payload))
        return ecdsa_verify(key, data, int.from_bytes(self.signature[:48], "big"),
                            int.from_bytes(self.signature[48:], "big"))


class Token:
    """What a Realm is given."""

    def __init__(self, data):
        tag = decode(data)
        if tag.number != TAG_TOKEN or set(tag.value) != {PLATFORM, REALM}:
            raise ValueError("no CCA token")
        self.platform, self.realm = Signed(tag.value[PLATFORM]), Signed(tag.value[REALM])

    def verify(self, key):
        """What is wrong with it, or None: the platform's token must be signed by the key, (x, y),
        and the Realm's by the key that both tokens name."""
        if not self.platform.is_signed_by(key):
            return "the platform token is not signed"
        named = self.realm.claims[44237]
        if self.realm.claims[44240] != "sha-256":
            return "another hash of the Realm's key"
        if self.platform.claims[10] != hashlib.sha256(named).digest():
            return "the platform token is for another Realm key"
        cose_key = decode(named)
        if cose_key.get(1) != 2 or cose_key.get(-1) != 2:
            return "the Realm's key is not on P-384"
        if not self.realm.is_signed_by(tuple(int.from_bytes(cose_key[at], "big")
                                             for at in (-2, -3))):
            return "the Realm token is not signed"
        return self.wrong_claims(key)

    def wrong_claims(self, key):
        """The claims that must be there, and their types and sizes; of no more, and of an emulator."""
        realm, platform = self.realm.claims, self.platform.claims
        if set(realm) != {10, 265, 44235, 44236, 44237, 44238, 44239, 44240}:
            return f"the Realm's claims are {sorted(realm)}"
        if set(platform) != {10, 256, 265, 2395, 2396, 2399, 2401, 2402}:
            return f"the platform's claims are {sorted(platform)}"
        if (realm[265], platform[265]) != ("tag:arm.com,2023:realm#1.0.0",
                                           "tag:arm.com,2023:cca_platform#1.0.0"):
            return "other profiles"
        if (realm[44236], platform[2402]) != ("sha-256", "sha-256"):
            return "other hashes"
        sizes = [len(realm[10]), len(realm[44235]), len(realm[44238]), *map(len, realm[44239])]
        if sizes != [64, 64, 32, 32, 32, 32, 32]:
            return f"the Realm's claims have {sizes} bytes"
        point = b"".join(part.to_bytes(48, "big") for part in key)
        if platform[256] != b"\x01" + hashlib.sha256(point).digest():
            return "the instance is not that key's"
        if platform[2396] != b"cvmem emulator, no CCA hardware!" or platform[2395] != 0:
            return "the platform does not say that it is an emulator"
        (component,) = platform[2399]
        if (set(component) != {1, 2, 4, 5} or "emulator" not in component[1] or
                component[2] != bytes(32) or component[5] != bytes(32)):
            return "its component does not say so"
        return None
