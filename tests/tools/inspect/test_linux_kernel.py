#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_linux_kernel.py CVMEM

Kernels whose content is known: each compression, each kind of file, each kind of evidence."""

import inspect_images as make
from inspect_case import Case, main


class BzImage(Case):
    def test_every_compression(self):
        for packing in make.PACKERS:
            with self.subTest(packing):
                found = self.one(make.linux(packing))
                self.assertEqual(
                    (found["kind"], found["version"], found["facts"]["compression"]),
                    ("bzimage", "7.2.12-test", packing),
                )
                self.assertEqual(self.answers(found), "yyyy")
                # In what was unpacked, and nowhere else.
                self.assertIn("GUID", self.strengths(found, "unaccepted"))
                self.assertEqual((found["answer"], found["notes"]), ("yes", []))
                found = self.one(make.old_linux(packing))
                self.assertEqual((self.answers(found), found["answer"]), ("nnny", "no"))

    def test_a_large_one(self):
        for packing in make.PACKERS:
            with self.subTest(packing):
                # A block of lz4 holds 8 MiB.
                fill = 9 << 20 if packing == "lz4" else 1 << 20
                found = self.one(make.linux(packing, fill=fill))
                self.assertEqual((self.answers(found), found["notes"]), ("yyyy", []))

    def test_each_sign_alone(self):
        nothing = dict(unaccepted=False, negotiates=False, tdx=False, snp=False)
        bare = dict(unaccepted=False, tdx=False, snp=False)
        for i, question in enumerate(["unaccepted", "negotiates", "tdx", "snp"]):
            expected = "".join("y" if i == j else "n" for j in range(4))
            found = self.one(make.linux(stub_options={**nothing, question: True}, **bare))
            self.assertEqual(self.answers(found), expected)
            if question == "negotiates":
                continue
            found = self.one(make.linux(stub_options=nothing, **{**bare, question: True}))
            self.assertEqual(self.answers(found), expected)

    def test_a_guid_in_code(self):
        for guid in [make.movabs, make.mov32]:
            code = guid(make.TABLE) + b"\x90" * 600 + guid(make.ACCEPTANCE)
            plain = make.kernel(unaccepted=False)
            found = self.one(make.bzimage(make.gzip(plain), len(plain), code))
            self.assertEqual(self.answers(found)[:2], "yy")
            for question in ["unaccepted", "negotiates"]:
                self.assertEqual(self.strengths(found, question), ["immediate"])

    def test_pieces_of_a_guid_that_are_far_apart(self):
        pieces = [make.TABLE[i : i + 4] for i in range(0, 16, 4)]
        plain = make.kernel(unaccepted=False)
        code = make.stub(unaccepted=False) + (b"\x90" * 3000).join(pieces)
        found = self.one(make.bzimage(make.gzip(plain), len(plain), code))
        self.assertEqual(self.answers(found)[0], "n")
        # Three of four, side by side.
        code = make.stub(unaccepted=False) + make.TABLE[:12] + b"\x90" * 900
        found = self.one(make.bzimage(make.gzip(plain), len(plain), code))
        self.assertEqual(self.answers(found)[0], "n")

    def test_the_real_piece_comes_behind_false_ones(self):
        code = make.stub(unaccepted=False) + make.TABLE[:4] * 50 + b"\x90" * 700
        code += make.mov32(make.TABLE)
        plain = make.kernel(unaccepted=False)
        found = self.one(make.bzimage(make.gzip(plain), len(plain), code))
        self.assertEqual(self.answers(found)[0], "y")

    def test_embedded_configuration(self):
        for unaccepted in [True, False]:
            for tdx in [True, False]:
                # The configuration is against everything else: it decides.
                options = dict(unaccepted=not unaccepted, tdx=not tdx)
                plain = make.kernel(ikconfig=make.config(unaccepted, tdx), **options)
                code = make.stub(**options)
                found = self.one(make.bzimage(make.gzip(plain), len(plain), code))
                letters = {True: "y", False: "n"}
                self.assertEqual(self.answers(found), f"{letters[unaccepted]}y{letters[tdx]}y")
                self.assertIn("config", self.strengths(found, "unaccepted"))

    def test_configuration_from_before_the_option(self):
        text = make.config(False, False).replace(b"# CONFIG_UNACCEPTED_MEMORY is not set\n", b"")
        plain = make.kernel(ikconfig=text)
        self.assertEqual(self.answers(self.one(make.bzimage(make.gzip(plain), len(plain))))[0], "n")

    def test_a_configuration_that_is_not_readable(self):
        plain = make.kernel().replace(make.TABLE, make.TABLE + b"IKCFG_ST\x1f\x8b" + b"\xff" * 50)
        found = self.one(make.bzimage(make.gzip(plain), len(plain)))
        self.assertEqual((self.answers(found), self.notes(found)), ("yyyy", ["corrupt"]))
        self.assertEqual(found["answer"], "yes")

    def test_configuration_beside_it(self):
        path = self.write("vmlinuz-1", make.old_linux())
        self.write("config-1", make.config(False, False))
        found = self.run_on(path)["files"][0]
        self.assertEqual(self.strengths(found, "unaccepted"), ["absence", "config"])
        self.write("config-1", make.config(True, False))
        self.assertEqual(self.answers(self.run_on(path)["files"][0]), "ynny")
        self.write("config-1", b"nothing of the kind")
        self.assertEqual(self.notes(self.run_on(path)["files"][0]), ["no-config"])
        # Of another kernel.
        path = self.write("vmlinuz-2", make.old_linux())
        self.assertEqual(self.strengths(self.run_on(path)["files"][0], "unaccepted"), ["absence"])

    def test_without_a_stub(self):
        plain = make.kernel()
        found = self.one(make.bzimage(make.gzip(plain), len(plain), b"\x90" * 64, efi=False))
        self.assertEqual((self.answers(found)[:2], found["answer"]), ("nn", "no"))

    def test_32_bits(self):
        plain = make.kernel()
        found = self.one(make.bzimage(make.gzip(plain), len(plain), xloadflags=0))
        self.assertEqual((self.answers(found)[2:], found["answer"]), ("nn", "no"))

    def test_before_payloads(self):
        plain = make.kernel(unaccepted=False)
        code = make.stub(unaccepted=False, negotiates=False)
        found = self.one(make.bzimage(make.gzip(plain), len(plain), code, protocol=0x207))
        self.assertEqual((self.notes(found), found["answer"]), (["old"], "no"))


class Others(Case):
    def test_vmlinux(self):
        found = self.one(make.elf(make.kernel()))
        self.assertEqual((found["kind"], found["version"]), ("vmlinux", "7.2.12-test"))
        self.assertEqual((self.answers(found), found["answer"]), ("y?yy", "yes"))
        found = self.one(make.elf(make.kernel(unaccepted=False, tdx=False)))
        self.assertEqual((self.answers(found), found["answer"]), ("n?ny", "no"))
        found = self.one(make.elf(make.kernel(unaccepted=False, tdx=False), machine=183))
        self.assertEqual((self.answers(found), found["answer"]), ("n?nn", "no"))

    def test_an_elf_file_that_is_no_kernel(self):
        found = self.one(make.elf(b"main() { }" * 100))
        self.assertEqual((found["kind"], found["answer"]), ("unknown", "not readable"))

    def test_compressed_as_a_whole(self):
        for packing, pack in make.PACKERS.items():
            with self.subTest(packing):
                found = self.one(pack(make.elf(make.kernel())))
                self.assertEqual((found["kind"], found["answer"]), ("vmlinux", "yes"))

    def test_zboot(self):
        plain = make.arm64_image(make.kernel(unaccepted=False, tdx=False, snp=False))
        for packing, pack in make.PACKERS.items():
            with self.subTest(packing):
                found = self.one(make.zboot(pack(plain), packing))
                self.assertEqual(
                    (found["kind"], found["version"], found["facts"]["processor"]),
                    ("zboot", "7.2.12-test", "arm64"),
                )
                self.assertEqual((self.answers(found), found["answer"]), ("nnnn", "no"))

    def test_arm64_image(self):
        plain = make.kernel(unaccepted=False, tdx=False, snp=False)
        for image in [make.arm64_image(plain), make.gzip(make.arm64_image(plain))]:
            found = self.one(image)
            self.assertEqual((found["kind"], self.answers(found)), ("arm64-image", "nnnn"))

    def test_realm(self):
        """A realm is what has the message of RSI, whatever its version is called; the versions that
        are known to be bad as one."""
        for version, realm, bad in [
            ("6.12.107", False, False), ("6.16.3", True, False), ("6.18.15", True, True),
            ("6.19.14", True, True), ("7.0", True, False), ("6.18.15", False, False),
        ]:
            plain = make.kernel(unaccepted=False, tdx=False, snp=False, version=version, realm=realm)
            for image in [make.arm64_image(plain), make.zboot(make.gzip(make.arm64_image(plain)), "gzip")]:
                found = self.one(image)
                word = found["facts"]["Arm CCA realm"].split(":")[0]
                self.assertEqual(word, "yes" if realm else "no")
                names = [note["name"] for note in found["notes"]]
                self.assertEqual("realm-bbml2" in names, bad, version)
        found = self.one(make.linux())
        self.assertNotIn("Arm CCA realm", found["facts"])


if __name__ == "__main__":
    main()
