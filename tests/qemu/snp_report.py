# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads and verifies SEV-SNP attestation reports, with nothing but the specifications: SEV-SNP
firmware ABI 1.56, table "ATTESTATION_REPORT"; FIPS 186-4 for ECDSA."""

import hashlib
import struct

# P-384: SEC 2, section 2.5.1.
P = 2**384 - 2**128 - 2**96 + 2**32 - 1
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973
B = 0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF
G = (0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
     0x3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F)

SIZE = 1184
SIGNED = 0x2A0


def on_curve(point):
    x, y = point
    return 0 <= x < P and 0 <= y < P and (y * y - (x * x * x - 3 * x + B)) % P == 0


def add(a, b):
    """Sum of two points; None is the point at infinity."""
    if a is None:
        return b
    if b is None:
        return a
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return None
        slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, P)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def multiply(factor, point):
    result = None
    while factor:
        if factor & 1:
            result = add(result, point)
        point = add(point, point)
        factor >>= 1
    return result


def ecdsa_verify(key, data, r, s):
    """Whether (r, s) is key's signature of SHA-384 of the data."""
    if not on_curve(key) or not 0 < r < N or not 0 < s < N:
        return False
    digest = int.from_bytes(hashlib.sha384(data).digest(), "big")
    inverse = pow(s, -1, N)
    point = add(multiply(digest * inverse % N, G), multiply(r * inverse % N, key))
    return point is not None and point[0] % N == r


class Report:
    """A report's fields."""

    def __init__(self, data):
        if len(data) != SIZE:
            raise ValueError(f"a report of {len(data)} bytes")
        self.data = bytes(data)
        self.version, self.guest_svn, self.policy = struct.unpack_from("<IIQ", data, 0)
        self.vmpl, self.algorithm = struct.unpack_from("<II", data, 0x30)
        self.report_data = self.data[0x50:0x90]
        self.measurement = self.data[0x90:0xC0]
        self.host_data = self.data[0xC0:0xE0]
        self.report_id = self.data[0x140:0x160]
        self.family, self.model, self.stepping = data[0x188:0x18B]
        self.chip_id = self.data[0x1A0:0x1E0]
        self.r = int.from_bytes(data[0x2A0:0x2E8], "little")
        self.s = int.from_bytes(data[0x2E8:0x330], "little")
        self.reserved = self.data[0x330:]

    def is_signed_by(self, key):
        """key: (x, y)."""
        return self.algorithm == 1 and ecdsa_verify(key, self.data[:SIGNED], self.r, self.s)
