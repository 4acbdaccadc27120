#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_volume.py FW-DUMP

Firmware volumes: what is in them is found however it is packed and nested; what the drivers show is
judged; and broken or hostile ones end in a lint, in bounded time and memory."""

import struct

import fw_case
from fw_images import (APPLICATION, ARM64, BOUND, EARLY, UNACCEPTED, BROTLI, CORE, CRC32, DRIVER, DXE_CORE, FFS3, IA32, LZMA, LZMA_X86, MAIN,
                       MEMORY_ACCEPT, OTHER, PEIM, PVALIDATE, SEC, SEV_ACCEPTANCE, TDCALL, TDX_DXE, TIANO, VOLUME, X64,
                       brotli, drivers, ffs, good_sev, guid, guided, image, lzma_alone, lzma_x86, main_volume,
                       module, name, padded, pe32, section, sections, stored, te, type_table, volume, tiano)

ALL_OF_THEM = {"tdx": "below-4g", "snp": "below-4g-or-all", "type_15": "yes"}


def files_named(found):
    return [driver["name"] for driver in found["volumes"]["drivers"]]


class Judged(fw_case.Case):
    """What the drivers show, and what follows from it."""

    def judged(self, *names, early=EARLY, **made):
        answers = {key: made.pop(key + "_is") for key in ("tdx", "snp", "type_15") if key + "_is" in made}
        return self.expect(image(main=main_volume(drivers(**made)), early=early), *names, **answers)

    def test_all(self):
        found = self.judged(tdx_is="below-4g", snp_is="below-4g-or-all", type_15_is="yes")
        shown = {driver["name"]: driver.get("shows") for driver in found["volumes"]["drivers"]}
        self.assertEqual(shown, {
            "DxeCore": ["type-15"], "TdxDxe": ["memory-accept-guid", "tdcall"],
            "AmdSevDxe": ["memory-accept-guid", "sev-acceptance-guid"], "FatDxe": None,
            "SecMain": ["tdcall", "pvalidate", "4g-bound"]})

    def test_eager(self):
        self.judged(tdx="", sev=(), tdx_is="all", snp_is="all")

    def test_bound(self):
        """The bound as compilers write it; without one near the comparison nothing is known."""
        imm64 = b"\x49\xba" + struct.pack("<Q", 1 << 32)
        short = b"\x83\x78\x18\x07"
        stack = b"\x83\x7c\x24\x18\x07"
        for code in (UNACCEPTED + bytes(2000) + BOUND, BOUND + bytes(2000) + UNACCEPTED, short + imm64,
                     imm64 + stack, UNACCEPTED + b"\x41\xbf\xff\xff\xff\xff"):
            self.judged(early=TDCALL + PVALIDATE + code, tdx_is="below-4g")
        sign_extended = b"\x48" + BOUND
        other = b"\x49\xba" + struct.pack("<Q", 1 << 33)
        for code in (UNACCEPTED + bytes(2100) + BOUND, UNACCEPTED, BOUND, UNACCEPTED + sign_extended,
                     UNACCEPTED + other, b"\x83\x78\x18\x08" + BOUND, b"\x83\x78\x1c\x07" + BOUND,
                     b"\x83\x70\x18\x07" + BOUND, BOUND + UNACCEPTED[:4]):
            self.judged(early=TDCALL + PVALIDATE + code, tdx_is="unknown", snp_is="below-4g-or-all")
        self.judged(early=EARLY.replace(TDCALL, b"1234"), tdx_is="unknown")

    def test_no_negotiation(self):
        self.judged(sev=(MEMORY_ACCEPT,), snp_is="below-4g")

    def test_type_15(self):
        self.judged(last="2022", type_15_is="yes", tdx_is="below-4g")
        self.judged(last=14, type_15_is="no", tdx_is="all", snp_is="all")
        self.judged(last=None, type_15_is="unknown", tdx_is="unknown", snp_is="unknown")

    def test_type_15_only_of_the_core(self):
        files = drivers(last=None) + [module(OTHER, APPLICATION, "Shell", type_table(15))]
        self.expect(image(main=main_volume(files)), type_15="unknown")

    def test_not_a_guest(self):
        found = self.judged("not-tdx", tdx=None, tdx_is="not-a-guest", snp_is="below-4g-or-all")
        self.assertIn("not a TDX firmware", found["lint"][0]["text"])
        found = self.judged("not-snp", sev=None, tdx_is="below-4g", snp_is="not-a-guest")
        self.assertIn("not an SNP firmware", found["lint"][0]["text"])
        self.judged("not-snp", early=EARLY.replace(PVALIDATE, b"1234"), tdx_is="below-4g", snp_is="not-a-guest")

    def test_no_core(self):
        self.expect(image(main=main_volume(drivers()[1:])), tdx="unknown", snp="unknown", type_15="unknown")

    def test_arm(self):
        code = module(OTHER, SEC, "ArmPlatform", machine=ARM64, terse=True)
        data = bytes(0x1000) + volume([code, *drivers(None, None, machine=ARM64)])
        found = self.expect(data, tdx="not-a-guest", snp="not-a-guest", type_15="yes")
        self.assertEqual((found["kind"], found["machine"]), ("image", "AArch64"))
        self.assertIn("lazily on Arm", found["tdx"]["evidence"])

    def test_machine(self):
        self.assertEqual(self.dump(image(machine=IA32))["machine"], "IA-32")


class Found(fw_case.Case):
    """The drivers are found however they are packed and nested."""

    def found(self, main, *names):
        found = self.expect(image(main=main), *names, **ALL_OF_THEM)
        self.assertEqual(files_named(found), ["DxeCore", "TdxDxe", "AmdSevDxe", "FatDxe", "SecMain"])
        return found

    def test_packed(self):
        self.found(main_volume())
        self.found(main_volume(pack=lambda data: guided(BROTLI, brotli(data))))
        self.found(main_volume(pack=lambda data: data))
        self.found(main_volume(pack=lambda data: guided(CRC32, b"\0" * 4 + data, 2)[:16 + 4] +
                               struct.pack("<HH", 28, 2) + b"\0" * 4 + data))
        self.found(main_volume(pack=lambda data: section(3, data)))
        self.found(main_volume(pack=lambda data: section(1, struct.pack("<IB", len(data), 0) + data)))
        self.found(main_volume(pack=lambda data: guided(LZMA, lzma_alone(guided(BROTLI, brotli(data))))))
        self.found(main_volume(pack=lambda data: guided(TIANO, tiano(data))))
        self.found(main_volume(pack=lambda data: section(1, struct.pack("<IB", len(data), 1) + tiano(data, 4))))

    def test_x86_filter(self):
        """Without the filter the calls before the GUIDs, and the GUIDs, would be others."""
        calls = b"".join(b"\xe8" + struct.pack("<i", 0x1000 - at) for at in range(0, 400, 5))
        files = drivers() + [module(OTHER, DRIVER, "Calls", calls + guid(MEMORY_ACCEPT) + b"\xe8\0\0\0")]
        main = main_volume(files, pack=lambda data: guided(LZMA_X86, lzma_x86(data)))
        found = self.expect(image(main=main), **ALL_OF_THEM)
        self.assertEqual(found["volumes"]["drivers"][4]["shows"], ["memory-accept-guid"])
        size = sum(map(len, files))
        self.assertGreater(found["volumes"]["unpacked_bytes"], size)

    def test_large(self):
        files = drivers()
        files.append(ffs(OTHER, DRIVER, sections(section(0x10, pe32(bytes(100)), large=True), name("Big")), large=True))
        found = self.expect(image(main=main_volume(inner=volume(files, form=FFS3))), **ALL_OF_THEM)
        self.assertEqual(found["volumes"]["drivers"][4]["name"], "Big")

    def test_erased_to_zeros(self):
        files = [ffs(DXE_CORE, CORE, sections(section(0x10, pe32(type_table(15))), name("Core")), ones=False)]
        found = self.dump(image(main=main_volume(inner=volume(files, 0x1000, ones=False))))
        self.assertEqual(files_named(found), ["Core", "SecMain"])

    def test_ext_header(self):
        self.found(main_volume(inner=volume(drivers(), ext=b"1234")))

    def test_deleted_file(self):
        gone = ffs(OTHER, DRIVER, sections(section(0x10, pe32()), name("Gone")), state=0x17)
        unfinished = ffs(OTHER, DRIVER, sections(section(0x10, pe32()), name("Unfinished")), state=0x03)
        self.found(main_volume([gone, unfinished, *drivers()]))

    def test_terse_and_early_name(self):
        code = ffs(OTHER, PEIM, sections(name("Peim"), section(0x12, te())))
        found = self.expect(image(main=main_volume([code, *drivers()])), **ALL_OF_THEM)
        self.assertEqual(files_named(found)[0], "Peim")

    def test_name_is_made_safe(self):
        odd = "\u00e4\n\x1b[31m" + "x" * 80
        found = self.dump(image(main=main_volume([module(OTHER, DRIVER, odd), *drivers()])))
        self.assertEqual(files_named(found)[0], ("???[31m" + "x" * 80)[:47])


class Broken(fw_case.Case):
    """What cannot be looked into is named, and answers that could depend on it are unknown."""

    def gap(self, main, *names, tdx="unknown", snp="unknown"):
        found = self.expect(image(main=main), *names, tdx=tdx, snp=snp)
        self.assertGreaterEqual(found["volumes"]["not_looked_into"], 1)
        return found

    def packed(self, pack, lint):
        found = self.gap(main_volume(pack=pack), lint)
        self.assertEqual(found["lint"][0]["level"], "warning")
        return found

    def test_unknown_methods(self):
        self.packed(lambda data: guided(OTHER, data), "packed-unknown")
        self.packed(lambda data: section(1, struct.pack("<IB", len(data), 2) + data), "packed-unknown")

    def test_corrupt(self):
        def flip(stream, at):
            changed = bytearray(stream)
            changed[at] ^= 0xFF
            return bytes(changed)
        self.packed(lambda data: guided(LZMA, flip(lzma_alone(data), 40)), "packed-corrupt")
        self.packed(lambda data: guided(LZMA, lzma_alone(data)[:-20]), "packed-corrupt")
        self.packed(lambda data: guided(LZMA, lzma_alone(data)[:13]), "packed-corrupt")
        self.packed(lambda data: guided(LZMA, b"\xff" + lzma_alone(data)[1:]), "packed-corrupt")
        self.packed(lambda data: guided(LZMA, b"\x2c" + lzma_alone(data)[1:]), "packed-corrupt")
        self.packed(lambda data: guided(LZMA, lzma_alone(data, len(data) + 1)), "packed-corrupt")
        self.packed(lambda data: guided(LZMA, lzma_alone(data, 0)), "packed-corrupt")
        self.packed(lambda data: guided(BROTLI, brotli(data)[:-1]), "packed-corrupt")
        self.packed(lambda data: guided(BROTLI, brotli(data, len(data) - 1)), "packed-corrupt")
        self.packed(lambda data: guided(BROTLI, brotli(data, len(data) + 1)), "packed-corrupt")
        self.packed(lambda data: guided(BROTLI, b""), "packed-corrupt")
        self.packed(lambda data: guided(TIANO, b""), "packed-corrupt")
        self.packed(lambda data: guided(TIANO, tiano(data)[:-400]), "packed-corrupt")
        self.packed(lambda data: guided(TIANO, flip(tiano(data), 11)), "packed-corrupt")
        self.packed(lambda data: section(1, struct.pack("<IB", len(data), 1) + data[:8]), "packed-corrupt")

    def test_bombs(self):
        self.packed(lambda data: guided(LZMA, lzma_alone(data, 1 << 62)), "packed-limit")
        self.packed(lambda data: guided(BROTLI, brotli(data, 1 << 40)), "packed-limit")
        self.packed(lambda data: guided(TIANO, tiano(data)[:4] + b"\xff" * 4 + tiano(data)[8:]), "packed-limit")
        # Each says the truth; together they are too much, and the rest of the file is still read.
        bomb = section(0x19, bytes(100 << 20), large=True)
        inner = volume([ffs(OTHER, VOLUME, guided(LZMA, lzma_alone(bomb))) for _ in range(3)] + drivers())
        content = section(0x17, inner)
        found = self.dump(image(main=volume([ffs(OTHER, VOLUME, content)], 0x20000)))
        self.assertEqual(self.lints(found).count("packed-limit"), 2)
        self.assertLessEqual(found["volumes"]["unpacked_bytes"], 160 << 20)
        self.assertEqual(found["tdx"]["accepts"], "below-4g")

    def test_huge_dictionary(self):
        stream = lzma_alone(section(0x17, volume(drivers())))
        main = volume([ffs(OTHER, VOLUME, guided(LZMA, stream[:1] + b"\xff\xff\xff\xff" + stream[5:]))], MAIN)
        self.expect(image(main=main), **ALL_OF_THEM)

    def test_nested(self):
        inner = volume(drivers())
        for _ in range(30):
            inner = volume([ffs(OTHER, VOLUME, section(0x17, inner))])
        self.gap(volume([ffs(OTHER, VOLUME, section(0x17, inner))], MAIN), "volume-depth")
        content = section(0x17, volume(drivers()))
        for _ in range(30):
            content = guided(LZMA, lzma_alone(content))
        self.gap(volume([ffs(OTHER, VOLUME, content)], MAIN), "volume-depth")

    def test_many(self):
        many = b"".join(section(0x19, b"") for _ in range(30000))
        self.gap(main_volume(inner=volume([ffs(OTHER, VOLUME, many)] + drivers())), "volume-items")
        many = b"".join(section(0x10, b"") for _ in range(3000))
        found = self.dump(image(main=main_volume(inner=volume([ffs(OTHER, DRIVER, many)] + drivers()))))
        self.assertEqual(len(found["volumes"]["drivers"]), 2000)
        self.assertEqual(len(found["lint"]), 48)
        self.assertGreater(found["lint_left_out"], 1000)

        many = b"".join(padded(section(0x10, pe32()), 4) for _ in range(2000))
        inner = volume(drivers() + [ffs(OTHER, DRIVER, many)])
        # The four and SEC make five too many; SEC's, which comes last, is not there to be judged.
        self.gap(main_volume(inner=inner), *["volume-modules"] * 5)

    def test_volume(self):
        self.gap(main_volume(inner=volume(drivers(), form=OTHER)), "volume-format")
        self.gap(main_volume(inner=volume(drivers(), length=0x7FFFFFFF)), "volume-length", "section-volume")
        self.gap(main_volume(inner=volume(drivers(), length=60)), "volume-length", "section-volume")
        broken = bytearray(volume(drivers()))
        broken[50] ^= 1
        self.gap(main_volume(inner=bytes(broken)), "section-volume")
        for length in 40, 54, 0xFFFE:
            short = bytearray(volume(drivers()))
            struct.pack_into("<HH", short, 48, length, 0)
            total = sum(struct.unpack_from(f"<{min(length, 4096) // 2}H", bytes(short) + bytes(4096)))
            struct.pack_into("<H", short, 50, -total & 0xFFFF)
            self.gap(main_volume(inner=bytes(short)), "section-volume")
        far = bytearray(volume(drivers(), ext=b"1234"))
        struct.pack_into("<I", far, 72 + 16, 0x7FFFFFFF)
        self.gap(main_volume(inner=bytes(far)), "volume-header")

    def test_file(self):
        core = module(DXE_CORE, CORE, "DxeCore", type_table(15))
        for size in 0, 23, len(core) + 1, 0xFFFFFF:
            bad = core[:20] + size.to_bytes(3, "little") + core[23:]
            self.gap(main_volume(inner=volume([], body=bad, size=72 + len(bad))), "volume-file")
        large = ffs(DXE_CORE, CORE, section(0x10, pe32()), large=True)
        for size in 0, 31, 1 << 63, (1 << 64) - 1:
            bad = large[:24] + struct.pack("<Q", size) + large[32:]
            self.gap(main_volume(inner=volume([], body=bad, size=72 + len(bad))), "volume-file")

    def test_section(self):
        for size in 0, 3, 200, 0xFFFFFE:
            bad = size.to_bytes(3, "little") + b"\x10" + bytes(60)
            self.gap(main_volume([ffs(OTHER, DRIVER, bad)]), "section-size")
        for size in 0, 7, 100, 0xFFFFFFFF:
            bad = b"\xff\xff\xff\x10" + struct.pack("<I", size) + bytes(60)
            self.gap(main_volume([ffs(OTHER, DRIVER, bad)]), "section-size")
        self.gap(main_volume([ffs(OTHER, DRIVER, section(2, bytes(19)))]), "section-guided")
        for offset in 0, 23, 25 + 8, 0xFFFF:
            bad = section(2, guid(LZMA) + struct.pack("<HH", offset, 1) + bytes(8))
            self.gap(main_volume([ffs(OTHER, DRIVER, bad)]), "section-guided")
        self.gap(main_volume([ffs(OTHER, DRIVER, section(1, bytes(4)))]), "section-compressed")

    def test_places(self):
        """Lints name the place in the file; within a packed section, the place of its packed data."""
        bad = (3).to_bytes(3, "little") + b"\x10" + bytes(60)
        data = image(main=main_volume(pack=lambda _: section(0x19, b"1234") + bad))
        found = self.expect(data, "section-size")
        self.assertEqual(found["lint"][0]["offset"], data.index(bad))
        broken = ffs(OTHER, DRIVER, b"")[:20] + b"\xfe\xff\xff\xf8"
        data = image(main=volume([module(OTHER, DRIVER, "Fat"), broken], MAIN))
        found = self.expect(data, "volume-file")
        self.assertEqual(found["lint"][0]["offset"], data.index(broken))
        packed = lzma_alone(sections(bad))
        twice = lzma_alone(guided(LZMA, packed))
        for content in packed, twice:
            data = image(main=main_volume(pack=lambda _, content=content: guided(LZMA, content)))
            found = self.expect(data, "section-size")
            self.assertEqual(found["lint"][0]["offset"], data.index(content))
            self.assertIn("in the packed section here", found["lint"][0]["text"])
        # Behind a packed section offsets are those of the file again.
        data = image(main=main_volume(pack=lambda data: padded(guided(LZMA, lzma_alone(data)), 4) + bad))
        found = self.dump(data)
        self.assertEqual((self.lints(found), found["lint"][0]["offset"]), (["section-size"], data.index(bad)))

    def test_driver(self):
        for code in b"", b"MZ", b"MZ" + bytes(0x3A) + b"\xff\xff\xff\xff", b"ELF" + bytes(100), b"ZM" + pe32()[2:], \
                pe32()[:0x45], pe32().replace(b"PE", b"NE"):
            bad = ffs(OTHER, DRIVER, sections(section(0x10, code), name("Bad")))
            self.expect(image(main=main_volume([bad, *drivers()])), "module-header", **ALL_OF_THEM)

    def test_gap_does_not_hide_what_was_found(self):
        bad = ffs(OTHER, VOLUME, guided(OTHER, b"1234"))
        found = self.gap(main_volume([bad, *drivers()]), "packed-unknown", tdx="below-4g",
                         snp="below-4g-or-all")
        self.assertEqual(found["memory_type_15"], "yes")
        self.gap(main_volume([bad, *drivers(tdx=None)]), "packed-unknown", tdx="unknown", snp="below-4g-or-all")
        self.gap(main_volume([bad, *drivers(sev=None)]), "packed-unknown", tdx="below-4g")

    def test_truncated_everywhere(self):
        """No prefix or suffix of a good image does more than give lints."""
        data = image()
        for at in range(0, len(data), 331):
            self.dump(data[:at])
            self.dump(data[at:])

    def test_no_firmware(self):
        for data in b"", b"\0", b"_FVH", bytes(40) + b"_FVH", bytes(4096), b"\xff" * 5000, b"MZ" * 500:
            self.assertEqual(self.dump(data)["kind"], "none")
            # The signature alone is enough to be looked at.
            self.assertEqual(self.dump(data)["recognised"], data[40:44] == b"_FVH")
        self.assertEqual(self.dump(stored())["kind"], "variables")
        arm = bytes(0x1000) + volume([])
        for data in image(), stored(), arm, image()[0x1000:], b"IGVM":
            self.assertTrue(self.dump(data)["recognised"])


if __name__ == "__main__":
    fw_case.main()
