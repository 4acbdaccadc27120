#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_loader.py CVMEM

EFI programs and unified kernel images, and what several files say together."""

import subprocess

import inspect_case
import inspect_images as make
from inspect_case import Case, main


class Loaders(Case):
    def test_systemd_boot(self):
        found = self.one(make.systemd_boot("257.9-1"))
        self.assertEqual((found["kind"], found["version"]), ("systemd-boot", "257.9-1"))
        self.assertEqual((self.answers(found)[:2], found["answer"]), ("yn", "yes"))

    def test_shim(self):
        found = self.one(make.shim("15.8"))
        self.assertEqual((found["kind"], found["version"]), ("shim", "15.8"))
        self.assertEqual(found["answer"], "yes")

    def test_grub(self):
        found = self.one(make.grub(b"../../grub-core/loader/efi/linux.c\0"))
        self.assertEqual((found["kind"], found["version"]), ("grub", "2.12-9"))
        self.assertEqual(found["answer"], "yes")
        found = self.one(make.grub(b"Secure Boot enabled: trying linuxefi\0", "2.06-13"))
        self.assertEqual((found["version"], found["answer"]), ("2.06-13", "unknown"))
        self.assertEqual(self.one(make.grub(b""))["answer"], "unknown")

    def test_others(self):
        found = self.one(make.pe({".text": b"\x90" * 64}, make.ARM64))
        self.assertEqual((found["kind"], found["answer"]), ("pe", "unknown"))
        self.assertEqual(found["facts"]["processor"], "arm64")
        found = self.one(make.pe({".text": make.movabs(make.ACCEPTANCE)}))
        self.assertEqual(self.answers(found)[1], "y")


class Unified(Case):
    def test_answers_are_those_of_the_kernel(self):
        for image, answers, answer in [
            (make.linux("zstd"), "yyyy", "yes"),
            (make.old_linux("xz"), "nnny", "no"),
        ]:
            found = self.one(make.uki(image))
            self.assertEqual((found["kind"], self.answers(found)), ("uki", answers))
            self.assertEqual(found["answer"], answer)
            inner = found["contains"][0]
            self.assertEqual((inner["kind"], self.answers(inner)), ("bzimage", answers))
            self.assertEqual(found["version"], inner["version"])
            self.assertEqual(found["facts"]["system"], "Test Linux 1")
            self.assertEqual(found["facts"]["stub"], "systemd-stub 257")
            # Without what fills the section up.
            self.assertEqual(found["facts"]["initrd"], "6 bytes")

    def test_command_line(self):
        for line, eager in [
            ("quiet accept_memory=eager", True),
            ("accept_memory=eager", True),
            ("accept_memory=lazy", False),
            ("not_accept_memory=eager", False),
        ]:
            found = self.one(make.uki(make.linux(), line))
            self.assertEqual("eager" in self.notes(found), eager, line)
            self.assertEqual(found["answer"], "no" if eager else "yes")
            self.assertEqual(found["facts"]["command line"], line)

    def test_no_kernel_in_it(self):
        for content in [b"nothing" * 100, make.systemd_boot()]:
            found = self.one(make.uki(content))
            self.assertIn("no-kernel", self.notes(found))
            self.assertEqual(found["answer"], "not readable")

    def test_in_each_other(self):
        image = make.linux()
        for depth in range(1, 8):
            image = make.uki(image)
            found = self.one(image)
            self.assertEqual(found["answer"], "yes" if depth < 6 else "not readable", depth)


class CommandLine(Case):
    def call(self, *arguments, data=b""):
        return subprocess.run(
            [inspect_case.CVMEM, "inspect", *arguments], input=data, capture_output=True, check=False
        )

    def test_usage(self):
        self.assertEqual(self.call("--help").returncode, 0)
        for arguments in [[], ["--no-such-option", "x"]]:
            done = self.call(*arguments)
            self.assertEqual((done.returncode, done.stdout), (64, b""))
            self.assertIn(b"cvmem inspect --help", done.stderr)

    def test_the_standard_input(self):
        done = self.call("-", data=make.linux())
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"  => yes: TDX or SEV-SNP guest: boots", done.stdout)
        done = self.call("-", data=make.old_linux())
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"  => no: TDX guest: cannot boot", done.stdout)

    def test_errors_are_on_the_standard_error(self):
        path = self.write("image", make.linux()[:2000])
        done = self.call("--json", path)
        self.assertEqual(done.returncode, 3)
        self.assertIn(f"cvmem: {path}: it is cut off: 2000 bytes".encode(), done.stderr)
        done = self.call(path)
        self.assertIn(b"  => not readable: it is cut off: 2000 bytes", done.stdout)


class Together(Case):
    """Rules of the platforms, written down as a table: docs/inspect.md has it in words."""

    def test_kernels_alone(self):
        tdx_5_19 = make.old_linux(tdx=True)
        found = self.one(tdx_5_19)
        self.assertEqual(found["answer"], "no")
        self.assertIn("TDX guest: boots, but sees only", found["verdict"])
        self.assertIn("below 4 GiB", found["verdict"])
        self.assertIn("SEV-SNP guest: boots, but the firmware accepts all", found["verdict"])
        found = self.one(make.linux())
        self.assertEqual(
            found["verdict"], "yes: TDX or SEV-SNP guest: boots, and memory is accepted when it is needed"
        )
        # It takes unaccepted memory, and does not ask for it: SNP firmware accepts everything.
        found = self.one(make.linux(stub_options={"negotiates": False}))
        self.assertEqual(found["answer"], "yes")
        self.assertIn("SEV-SNP guest: boots, but the firmware accepts all", found["verdict"])
        neither = dict(tdx=False, snp=False)
        found = self.one(make.linux(stub_options=neither, **neither))
        self.assertEqual(found["answer"], "no")
        self.assertIn("neither a TDX nor an SEV-SNP guest", found["verdict"])

    def test_a_loader_decides(self):
        good = make.grub(b"loader/efi/linux.c\0")
        unclear = make.grub(b"Secure Boot enabled: trying linuxefi\0", "2.06-13")
        self.assertEqual(self.inspect(good, make.linux())["answer"], "yes")
        self.assertEqual(self.inspect(unclear, make.linux())["answer"], "unknown")
        self.assertEqual(self.inspect(make.shim(), unclear, make.linux())["answer"], "unknown")
        self.assertEqual(self.inspect(make.shim(), good, make.linux())["answer"], "yes")
        self.assertEqual(self.inspect(good, make.old_linux())["answer"], "no")

    def test_several_of_a_kind_are_not_together(self):
        for images, together, answer in [
            ([make.linux(), make.old_linux()], False, "no"),
            ([make.linux(), make.linux("xz")], False, "yes"),
            ([make.shim(), make.linux()], True, "yes"),
            ([make.linux(), b"nothing" * 100], False, "not readable"),
        ]:
            found = self.inspect(*images)
            self.assertEqual((found["together"], found["answer"]), (together, answer))

    def test_a_disk_and_a_kernel(self):
        disk = make.Fat({"EFI/BOOT/BOOTX64.EFI": make.systemd_boot()}).image()
        self.assertEqual(self.one(disk)["answer"], "unknown")
        found = self.inspect(disk, make.linux())
        self.assertEqual((found["together"], found["answer"]), (True, "yes"))
        self.assertEqual(self.inspect(disk, make.old_linux())["answer"], "no")


if __name__ == "__main__":
    main()
