#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_signature.py CVMEM

Firmware that comes with keys of Secure Boot starts what they have signed: variable stores, lists of
certificates and signatures are made here from EDK II's headers, the UEFI specification and X.690."""

import os
import random
import struct
import sys
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "firmware"))

import fw_images as fw
import inspect_case
import inspect_images as make
from inspect_case import Case

LAZY = "boots, and memory is accepted when it is needed"
REFUSED = "does not boot: the firmware's variables switch Secure Boot on"
STORE = uuid.UUID("aaf32c78-947b-439a-a180-2e144ec37792")
GLOBAL = uuid.UUID("8be4df61-93ca-11d2-aa0d-00e098032b8c")
SECURITY = uuid.UUID("d719b2cb-3d3a-4596-a3bc-dad00e67656f")
ENABLE = uuid.UUID("f0a30bc7-af08-4556-99c4-001009c93a44")
X509 = uuid.UUID("a5c059a1-94e4-4aa7-87b5-ab155c2bf072")
SHA256 = uuid.UUID("c1c41626-504c-4092-aca9-41f936934328")
CONFIG_DRIVER = "f0e6a44f-7195-41c3-ac64-54f202cd0a21"
SMM_DRIVER = "1206f7ca-a475-4624-a83e-e6fc9bb38e49"


