#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_igvm.py FW-DUMP

IGVM files: the counts for each platform, and each lint."""

import struct

import fw_case
from fw_igvm import (SNP, TDX, VSM, area, context, good_headers, header, igvm, page, platform, required)


class Igvm(fw_case.Case):
    def test_good(self):
        for version in 1, 2:
            found = self.expect(igvm(version=version))
            self.assertEqual(found["kind"], "igvm")
            self.assertEqual((found["igvm"]["version"], found["igvm"]["headers"]), (version, len(good_headers())))
            self.assertTrue(found["igvm"]["usable"])
            self.assertTrue(found["igvm"]["memory_map"])
            self.assertEqual(found["igvm"]["parameter_areas"], 1)
            tdx, snp = found["igvm"]["platforms"]
            keys = ("platform", "highest_vtl", "shared_boundary", "pages", "unmeasured_pages", "cpuid_pages",
                    "secrets_pages", "vcpu_contexts", "required_bytes")
            self.assertEqual([tdx[key] for key in keys], ["TDX", 0, 0, 3, 1, 0, 0, 0, 0x200000])
            self.assertEqual([snp[key] for key in keys], ["SEV-SNP", 2, 1 << 46, 5, 1, 1, 1, 1, 0x200000])

    def test_vsm(self):
        found = self.expect(igvm([platform(VSM, 4), page(0, 4)]))
        self.assertEqual(found["igvm"]["platforms"][0]["platform"], "VSM")

    def test_fixed_header(self):
        self.expect(b"IGVM" + bytes(19), "igvm-truncated")
        self.expect(igvm(version=3), "igvm-version")
        self.expect(igvm(size=1), "igvm-size")
        self.expect(igvm(checksum=1), "igvm-checksum")
        for offset in 0, 16, 28, 0xFFFFFFF8:
            self.expect(igvm(offset=offset), "igvm-headers")
        self.expect(igvm(length=0x7FFFFFFF), "igvm-headers")

    def test_platforms(self):
        self.expect(igvm([]), "igvm-no-platform")
        self.expect(igvm([platform(TDX, 0), page(0, 1)]), "igvm-mask", "igvm-no-pages")
        self.expect(igvm([platform(TDX, 3), page(0, 1)]), "igvm-mask")
        self.expect(igvm([platform(TDX, 1), platform(VSM, 1), page(0, 1)]), "igvm-mask")
        self.expect(igvm([platform(9, 1), page(0, 1)]), "igvm-platform")
        many = [platform(TDX, 1 << n) for n in range(17)]
        self.expect(igvm(many + [page(0, 0x1FFFF)]), "igvm-platforms")

    def test_pages(self):
        self.expect(igvm([platform(TDX, 1)]), "igvm-no-pages")
        found = self.expect(igvm([platform(TDX, 1), page(0x800, 1)]), "igvm-address")
        self.assertEqual(found["lint"][0]["offset"], 24 + len(platform(TDX, 1)) + 8)
        self.expect(igvm([platform(TDX, 1), page(0x1000, 1, flags=1)]), "igvm-address")
        headers = [platform(TDX, 1), page(0, 1, offset=0x48)]
        size = len(igvm(headers))
        self.assertEqual(size, 0x50)
        self.expect(igvm(headers, b"1"))
        headers[1] = page(0, 1, offset=size)
        self.expect(igvm(headers), "igvm-outside-file")
        self.expect(igvm(headers, b"1"))
        self.expect(igvm([platform(TDX, 1), page(0, 1), area(0x1000, 0, offset=0x7FFFFFFF)]), "igvm-outside-file")

    def test_snp(self):
        rest = [page(0x1000, 1, kind=1), page(0x2000, 1, kind=2)]
        self.expect(igvm([platform(SNP, 1), *rest]))
        self.expect(igvm([platform(SNP, 1), rest[0]]), "igvm-no-cpuid")
        self.expect(igvm([platform(SNP, 1), rest[1]]), "igvm-no-secrets")

    def test_contexts(self):
        self.expect(igvm([platform(TDX, 1), page(0, 1), context(0x1000, 1)]), "igvm-context")
        self.expect(igvm([platform(VSM, 1), page(0, 1), context(0x1001, 1)]), "igvm-address")
        self.expect(igvm([platform(VSM, 1), page(0, 1), context(0, 1, offset=0xFFFF)]), "igvm-outside-file")
        self.expect(igvm([platform(VSM, 1), page(0, 1), required(0x1001, 1, 1)]), "igvm-address")

    def test_headers(self):
        for kind, size in (1, 15), (0x302, 23), (0x304, 19), (0x305, 15), (0x301, 15), (0x101, 15), (0x30C, 7):
            self.expect(igvm([platform(TDX, 1), page(0, 1), header(kind, bytes(size))]), "igvm-header")
        long = struct.pack("<II", 0x399, 0x7FFFFFFF)
        self.expect(igvm([platform(TDX, 1), page(0, 1), long]), "igvm-header")

    def test_truncated_everywhere(self):
        data = igvm(content=bytes(100))
        for size in range(len(data)):
            self.dump(data[:size])


if __name__ == "__main__":
    fw_case.main()
