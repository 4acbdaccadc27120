#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_disk.py CVMEM

Disks and file systems made here: what would boot from them."""

import inspect_images as make
from inspect_case import Case, main

BOOT = "EFI/BOOT/BOOTX64.EFI"


def names(found):
    return [child["name"] for child in found["contains"]]


class FileSystems(Case):
    def test_every_kind_of_fat(self):
        for bits in [12, 16, 32]:
            for sector, per_cluster in [(512, 1), (512, 4), (4096, 1)]:
                with self.subTest((bits, sector, per_cluster)):
                    disk = make.Fat(
                        {BOOT: make.systemd_boot(), "EFI/Linux/a long name-1.efi": make.uki(make.linux())},
                        bits, sector, per_cluster,
                    )
                    found = self.one(disk.image())
                    self.assertEqual((found["kind"], found["facts"]["file system"]), ("fat", f"FAT{bits}"))
                    self.assertEqual(
                        names(found), ["\\EFI\\BOOT\\BOOTX64.EFI", "\\EFI\\Linux\\a long name-1.efi"]
                    )
                    self.assertEqual((found["answer"], found["notes"]), ("yes", []))

    def test_a_kernel_as_the_only_program(self):
        for image, answer in [(make.linux(), "yes"), (make.uki(make.old_linux()), "no")]:
            # The other one is not booted by anything.
            other = make.uki(make.linux())
            found = self.one(make.Fat({BOOT: image, "EFI/Linux/x.efi": other}).image())
            self.assertEqual((len(found["contains"]), found["answer"]), (1, answer))

    def test_shim_and_grub(self):
        files = {BOOT: make.shim(), "EFI/BOOT/grubx64.efi": make.grub(b"loader/efi/linux.c\0")}
        found = self.one(make.Fat(files).image())
        self.assertEqual([child["kind"] for child in found["contains"]], ["shim", "grub"])
        self.assertEqual(found["answer"], "unknown")

    def test_entries(self):
        files = {
            BOOT: make.systemd_boot(),
            "debian/vmlinuz": make.linux(),
            "loader/entries/new.conf": b"title New\r\nlinux   /debian/vmlinuz\r\noptions quiet root=LABEL=x\r\n",
        }
        found = self.one(make.Fat(files, 16).image())
        kernel = found["contains"][1]
        self.assertEqual((kernel["name"], kernel["facts"]["menu entry"]), ("/debian/vmlinuz", "new.conf"))
        self.assertEqual(kernel["facts"]["command line"], "quiet root=LABEL=x")
        self.assertEqual(found["answer"], "yes")
        files["old"] = make.old_linux()
        files["loader/entries/old.conf"] = b"linux old\n"
        self.assertEqual(self.one(make.Fat(files, 16).image())["answer"], "unknown")
        for pattern, answer in [("old*", "no"), ("NEW.conf", "yes"), ("@saved", "unknown"), ("none", "unknown")]:
            files["loader/loader.conf"] = f"timeout 3\ndefault {pattern}\n".encode()
            self.assertEqual(self.one(make.Fat(files, 16).image())["answer"], answer, pattern)
        # Several entries of one kernel: it boots by default if one of them does.
        files["loader/entries/old-recovery.conf"] = b"linux old\noptions single\n"
        for pattern, answer in [("old.conf", "no"), ("old-r*", "no"), ("new*", "yes")]:
            files["loader/loader.conf"] = f"default {pattern}\n".encode()
            found = self.one(make.Fat(files, 16).image())
            self.assertEqual((len(found["contains"]), found["answer"]), (3, answer), pattern)
        files["loader/entries/old.conf"] = b"linux /not/there\n"
        self.assertIn("entry-without-kernel", self.notes(self.one(make.Fat(files, 16).image())))

    def test_an_eager_entry(self):
        files = {
            BOOT: make.systemd_boot(),
            "k": make.linux(),
            "loader/entries/a.conf": b"linux /k\noptions accept_memory=eager\n",
        }
        found = self.one(make.Fat(files).image())
        self.assertEqual(found["answer"], "no")
        self.assertIn("as its command line says", found["verdict"])

    def menu(self, **files):
        """The verdict of a kernel with entries, and the notes of the kernel."""
        base = {BOOT: make.systemd_boot(), "k": make.linux()}
        files = {f"loader/{name.replace('__', '/')}.conf": text.encode() for name, text in files.items()}
        found = self.one(make.Fat({**base, **files}, 16).image())
        return found["answer"], self.notes(found["contains"][1])

    def test_all_lines_of_options(self):
        """UAPI.1, "Type #1": they may be several, and are combined in their order."""
        for lines, answer in (
            (["quiet", "accept_memory=eager"], "no"),
            (["accept_memory=eager", "quiet"], "no"),
            (["accept_memory=eager", "accept_memory=lazy"], "yes"),
            (["accept_memory=", "eager"], "yes"),
            # Longer than a line of most, and as long as Linux reads.
            (["x" * 1100 + " accept_memory=eager"], "no"),
            (["x" * (2047 - 20) + " accept_memory=eager"], "no"),
            (["x" * (2048 - 20) + " accept_memory=eager"], "yes"),
            (["x" * 1000, "y" * 1000, "accept_memory=eager"], "no"),
            (["x" * 4000, "accept_memory=eager"], "yes"),
        ):
            text = "linux /k\n" + "".join(f"options {line}\r\n" for line in lines)
            self.assertEqual(self.menu(entries__a=text)[0], answer, [line[-30:] for line in lines])
        self.assertEqual(self.menu(entries__a="options quiet\nlinux /k\noptions mem=2G\n"), ("yes", ["memory-limit"]))

    def test_options_of_init(self):
        """After "--" nothing is the kernel's: next_arg() and parse_args() of Linux."""
        for options, answer, notes in (
            ("quiet -- accept_memory=eager mem=2G", "yes", []),
            ("accept_memory=eager -- accept_memory=lazy", "no", ["eager"]),
            ("-- mem=2G", "yes", []),
            ("--mem=1 mem=2G", "yes", ["memory-limit"]),
            ('dyndbg="a -- b" accept_memory=eager', "no", ["eager"]),
            ('dyndbg="a accept_memory=eager b"', "yes", []),
        ):
            self.assertEqual(self.menu(entries__a=f"linux /k\noptions {options}\n"), (answer, notes), options)

    def test_the_default_has_the_say(self):
        """A kernel of two entries: that which boots by default gives the options."""
        lazy = "linux /k\noptions quiet\n"
        eager = "linux /k\noptions quiet accept_memory=eager mem=2G\n"
        both = ("no", ["eager", "memory-limit"])
        for default, expected in (
            ("a.conf", ("yes", [])), ("b.conf", both), ("*", both), ("@saved", both),
            # There is no such entry, or nothing that it starts: any may boot.
            ("none", both), ("gone.conf", both),
        ):  # fmt: skip
            found = self.menu(loader=f"default {default}\n", entries__a=lazy, entries__b=eager,
                              entries__gone="linux /gone\n")  # fmt: skip
            self.assertEqual(found, expected, default)
        # The other entry comes first.
        self.assertEqual(self.menu(loader="default b.conf\n", entries__a=eager, entries__b=lazy), ("yes", []))

    def test_nothing_to_boot(self):
        found = self.one(make.Fat({"readme": b"hello"}).image())
        self.assertEqual((self.notes(found), found["answer"]), (["no-loader"], "unknown"))