def der(tag, *content):
    data = b"".join(content)
    if len(data) < 128:
        return bytes([tag, len(data)]) + data
    length = len(data).to_bytes((len(data).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + data


def name(common):
    pair = der(0x30, b"\x06\x03\x55\x04\x03", der(0x13, common.encode()))
    return der(0x30, der(0x31, pair))


def certificate(subject, issuer="Root", version=True):
    fields = [der(0xA0, b"\x02\x01\x02")] if version else []
    fields += [der(2, b"\x05"), der(0x30, b"\x06\x01\x01"), name(issuer), der(0x30, bytes(40)), name(subject)]
    tbs = der(0x30, *fields, der(0x30, bytes(280)))
    return der(0x30, tbs, der(0x30), der(3, bytes(257)))


def signature_list(kind, *items):
    """Lists hold items of one size: the UEFI specification, section 32.4.1."""
    size = 16 + len(items[0])
    body = b"".join(bytes(16) + item for item in items)
    return kind.bytes_le + struct.pack("<III", 28 + len(body), 0, size) + body


def variable(title, vendor, data, state=0x3F):
    text = (title + "\0").encode("utf-16-le")
    head = struct.pack("<HBBIQ16sIII", 0x55AA, state, 0, 0x27, 0, bytes(16), 0, len(text), len(data))
    one = head + vendor.bytes_le + text + data
    return one + b"\xff" * (-len(one) % 4)


def store(*variables, size=fw.VARS):
    plain = bytearray(fw.stored(size))
    body = b"".join(variables)
    at = struct.unpack_from("<H", plain, 48)[0]
    head = STORE.bytes_le + struct.pack("<IBBHI", size - at, 0x5A, 0xFE, 0, 0)
    plain[at:] = (head + body).ljust(size - at, b"\xff")
    return bytes(plain)


PK = variable("PK", GLOBAL, b"owner")
VENDOR = variable("db", SECURITY, signature_list(X509, certificate("Vendor CA")))


def firmware(*variables, drivers=(CONFIG_DRIVER,), **more):
    files = fw.drivers(**more) + [fw.module(guid, fw.DRIVER, "Driver") for guid in drivers]
    return fw.image(main=fw.main_volume(files), store=store(*variables))


def sign(image, *names):
    """An entry in the certificate table, with a chain of such issuers: "PE Format" of Microsoft."""
    image = bytearray(image + bytes(-len(image) % 8))
    start = struct.unpack_from("<I", image, 0x3C)[0]
    pkcs7 = der(0x30, *(certificate("Signer", issuer) for issuer in names))
    entry = struct.pack("<IHH", len(pkcs7) + 8, 0x200, 2) + pkcs7
    struct.pack_into("<I", image, start + 24 + 108, 16)
    struct.pack_into("<II", image, start + 24 + 112 + 32, len(image), len(entry))
    return bytes(image) + entry


def kernel():
    """A bzImage with the headers of a program, which a kernel with a stub has."""
    image = bytearray(make.linux())
    struct.pack_into("<I", image, 0x3C, 0x80)
    image[0x80:0x98] = b"PE\0\0" + struct.pack("<HHIIIHH", make.AMD64, 0, 0, 0, 0, 240, 0x206)
    struct.pack_into("<H", image, 0x98, 0x20B)
    return bytes(image)


class Signature(Case):
    def verdict(self, *images):
        found = self.inspect(*images)
        self.assertTrue(found["together"])
        return found

    def refused(self, *images):
        found = self.verdict(*images)
        self.assertIn(REFUSED, found["verdict"])
        self.assertEqual(found["answer"], "no")
        return found

    def boots(self, *images):
        found = self.verdict(*images)
        self.assertIn(f"TDX or SEV-SNP guest: {LAZY}", found["verdict"])

    def test_a_kernel_alone(self):
        keys = firmware(PK, VENDOR)
        self.refused(keys, kernel())
        self.refused(keys, sign(kernel(), "Somebody else"))
        self.boots(keys, sign(kernel(), "Vendor CA"))
        self.boots(keys, sign(kernel(), "Another", "Vendor CA"))
        self.refused(keys, make.uki(make.linux()))
        self.boots(keys, sign(make.uki(make.linux()), "Vendor CA"))

    def test_the_first_program_counts(self):
        keys = firmware(PK, VENDOR)
        shim = sign(make.shim(), "Vendor CA")
        self.boots(keys, shim, kernel())
        self.boots(keys, make.systemd_boot(), shim, kernel())
        self.refused(keys, make.shim(), sign(kernel(), "Vendor CA"))
        self.refused(keys, make.systemd_boot(), kernel())
        for first, check in (shim, self.boots), (make.shim(), self.refused):
            disk = make.Fat({"EFI/BOOT/BOOTX64.EFI": first, "EFI/BOOT/grubx64.efi": make.grub(b"x"),
                             "EFI/Linux/a.efi": make.uki(make.linux())})  # fmt: skip
            found = self.verdict(keys, disk.image())
            self.assertEqual(REFUSED in found["verdict"], first != shim, found["verdict"])

    def test_an_application_before_the_loader(self):
        """docs/efi.md: firmware starts it, and by LoadImage() it has firmware start the next."""
        keys = firmware(PK, VENDOR)

        def signed(image):
            return sign(image, "Vendor CA")

        shim, application = make.shim(), make.acceptor()
        for first, following, refused in (
            (application, signed(shim), True), (signed(application), shim, True), (application, shim, True),
            (signed(application), signed(shim), False), (signed(application), signed(kernel()), False),
            (application, signed(kernel()), True), (signed(application), kernel(), True),
        ):  # fmt: skip
            disk = make.Fat({"EFI/BOOT/BOOTX64.EFI": first, "EFI/BOOT/cvmem-next.efi": following,
                             "EFI/BOOT/cvmem-accept.conf": b"accept=always\n",
                             "EFI/BOOT/grubx64.efi": make.grub(b"loader/efi/linux.c\0"),
                             "EFI/debian/grub.cfg": b"linux /k\n", "k": kernel()}, 16).image()  # fmt: skip
            found = self.verdict(keys, disk)
            self.assertIn(REFUSED if refused else "cvmem's EFI image accepts all memory first", found["verdict"])
        # Shim verifies what comes behind it.
        disk = make.Fat({"EFI/BOOT/BOOTX64.EFI": signed(shim), "EFI/BOOT/grubx64.efi": application,
                         "EFI/Linux/a.efi": make.uki(make.linux())}).image()  # fmt: skip
        self.assertNotIn(REFUSED, self.verdict(keys, disk)["verdict"])

    def test_a_driver(self):
        """systemd-boot goes on without a driver that is refused."""
        keys = firmware(PK, VENDOR)
        boot, driver = make.systemd_boot(), make.acceptor(driver=True)
        signed_boot, signed_driver = sign(boot, "Vendor CA"), sign(driver, "Vendor CA")
        low, before = "sees only the memory", "cvmem's EFI image accepts all memory first"
        for loader, loaded, more, expected in (
            (signed_boot, driver, {}, low), (signed_boot, signed_driver, {}, before), (boot, signed_driver, {}, REFUSED),
            # Of an image that shim has started, shim's keys count as well.
            (sign(make.shim(), "Vendor CA"), driver, {"EFI/BOOT/grubx64.efi": boot}, before),
        ):
            disk = make.Fat({"EFI/BOOT/BOOTX64.EFI": loader, **more,
                             "EFI/systemd/drivers/cvmem-acceptx64.efi": loaded, "old": make.old_linux(tdx=True),
                             "loader/entries/a.conf": b"linux /old\n"}, 16).image()  # fmt: skip
            found = self.verdict(keys, disk)
            self.assertIn(expected, found["verdict"])
            self.assertEqual("sign cvmem's driver" in found.get("advice", ""), expected == low)

    def test_what_switches_it_on(self):
        on = variable("SecureBootEnable", ENABLE, b"\1")
        off = variable("SecureBootEnable", ENABLE, b"\0")
        for variables in [PK, VENDOR], [PK, VENDOR, on], [PK], [VENDOR, PK], [variable("db", GLOBAL, b"x"), PK]:
            self.refused(firmware(*variables), kernel())
        deleted = variable("PK", GLOBAL, b"owner", state=0x3D), variable("PK", GLOBAL, b"owner", state=0x3C)
        self.refused(firmware(variable("PK", GLOBAL, b"owner", state=0x3E)), kernel())
        for variables in [], [VENDOR], [PK, off], deleted, [variable("PK", SECURITY, b"x")], [variable("PK", GLOBAL, b"")]:
            self.boots(firmware(*variables), kernel())
        # Nothing in the code reads the variables.
        self.boots(firmware(PK, VENDOR, drivers=()), kernel())
        # What a command line says of the machine does not change the variables.
        paths = [self.write("code", firmware(PK)), self.write("kernel", kernel())]
        for option in "on", "off":
            self.assertIn(REFUSED, self.run_on(f"--secure-boot={option}", *paths)["verdict"])

    def test_lists(self):
        two = signature_list(X509, certificate("One CA"), certificate("Two CA"))
        three = signature_list(X509, certificate("Third CA", version=False))
        keys = firmware(PK, variable("db", SECURITY, two + three))
        for issuer in "One CA", "Two CA", "Third CA":
            self.boots(keys, sign(kernel(), issuer))
        self.refused(keys, sign(kernel(), "Root"))
        (fact,) = [f for f in self.one(keys)["facts"].items() if f[0] == "Secure Boot"]
        self.assertEqual(fact[1], "on, by the keys in its variables: One CA, Two CA, Third CA")
        # A digest may be that of the kernel.
        self.boots(firmware(PK, variable("db", SECURITY, two + signature_list(SHA256, bytes(32)))), kernel())
        self.boots(firmware(PK, variable("db", SECURITY, two[:-1])), kernel())

    def test_more_certificates_than_are_kept(self):
        keys = firmware(PK, VENDOR)
        self.refused(keys, sign(kernel(), *["Other CA"] * 60))
        for issuers in ["Vendor CA"] + ["Other CA"] * 200, ["Other CA"] * 200 + ["Vendor CA"]:
            self.boots(keys, sign(kernel(), *issuers))

    def test_a_program_whose_headers_are_not_there(self):
        self.boots(firmware(PK, VENDOR), make.linux())

    def test_cut_off_and_damaged(self):
        chance = random.Random(1)
        whole = store(PK, VENDOR, size=fw.VARS)
        for _ in range(60):
            damaged = bytearray(whole)
            for _ in range(chance.randrange(1, 8)):
                damaged[chance.randrange(72, 72 + 800)] = chance.choice([0, 1, 0x7F, 0x80, 0x84, 0xFF])
            files = fw.drivers() + [fw.module(CONFIG_DRIVER, fw.DRIVER, "Driver")]
            image = fw.image(main=fw.main_volume(files), store=bytes(damaged))
            self.assertEqual(self.one(image)["answer"], "yes")
        signed = sign(kernel(), "Vendor CA")
        for size in range(len(signed) - 1, len(kernel()) + 8, -97):
            self.refused(firmware(PK, VENDOR), signed[:size])

    def test_management_mode(self):
        found = self.one(firmware(drivers=(CONFIG_DRIVER, SMM_DRIVER)))
        self.assertEqual((self.answers(found)[2:], found["answer"]), ("nn", "no"))
        self.assertRegex(found["answers"]["snp"]["evidence"][0]["text"], "system management mode")


if __name__ == "__main__":
    inspect_case.main()
