#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_firmware_image.py CVMEM

What `cvmem inspect` answers for firmware, alone and together with a kernel."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "firmware"))

import fw_images as fw
import inspect_case
import inspect_images as make
from fw_igvm import TDX, igvm, page, platform
from inspect_case import Case

LAZY = "boots, and memory is accepted when it is needed"
EAGER = "boots, but the firmware accepts all memory first"


def firmware(**drivers):
    return fw.image(main=fw.main_volume(fw.drivers(**drivers)))


# cvmem's own firmware has no volumes, and an entry of its own: shim/start.S.
OWN = [("8f4d2c31-6a07-4b9e-a1c8-5d20f7e3946b", bytes(4))]
SHIM = fw.metadata(more=OWN)
NO_SNP = {"sev": fw.asev(fw.good_sev()[:2])}
CODE = fw.image()[len(fw.stored()):]


class Alone(Case):
    def expect(self, image, answers, status, *notes):
        found = self.one(image)
        self.assertEqual((self.answers(found), found["answer"]), (answers, status), found["answers"])
        self.assertEqual(self.notes(found), list(notes))
        return found

    def test_answers(self):
        found = self.expect(fw.image(), "yyyy", "yes")
        self.assertEqual((found["kind"], found["format"]), ("firmware", "TDX and SEV-SNP firmware"))
        self.assertEqual(self.strengths(found, "unaccepted"), ["GUID", "immediate"])
        self.assertEqual(found["details"]["tdx"]["accepts"], "below-4g")
        self.expect(firmware(tdx="", sev=()), "nnyy", "no")
        self.expect(firmware(tdx="", sev=(fw.MEMORY_ACCEPT,)), "ynyy", "yes")
        november_2022 = "snp-accepts-all", "snp-secrets-overwritten", "snp-page-tables"
        self.expect(firmware(sev=()), "ynyy", "yes", *november_2022)
        self.expect(firmware(tdx=None), "yyny", "yes", "not-tdx")
        found = self.expect(fw.image(**NO_SNP), "ynyn", "yes", "snp-no-cpuid")
        self.assertEqual(found["format"], "TDX firmware")
        self.expect(fw.image(td=b"", **NO_SNP), "nnnn", "no", "snp-no-cpuid")

    def test_another_end(self):
        """Cut off or padded, as a download or a tool for flash leaves it: no answer about what it was."""
        image = fw.image()
        for damaged, note, words in (
            (image[:-1], "cut-off", "cut off: 1 bytes are missing at its end"),
            (image[:-32], "cut-off", "32 bytes are missing"),
            (image[: len(fw.stored()) + 4096], "cut-off", "cut off: the volume behind its variables"),
            (image + b"\n", "appended", "1 bytes are appended"),
            (image + b"\xff" * 4096, "appended", "4096 bytes are appended"),
        ):  # fmt: skip
            found = self.one(damaged)
            self.assertEqual((found["answer"], self.notes(found)), ("not readable", [note]))
            self.assertIn(words, found["verdict"])
        # Whatever stands before it, a host begins at the end.
        for whole in bytes(4096) + image, image + image:
            self.assertEqual(self.one(whole)["answer"], "yes")

    def test_errors_in_metadata(self):
        """What no host starts is no guest, whatever its drivers can do."""
        bad = fw.tdvf(fw.good_tdvf(), version=2)
        self.expect(fw.image(td=bad), "yyny", "yes", "tdvf-version")
        self.expect(fw.image(td=bad, **NO_SNP), "nnnn", "no", "tdvf-version", "snp-no-cpuid")
        self.expect(fw.image(sev=fw.asev(fw.good_sev(), version=2)), "yyyn", "yes", "sev-version")
        self.expect(CODE, "yyny", "yes", "split-code")

    def test_before_confidential_guests(self):
        """EDK II 2020.11: no metadata of either platform, and no instruction of theirs; SEV-ES alone."""
        main = fw.main_volume(fw.drivers(tdx=None, sev=None))
        image = fw.image(main=main, td=b"", sev=b"", hashes=None, early=b"")
        found = self.expect(image, "nnnn", "no")
        self.assertEqual(found["format"], "firmware")
        self.assertIn("no firmware for a TDX or SEV-SNP guest", str(found["answers"]["unaccepted"]))

    def built(self, version, secure_boot=True, **more):
        """A whole image of that release; its two platforms lazy, if more does not change that."""
        texts = f"EFI Development Kit II / OVMF\0{version}\0" "09/26/2026\0".encode("utf-16-le")
        files = [*fw.drivers(**more), fw.module(fw.SMBIOS_PLATFORM, fw.DRIVER, "SmbiosPlatformDxe", texts)]
        if secure_boot:
            files.append(fw.module(fw.SECURE_BOOT, fw.DRIVER, "SecureBootConfigDxe"))
        return fw.image(main=fw.main_volume(files))

    def test_known_releases(self):
        found = self.expect(self.built("2025.02-8+deb13u1"), "yyyy", "yes")
        self.assertEqual(found["version"], "2025.02-8+deb13u1")
        # tianocore/edk2#6285: it is terminated as an SEV-SNP guest, if there are variables to copy.
        found = self.expect(self.built("2023.11-1"), "yyyn", "yes", "snp-early-variables")
        self.assertIn("edk2#6285", str(found["answers"]["snp"]))
        self.expect(self.built("edk2-stable202311"), "yyyn", "yes", "snp-early-variables")
        self.expect(self.built("2024.11-1"), "yyyy", "yes")
        self.expect(self.built("2023.11-1", secure_boot=False), "yyyy", "yes")
        self.expect(self.built("unknown"), "yyyy", "yes")
        self.expect(self.built("unknown", secure_boot=False, sev=()), "ynyy", "yes", "snp-accepts-all",
                    "snp-secrets-overwritten", "snp-page-tables")
        # November 2022, by what its drivers can do.
        self.expect(self.built("unknown", sev=()), "ynyn", "yes", "snp-accepts-all",
                    "snp-secrets-overwritten", "snp-page-tables", "snp-early-variables")

    def test_unknown(self):
        packed = fw.main_volume(pack=lambda data: fw.guided(fw.OTHER, data))
        self.expect(fw.image(main=packed), "????", "unknown", "packed-unknown")

    def test_shim(self):
        found = self.expect(fw.image(tail=SHIM), "ynyy", "yes")
        for name in "tdx", "snp":
            self.assertEqual(found["details"][name]["accepts"], "kernel")

    def test_shim_and_pvh(self):
        """Xen, public/elfnote.h: XEN_ELFNOTE_PHYS32_ENTRY is 18."""
        kernel = make.pvh(make.note(18, b"Xen\0", b"\0\0\x10\0"))
        result = self.inspect(fw.image(tail=SHIM), kernel)
        self.assertIn(EAGER, result["verdict"])
        self.assertIn("cvmem.accept=min", result["advice"])
        self.assertIn("UEFI firmware does not start it", self.inspect(fw.image(), kernel)["verdict"])

    def test_shim_in_part(self):
        """It names itself, and is firmware of the platforms alone whose metadata it has."""
        for missing in {"td": b""}, {"sev": b""}:
            found = self.one(fw.image(tail=fw.metadata(more=OWN, **missing)))["details"]
            accepts = {name: found[name]["accepts"] for name in ("tdx", "snp")}
            none = "tdx" if "td" in missing else "snp"
            self.assertEqual(accepts, {"tdx": "kernel", "snp": "kernel", none: "not-a-guest"})

    def test_variables(self):
        found = self.expect(fw.stored(), "????", "unknown", "split-vars")
        self.assertEqual(found["kind"], "variables")

    def test_igvm(self):
        found = self.expect(igvm(), "??yy", "unknown")
        self.assertEqual(found["format"], "IGVM file")
        self.expect(igvm([platform(TDX, 1), page(0, 1)]), "??yn", "unknown")
        self.assertEqual(self.answers(self.one(igvm(checksum=1))), "??nn")

    def test_places_are_named(self):
        note, = self.one(CODE)["notes"]
        self.assertTrue(note["text"].startswith(f"at 0x{CODE.index(b'TDVF') + 16:x}: section 0 (BFV): "))
        self.assertEqual(note["level"], "error")


class Together(Case):
    def expect(self, tdx, snp, *images):
        found = self.inspect(*images)
        self.assertTrue(found["together"])
        both = f"TDX guest: {tdx}; SEV-SNP guest: {snp}" if tdx != snp else f"TDX or SEV-SNP guest: {tdx}"
        self.assertIn(both, found["verdict"])

    def test_shim(self):
        """It looks at the kernel, on both platforms."""
        image = fw.image(tail=SHIM)
        self.expect(LAZY, LAZY, image, make.linux())
        self.expect(EAGER, EAGER, image, make.old_linux(tdx=True))

    def test_platforms_differ(self):
        kernel = make.linux()
        self.expect(LAZY, LAZY, fw.image(), kernel)
        self.expect(LAZY, EAGER, firmware(sev=()), kernel)
        self.expect(EAGER, LAZY, firmware(tdx=""), kernel)
        self.expect("cannot boot", LAZY, firmware(tdx=None), kernel)
        self.expect(LAZY, "cannot boot", fw.image(**NO_SNP), kernel)

    def test_split(self):
        self.expect("cannot boot", LAZY, CODE, fw.stored(), make.linux())


if __name__ == "__main__":
    inspect_case.main()