class Partitions(Case):
    def esp(self, image):
        return make.Fat({BOOT: image}).image()

    def test_a_system_partition(self):
        for sector in [512, 4096]:
            for entries in [128, 4, 1024]:
                disk = make.gpt(
                    [(make.LINUX_DATA, b"data" * 4096), (make.ESP, self.esp(make.uki(make.linux())))],
                    sector, entries,
                )
                found = self.one(disk)
                self.assertEqual((found["kind"], found["answer"], found["notes"]), ("disk", "yes", []))
                self.assertEqual(found["facts"]["EFI system partition"], "partition 2")

    def test_entries_on_another_partition(self):
        boot = make.Fat({"k": make.linux(), "loader/entries/a.conf": b"linux /k\n"}).image()
        disk = make.gpt([(make.ESP, self.esp(make.systemd_boot())), (make.XBOOTLDR, boot)])
        self.assertEqual(self.one(disk)["answer"], "yes")

    def test_the_second_table(self):
        disk = bytearray(make.gpt([(make.ESP, self.esp(make.linux()))]))
        disk[1024 + 3] ^= 1
        found = self.one(bytes(disk))
        self.assertEqual((self.notes(found), found["answer"]), (["backup-table"], "yes"))
        disk[-512 + 30] ^= 1
        found = self.one(bytes(disk))
        self.assertEqual((self.notes(found), found["answer"]), (["partition-table"], "not readable"))

    def test_without_a_system_partition(self):
        found = self.one(make.gpt([(make.LINUX_DATA, b"x" * 512)]))
        self.assertEqual((self.notes(found), found["answer"]), (["no-system-partition"], "unknown"))

    def test_formats_to_be_converted(self):
        for magic in [b"QFI\xfb", b"KDMV", b"vhdxfile"]:
            found = self.one(magic.ljust(2048, b"\0"))
            self.assertEqual((self.notes(found), found["answer"]), (["container"], "not readable"))


if __name__ == "__main__":
    main()
