#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_metadata.py FW-DUMP

The metadata that hosts read, right and broken in every way that the lint knows."""

import struct

import fw_case
from fw_images import (FOUR_G, OTHER, PAGE, SEV_ES_RESET, SEV_OFFSET, SIZE, START, TDVF_OFFSET, VARS, asev, good_sev,
                       good_tdvf, image, main_volume, metadata, stored, table, tdvf)

DATA, RAW, GPA, MEM, TYPE, ATTR = range(6)
FIELD = {DATA: 0, RAW: 4, GPA: 8, MEM: 16, TYPE: 24, ATTR: 28}


class Good(fw_case.Case):
    def test_nothing_is_wrong(self):
        data = image()
        found = self.expect(data, tdx="below-4g", snp="below-4g-or-all", type_15="yes")
        self.assertEqual((found["kind"], found["machine"]), ("image", "x86-64"))
        at = data.index(b"TDVF")
        self.assertEqual((found["tdvf"]["offset"], found["tdvf"]["usable"]), (at, True))
        self.assertEqual([(s["file_offset"], s["file_size"], s["address"], s["size"], s["type_number"],
                           int(s["measured"])) for s in found["tdvf"]["sections"]], good_tdvf())
        self.assertEqual([(s["address"], s["size"], s["type_number"]) for s in found["sev"]["sections"]],
                         good_sev())
        self.assertTrue(found["sev"]["usable"])
        self.assertEqual((found["sev"]["hashes_address"], found["sev"]["hashes_size"]), (0x810000, 0x400))
        self.assertEqual(found["sev"]["es_reset"], 0x80B004)
        self.assertEqual([entry["guid"] for entry in found["guid_table"]][-1], TDVF_OFFSET)
        self.assertEqual(len(found["guid_table"]), 4)

    def test_legacy_offset(self):
        data = bytearray(image(tail=metadata(sev=b"")))
        at = data.index(b"TDVF")
        place = data.rindex(bytes.fromhex("35657ae4"))
        data[place] ^= 1
        struct.pack_into("<I", data, len(data) - 0x20, at)
        found = self.expect(bytes(data), tdx="below-4g", snp="not-a-guest")
        self.assertEqual((found["tdvf"]["offset"], found["tdvf"]["legacy_offset"]), (at, True))
        # Known by the metadata alone, without a table or a volume at the begin.
        bare = b"\0" * 64 + tdvf(good_tdvf()) + struct.pack("<I", 80) + bytes(28)
        self.assertTrue(self.dump(bare)["recognised"])
        struct.pack_into("<I", data, len(data) - 0x20, at + 1)
        self.expect(bytes(data), tdx="not-a-guest")

    def test_igvm_parameters(self):
        entries = [(0x812000, PAGE, 0x100), (0, 192, 0x101), (192, 16, 0x102), (0x813000, PAGE, 0x200)]
        listed = asev(entries, signature=b"IGVM")
        more = [("784fa70e-3176-4677-8a20-04b68699e374", struct.pack("<I", START))]
        data = bytearray(image(more=more))
        room = data.index(b"\0" * 200, SIZE - START)
        data[room:room + len(listed)] = listed
        place = data.rindex(struct.pack("<IH", START, 22))
        struct.pack_into("<I", data, place, len(data) - room)
        found = self.expect(bytes(data))
        self.assertEqual([(s["address"], s["size"], s["type_number"])
                          for s in found["sev"]["igvm_parameters"]], entries)


class Table(fw_case.Case):
    def test_length(self):
        for total in 0, 17:
            self.expect(image(total=total), "table-length", tdx="not-a-guest", snp="not-a-guest")
        # Beyond the file, and beyond the entries, which are read.
        self.expect(image(total=0xFFFF), "table-length")
        self.expect(image(total=START), "table-entry", tdx="below-4g", snp="below-4g-or-all")

    def test_entry(self):
        self.expect(image(tail=metadata(more=[(OTHER, b"12")], total=18 + 10)), "table-entry")
        data = bytearray(image())
        place = data.rindex(bytes.fromhex("de71f700")) - 2
        for length in 0, 17, 0x7FFF:
            struct.pack_into("<H", data, place, length)
            found = self.expect(bytes(data), "table-entry", tdx="not-a-guest")
            self.assertEqual(found["guid_table"], [])

    def test_no_entries(self):
        tail = table([])
        found = self.expect(image(tail=b"\0" * (-len(tail) % 8) + tail), tdx="not-a-guest", snp="not-a-guest")
        self.assertEqual(found["guid_table"], [])
        tail = table([(OTHER, b"")])
        found = self.expect(image(tail=b"\0" * (-len(tail) % 8) + tail), tdx="not-a-guest", snp="not-a-guest")
        self.assertEqual([(entry["guid"], entry["bytes"]) for entry in found["guid_table"]], [(OTHER, 0)])

    def test_too_many(self):
        more = [(f"{n:08x}-0000-0000-0000-000000000000", b"") for n in range(1, 40)]
        found = self.dump(image(more=more))
        self.assertIn("table-entries", self.lints(found))
        self.assertEqual(len(found["guid_table"]), 32)

    def test_twice(self):
        self.expect(image(more=[(SEV_ES_RESET, b"\0\0\0\0")]), "table-twice")

    def test_data(self):
        tail = table([(TDVF_OFFSET, b"12345")])
        self.expect(image(tail=b"\0" * (-len(tail) % 8) + tail), "table-data", tdx="not-a-guest")

    def test_distance(self):
        for distance in 0, SIZE + 1, 0xFFFFFFFF:
            tail = table([(TDVF_OFFSET, struct.pack("<I", distance))])
            self.expect(image(tail=b"\0" * (-len(tail) % 8) + tail), "table-distance", tdx="not-a-guest")


class Tdvf(fw_case.Case):
    def broken(self, section, field, value, *names, usable=False):
        """One field of the right metadata changed: these lints, the first at that field."""
        entries = [list(entry) for entry in good_tdvf()]
        entries[section][field] = value
        data = image(td=tdvf(entries))
        found = self.expect(data, *names)
        at = data.index(b"TDVF") + 16 + 32 * section + FIELD[field]
        self.assertEqual(found["lint"][0]["offset"], at, found["lint"])
        self.assertIn(f"section {section} (", found["lint"][0]["text"])
        self.assertEqual(found["tdvf"]["usable"], usable)
        return found

    def test_section(self):
        self.broken(2, GPA, 0x80B001, "tdvf-address")
        self.broken(2, MEM, 0x1FFF, "tdvf-size")
        self.broken(2, MEM, 0, "tdvf-empty")
        self.broken(2, MEM, (1 << 64) - PAGE, "tdvf-wraps")
        self.broken(0, RAW, 0, "tdvf-no-content")
        self.broken(1, RAW, 0, "tdvf-no-content")
        self.broken(1, RAW, VARS + 1, "tdvf-raw-size")
        self.broken(2, RAW, 1, "tdvf-content")
        self.broken(3, RAW, 1, "tdvf-content")
        self.broken(2, TYPE, 7, "tdvf-type")
        self.broken(2, TYPE, 4, "tdvf-type-payload", usable=True)
        self.broken(2, ATTR, 4, "tdvf-attributes", usable=True)
        self.broken(0, ATTR, 0, "tdvf-not-measured", usable=True)
        self.broken(1, DATA, SIZE - VARS + 1, "tdvf-outside-file")
        self.broken(1, DATA, 0xFFFFFFFF, "tdvf-outside-file")

    def test_more_content_than_the_file_has(self):
        self.broken(0, RAW, 0xFFFFFFFF, "tdvf-raw-size", "tdvf-outside-file")
        self.broken(0, DATA, VARS + 2 * PAGE, "tdvf-outside-file")

    def test_content_ends_with_the_file(self):
        entries = [list(entry) for entry in good_tdvf()]
        entries[1][DATA] = SIZE - VARS
        self.expect(image(td=tdvf(entries)))

    def test_overlap(self):
        found = self.broken(3, GPA, 0x80A000, "tdvf-overlap")
        self.assertIn("overlaps section 2 (TempMem)", found["lint"][0]["text"])
        entries = [list(entry) for entry in good_tdvf()]
        entries[3][GPA] = 0x80D000  # right behind section 2
        self.expect(image(td=tdvf(entries)))

    def test_whole(self):
        good = good_tdvf()
        self.expect(image(td=tdvf(good[1:])), "tdvf-no-bfv")
        self.expect(image(td=tdvf(good[:3] + good[4:])), "tdvf-no-hob")
        self.expect(image(td=tdvf(good + [(0, 0, 0x900000, PAGE, 2, 0)])), "tdvf-two-hobs")
        low = [(*good[0][:2], good[0][2] - 0x10000 - SIZE, *good[0][3:])] + good[1:]
        self.expect(image(td=tdvf(low)), "tdvf-bfv-end")

    def test_header(self):
        good = good_tdvf()
        self.expect(image(td=tdvf(good, version=2)), "tdvf-version")
        self.expect(image(td=tdvf(good, length=16)), "tdvf-length")
        self.expect(image(td=tdvf(good, before=OTHER)), "tdvf-guid")
        found = self.expect(image(td=tdvf(good, signature=b"TDVE")), "tdvf-signature", tdx="not-a-guest")
        self.assertNotIn("tdvf", found)
        found = self.dump(image(td=tdvf(good, count=0x10000000)))
        self.assertEqual(self.lints(found)[:2], ["tdvf-length", "tdvf-count"])
        self.assertFalse(found["tdvf"]["usable"])

    def test_too_many(self):
        many = [(0, 0, 0x1000000 + n * PAGE, PAGE, 3, 0) for n in range(60)]
        found = self.expect(image(td=tdvf(good_tdvf() + many)), "tdvf-count")
        self.assertEqual((len(found["tdvf"]["sections"]), found["tdvf"]["usable"]), (64, False))
        self.expect(image(td=tdvf(good_tdvf() + many[:59])))

    def test_truncated(self):
        """The file ends within the descriptor, which the older way finds from the end of the file."""
        descriptor = tdvf(good_tdvf())[16:]
        for size, sections in (16 + 31, 0), (16 + 32 + 31, 1), (len(descriptor) - 1, 4):
            data = bytearray(stored() + descriptor[:size])
            # The offset lies in the descriptor itself, where it changes fields of the last sections.
            struct.pack_into("<I", data, len(data) - 0x20, len(stored()))
            found = self.dump(bytes(data))
            self.assertIn("tdvf-truncated", self.lints(found))
            self.assertEqual(len(found["tdvf"]["sections"]), sections)
            self.assertFalse(found["tdvf"]["usable"])
        data = stored() + bytes(24) + struct.pack("<I", len(stored()) + 44) + bytes(16) + b"TDVF" + bytes(8)
        self.assertIn("tdvf-truncated", self.lints(self.dump(data)))


class Split(fw_case.Case):
    def test_code(self):
        whole = image()
        code = whole[len(stored()):]
        found = self.expect(code, "split-code")
        self.assertIn(f"ends at 0x{SIZE:x} of a file of 0x{len(code):x}", found["lint"][0]["text"])
        self.assertEqual(found["lint"][0]["offset"], code.index(b"TDVF") + 16)
        self.assertFalse(found["tdvf"]["usable"])
        self.assertEqual(found["volumes"]["with_variables"], 0)

    def test_code_without_tdvf(self):
        code = image(td=b"")[len(stored()):]
        self.assertEqual(self.expect(code, "split-code")["lint"][0]["level"], "note")

    def test_variables(self):
        found = self.expect(stored(), "split-vars")
        self.assertEqual(found["kind"], "variables")
        self.assertNotIn("tdx", found)


class Sev(fw_case.Case):
    def broken(self, section, field, value, *names, **answers):
        entries = [list(entry) for entry in good_sev()]
        entries[section][field] = value
        data = image(sev=asev(entries))
        found = self.expect(data, *names, **answers)
        self.assertEqual(found["lint"][0]["offset"], data.index(b"ASEV") + 16 + 12 * section + 4 * field)
        return found

    def test_section(self):
        address, size, kind = range(3)
        self.broken(0, address, 0x800001, "sev-address")
        self.broken(0, size, 0x8FFF, "sev-size")
        self.broken(0, size, 0, "sev-empty")
        self.broken(3, size, 0, "sev-empty")
        self.broken(3, kind, 5, "sev-type")
        self.broken(3, kind, 0x102, "sev-type")  # of the list for IGVM loaders

    def test_beyond_4g(self):
        entries = good_sev() + [(0xFFFFF000, 0x2000, 1)]
        self.expect(image(sev=asev(entries)), "sev-wraps")
        entries = good_sev() + [(0xFFFFF000, 0x1000, 1)]
        self.expect(image(sev=asev(entries)))

    def test_overlap(self):
        entries = good_sev() + [(0x80E000, 0x1000, 1)]
        self.expect(image(sev=asev(entries)), "sev-overlap")

    def test_page(self):
        entries = [list(entry) for entry in good_sev()]
        entries[2][0], entries[2][1] = 0x820000, 2 * PAGE
        self.expect(image(sev=asev(entries)), "sev-page")

    def test_not_snp(self):
        good = good_sev()
        self.expect(image(sev=asev(good[:2])), "snp-no-cpuid", snp="not-a-guest", tdx="below-4g")
        self.expect(image(sev=asev([good[0], good[2]])), "snp-no-secrets", snp="not-a-guest")
        empty = [good[0], good[1], (0x80E000, 0, 3)]
        found = self.expect(image(sev=asev(empty)), "sev-empty", "snp-no-cpuid", snp="not-a-guest")
        self.assertIn("not an SNP firmware", found["lint"][1]["text"])
        self.assertFalse(found["sev"]["usable"])

    def test_header(self):
        good = good_sev()
        self.expect(image(sev=asev(good, version=0)), "sev-version")
        self.expect(image(sev=asev(good, length=64 - 1)), "sev-length")
        self.expect(image(sev=asev(good, signature=b"ASEW")), "sev-signature", snp="not-a-guest")
        found = self.dump(image(sev=asev(good, count=0xFFFFFFFF)))
        self.assertEqual(self.lints(found)[0], "sev-length")
        self.assertIn("sev-truncated", self.lints(found))

    def test_entries(self):
        self.expect(image(hashes=(0, 0)), "sev-no-hashes")
        self.expect(image(es_reset=None), "sev-no-es-reset")
        self.expect(image(more=[("00f771de-1a7e-4fcb-890e-68c77e2fb44e", b"12")], es_reset=None),
                    "sev-es-reset", "sev-no-es-reset")
        self.expect(image(more=[("7255371f-3a3b-4b04-927b-1da6efa8d454", b"12")], hashes=None), "sev-hashes")

    def test_sev_alone(self):
        found = self.expect(image(td=b""), tdx="not-a-guest", snp="below-4g-or-all")
        self.assertNotIn("tdvf", found)


if __name__ == "__main__":
    fw_case.main()
