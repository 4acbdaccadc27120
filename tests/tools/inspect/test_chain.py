#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_chain.py CVMEM

What a disk boots, from its loader to the kernel's command line: menus of GRUB, entries of the boot
loader specification, add-ons and profiles, on every kind of disk."""

import os

import inspect_images as make
from inspect_case import Case, main

BOOT = "EFI/BOOT/BOOTX64.EFI"
LAZY = "TDX or SEV-SNP guest: boots, and memory is accepted when it is needed"
RESET = "TDX guest: does not boot: GRUB enters the kernel in 32 bits"
LOST = "SEV-SNP guest: boots, but loses the memory that the firmware has left unaccepted"

MENU = """
set default="0"
if [ "${next_entry}" ] ; then
   set default="${next_entry}"
fi
function recordfail {
  set recordfail=1
}
menuentry 'Debian GNU/Linux' --class debian $menuentry_id_option 'gnulinux-simple-1' {
        load_video
        search --no-floppy --fs-uuid --set=root 1234
        echo    'Loading Linux ...'
        linux   /boot/new root=UUID=1 ro quiet
        initrd  /boot/initrd
}
submenu 'Advanced options' $menuentry_id_option 'gnulinux-advanced-1' {
        menuentry 'Debian GNU/Linux, with the old one' $menuentry_id_option 'gnulinux-old-1' {
                linux   /boot/old root=UUID=1 ro
        }
}
"""


def child(found, name):
    return next(c for c in found["contains"] if c["name"] == name)


BEFORE = "boots, and cvmem's EFI image accepts all memory first"
NEXT, CONF = "EFI/BOOT/cvmem-next.efi", "EFI/BOOT/cvmem-accept.conf"
DRIVERS = "EFI/systemd/drivers/"


class Acceptor(Case):
    """What `cvmem efi` installs: docs/efi.md; the boots are in tests/qemu/cases_both_efi.py."""

    def on(self, files):
        path = self.write("disk", make.Fat(files, 16).image())
        return self.run_on("--secure-boot", "off", path)["files"][0]

    def chain(self, loader, conf=None, kernel=None, **files):
        files = {BOOT: make.acceptor(), NEXT: loader, "boot/new": kernel or make.linux(),
                 "boot/old": make.old_linux(), "EFI/debian/grub.cfg": MENU.encode(), **files}
        if conf is not None:
            files[CONF] = conf.encode()
        return self.on(files)

    def test_before_grub(self):
        found = self.chain(make.grub_2_06())
        self.assertEqual(found["answer"], "no")
        self.assertEqual(found["verdict"], f"no: {RESET}, and the guest is reset; SEV-SNP guest: {BEFORE}")
        image = child(found, "\\EFI\\BOOT\\BOOTX64.EFI")
        self.assertEqual((image["kind"], image["version"]), ("acceptor", "0.2.0"))
        found = self.chain(make.grub(b"loader/efi/linux.c\0"))
        self.assertEqual(found["verdict"], f"no: TDX or SEV-SNP guest: {BEFORE}")

    def test_configuration(self):
        """Less than all: the answer is that for the rest of memory."""
        for conf, lost in (("accept=below:5G", True), ("# accept=below:5G", False),
                           ("accept=never\r\naccept=always", False), ("accept=never", True),
                           ("args= accept=never", False), ("accept=alway", False)):
            found = self.chain(make.grub_2_06(), conf)
            self.assertIn(LOST if lost else BEFORE, found["verdict"], conf)

    def test_next_image(self):
        found = self.chain(b"", "next=\\EFI\\debian\\grubx64.efi",
                           **{"EFI/debian/grubx64.efi": make.grub_2_06()})
        self.assertIn(BEFORE, found["verdict"])
        found = self.on({BOOT: make.acceptor(), "boot/new": make.linux()})
        note = child(found, "\\EFI\\BOOT\\BOOTX64.EFI")["notes"][0]
        self.assertEqual(note["name"], "no-next-image")

    def test_kernel(self):
        """It is left alone, if it accepts by itself."""
        for kernel, conf, expected in (
            (make.linux(), "", LAZY), (make.linux(), "accept=always", BEFORE),
            (make.old_linux(), "", BEFORE), (make.linux(), "accept=never", LAZY),
        ):  # fmt: skip
            found = self.on({BOOT: make.acceptor(), NEXT: kernel, CONF: conf.encode()})
            self.assertIn(expected, found["verdict"])

    def test_driver(self):
        files = {BOOT: make.systemd_boot(), "vmlinuz": make.old_linux(),
                 "loader/entries/linux.conf": b"title Linux\nlinux /vmlinuz\n"}
        self.assertNotIn(BEFORE, self.on(files)["verdict"])
        files[DRIVERS + "cvmem-acceptx64.efi"] = make.acceptor(driver=True)
        found = self.on(files)
        self.assertIn(BEFORE, found["verdict"])
        self.assertEqual(child(found, "\\EFI\\systemd\\drivers\\cvmem-acceptx64.efi")["facts"]["kind"], "driver")
        # No other loader loads it.
        self.assertNotIn(BEFORE, self.on({**files, BOOT: make.grub_2_06()})["verdict"])
        # SEV-SNP: the firmware would accept everything for a kernel that does not say so.
        files[DRIVERS + "cvmem-accept.conf"] = b"accept=never"
        self.assertIn("sees only the memory", self.on(files)["verdict"])

    def test_alone(self):
        found = self.one(make.acceptor(driver=True))
        self.assertEqual((found["kind"], found["answer"]), ("acceptor", "no"))
        self.assertEqual(found["verdict"], "no: it accepts all memory before what is started after it")


class Grub(Case):
    """The rules of GRUB 2.06: facts of AMDESE/AMDSEV#200 and #273, tried in the emulated machine."""

    def disk(self, grub, menu=None, kernel=None, where="EFI/debian/grub.cfg"):
        files = {BOOT: grub, "boot/new": kernel or make.linux(), "boot/old": make.old_linux()}
        if menu is not None:
            files[where] = menu.encode()
        return make.Fat(files, 16).image()

    def on(self, disk, secure_boot):
        path = self.write("disk", disk)
        return self.run_on("--secure-boot", secure_boot, path)["files"][0]

    def test_2_06_with_linux(self):
        disk = self.disk(make.grub_2_06(), MENU)
        found = self.one(disk)
        self.assertEqual(found["answer"], "unknown")
        self.assertRegex(found["verdict"], f"Without it: {RESET}.*{LOST}.*With it: {LAZY}$")
        self.assertIn("4 GiB", found["verdict"])
        self.assertRegex(found["advice"], "linuxefi.*Secure Boot.*2.12")
        found = self.on(disk, "off")
        self.assertEqual(found["answer"], "no")
        self.assertRegex(found["verdict"], f"^no: {RESET}.*{LOST}")
        found = self.on(disk, "on")
        self.assertEqual((found["answer"], found["verdict"]), ("yes", "yes: " + LAZY))
        self.assertNotIn("advice", found)

    def test_2_06_with_linuxefi(self):
        found = self.one(self.disk(make.grub_2_06(), MENU.replace("linux ", "linuxefi ")))
        self.assertEqual((found["answer"], found["verdict"]), ("yes", "yes: " + LAZY))

    def test_a_menu_in_the_image(self):
        for command, answer in ("linux", "unknown"), ("linuxefi", "yes"):
            menu = f"search --set=root --file /k\n{command} /boot/new console=ttyS0\nboot\n"
            found = self.one(self.disk(make.grub_2_06(menu)))
            self.assertEqual(found["answer"], answer)
            kernel = child(found, "/boot/new")
            self.assertEqual(kernel["facts"]["menu entry"], "grub.cfg in GRUB line 2")
            self.assertEqual(kernel["facts"]["command line"], "console=ttyS0")

    def test_2_12(self):
        found = self.one(self.disk(make.grub(b"loader/efi/linux.c\0"), MENU))
        self.assertEqual((found["answer"], found["verdict"]), ("yes", "yes: " + LAZY))

    def test_2_06_of_the_project(self):
        # Without the distributions' patch Secure Boot changes nothing.
        found = self.one(self.disk(make.grub(b"", "2.06"), MENU))
        self.assertEqual(found["answer"], "no")
        self.assertRegex(found["verdict"], f"^no: {RESET}.*{LOST}")

    def test_the_default_decides(self):
        for default, answer in (
            ("0", "yes"), ("1", "no"), ("1>0", "no"), ("gnulinux-simple-1", "yes"),
            ("Advanced options", "no"), ("${saved_entry}", "yes"),
        ):  # fmt: skip
            menu = MENU.replace('set default="0"', f'set default="{default}"')
            found = self.one(self.disk(make.grub(b"loader/efi/linux.c\0"), menu))
            self.assertEqual(found["answer"], answer, default)

    def test_eager(self):
        for entry, answer in (("ro quiet", "no"), ("UUID=1 ro\n", "yes")):
            menu = MENU.replace(entry, "accept_memory=eager " + entry)
            found = self.one(self.disk(make.grub(b"loader/efi/linux.c\0"), menu))
            self.assertEqual(found["answer"], answer)
        found = self.one(
            self.disk(make.grub(b"loader/efi/linux.c\0"), MENU.replace("quiet", "accept_memory=eager"))
        )
        self.assertIn("take accept_memory=eager off", found["advice"])

    def test_eager_at_the_end_of_a_long_line(self):
        menu = MENU.replace("quiet", "x" * 1500 + " accept_memory=eager")
        self.assertEqual(self.one(self.disk(make.grub(b"loader/efi/linux.c\0"), menu))["answer"], "no")

    def test_eager_in_a_default_that_is_not_found(self):
        """Any entry may boot then, with its options; "submenu>entry" is one of that submenu."""
        eager = MENU.replace("ro", "ro accept_memory=eager").replace("/boot/old", "/boot/new")
        old = MENU.replace("UUID=1 ro\n", "UUID=1 ro accept_memory=eager\n").replace("/boot/old", "/boot/new")
        for menu, default, answer in (
            (eager, "gone", "no"), (MENU, "gnulinux-advanced-1>gnulinux-old-1", "no"),
            (old, "gnulinux-advanced-1>gnulinux-old-1", "no"), (old, "gnulinux-simple-1", "yes"),
            (MENU, "gnulinux-advanced", "unknown"),
        ):  # fmt: skip
            menu = menu.replace('set default="0"', f'set default="{default}"')
            found = self.one(self.disk(make.grub(b"loader/efi/linux.c\0"), menu))
            self.assertEqual(found["answer"], answer, default)

    def test_where_the_menu_is(self):
        for where in "EFI/BOOT/grub.cfg", "boot/grub/grub.cfg", "grub/grub.cfg", "boot/grub2/grub.cfg":
            found = self.one(self.disk(make.grub(b"loader/efi/linux.c\0"), MENU, where=where))
            self.assertEqual(found["answer"], "yes", where)
        stub = "search.fs_uuid 1234 root\nset prefix=($root)'/boot/grub'\nconfigfile $prefix/grub.cfg\n"
        files = {BOOT: make.grub(b"loader/efi/linux.c\0"), "EFI/debian/grub.cfg": stub.encode(),
                 "boot/grub/grub.cfg": MENU.encode(), "boot/new": make.linux()}  # fmt: skip
        self.assertEqual(self.one(make.Fat(files, 16).image())["answer"], "yes")

    def test_paths(self):
        menu = 'linux (hd0,gpt2)/new "an option"\n'
        files = {BOOT: make.grub(b"loader/efi/linux.c\0"), "grub/grub.cfg": menu.encode(), "new": make.linux()}
        found = self.one(make.Fat(files, 16).image())
        self.assertEqual(child(found, "/new")["facts"]["command line"], "an option")
        files["grub/grub.cfg"] = b"linux /boot/new \\\n  accept_memory=eager\n"
        self.assertEqual(self.one(make.Fat(files, 16).image())["answer"], "no")
        files["grub/grub.cfg"] = b"linux /not/there\n"
        self.assertIn("entry-without-kernel", self.notes(self.one(make.Fat(files, 16).image())))

    def test_a_kernel_that_is_named(self):
        for menu in None, "linux /k\n":
            found = self.inspect(make.grub_2_06(menu), make.linux())
            self.assertEqual(found["answer"], "unknown")
            self.assertRegex(found["verdict"], f"Without it: {RESET}.*{LOST}")
        found = self.inspect(make.grub_2_06("linuxefi /k\n"), make.linux())
        self.assertEqual((found["answer"], found["verdict"]), ("yes", "yes: " + LAZY))

    def test_hostile_menus(self):
        for menu in ("{" * 5000, "}" * 5000, "menuentry {\n" * 5000, "linux", "linux $x\n", "'", "\\",
                     "linux " + "x" * 100000, "set default=\nlinux /boot/new", "linux /boot/new\n" * 5000,
                     "\n;;;\\\n"):  # fmt: skip
            found = self.one(self.disk(make.grub(b"loader/efi/linux.c\0"), menu))
            self.assertIn(found["answer"], ("yes", "unknown"), menu[:40])

    def test_titles(self):
        """UTF-8 stays, and nothing else: JSON has no other, and a terminal may obey it."""
        for title, shown in (
            ("für €, 𝄞".encode(), "für €, 𝄞"), (b"\x9b1m\xff", "?1m?"), (b"\xc2\x9b1m\x1b\x7f", "??1m??"),
            (b"\xc0\x80\xe0\x80\xaf\xed\xa0\x80", "????????"), (b"\xf4\x90\x80\x80\xe2\x82", "??????"),
        ):  # fmt: skip
            menu = b"menuentry '" + title + b"' {\nlinux /boot/new\n}\n"
            files = {BOOT: make.grub(b"loader/efi/linux.c\0"), "boot/new": make.linux(), "grub/grub.cfg": menu}
            kernel = child(self.one(make.Fat(files, 16).image()), "/boot/new")
            self.assertEqual(kernel["facts"]["menu entry"], f"/grub/grub.cfg line 2: {shown}")


class Specification(Case):
    def disk(self, **files):
        kernel = make.uki(make.linux())
        base = {BOOT: make.systemd_boot(), "EFI/Linux/a.efi": kernel}
        return make.Fat({**base, **{k.replace("__", "/"): v for k, v in files.items()}}, 16).image()

    def test_addons(self):
        eager, other = make.addon("accept_memory=eager"), make.addon("quiet")
        self.assertEqual(self.one(self.disk())["answer"], "yes")
        for where, content, answer in (
            ("EFI/Linux/a.efi.extra.d/eager.addon.efi", eager, "no"),
            ("loader/addons/eager.addon.efi", eager, "no"),
            ("EFI/Linux/a.efi.extra.d/eager.addon.efi", other, "yes"),
            # Not of this image, and not an add-on's name.
            ("EFI/Linux/b.efi.extra.d/eager.addon.efi", eager, "yes"),
            ("loader/addons/eager.efi", eager, "yes"),
        ):
            with self.subTest((where, answer)):
                found = self.one(self.disk(**{where: content}))
                self.assertEqual(found["answer"], answer)
                kernel = child(found, "\\EFI\\Linux\\a.efi")
                self.assertEqual("eager-addon" in self.notes(kernel), answer == "no")

    def test_the_default_has_the_say(self):
        """Add-ons and profiles of what does not boot by default change nothing."""
        eager = make.addon("accept_memory=eager")
        for default, answer in ("a.efi", "yes"), ("b.efi", "no"):
            found = self.one(self.disk(**{
                "EFI/Linux/b.efi": make.uki(make.linux()), "EFI/Linux/b.efi.extra.d/e.addon.efi": eager,
                "loader/loader.conf": f"default {default}\n".encode()}))  # fmt: skip
            self.assertEqual(found["answer"], answer, default)
        image = make.uki_profiles(make.linux(), "quiet", [("ID=main\n", None), ("ID=eager\n", "accept_memory=eager")])
        for default, answer in ("a.conf", "yes"), ("b.conf", "no"):
            files = {BOOT: make.systemd_boot(), "u.efi": image, "loader/entries/a.conf": b"uki /u.efi\nprofile 0\n",
                     "loader/entries/b.conf": b"uki /u.efi\nprofile 1\n",
                     "loader/loader.conf": f"default {default}\n".encode()}  # fmt: skip
            self.assertEqual(self.one(make.Fat(files, 16).image())["answer"], answer, default)
        # The entry's options are there beside its profile.
        files = {BOOT: make.systemd_boot(), "u.efi": image,
                 "loader/entries/a.conf": b"uki /u.efi\nprofile 0\noptions accept_memory=eager\n"}  # fmt: skip
        self.assertEqual(self.one(make.Fat(files, 16).image())["answer"], "no")

    def test_an_addon_alone(self):
        found = self.one(make.addon("accept_memory=eager"))
        self.assertEqual((found["kind"], found["version"], found["answer"]), ("addon", "262.1-1", "unknown"))
        self.assertIn("accept_memory=eager", found["verdict"])
        found = self.inspect(make.addon("accept_memory=eager"), make.uki(make.linux()))
        self.assertEqual((found["together"], found["answer"]), (True, "no"))

    def test_profiles(self):
        eager = "console=ttyS0 accept_memory=eager"
        for base, profiles, answer, bits in (
            ("console=ttyS0", [("ID=main\n", None), ("ID=eager\n", eager)], "yes", [1]),
            ("console=ttyS0", [("ID=eager\n", eager), ("ID=main\n", None)], "no", []),
            (eager, [("ID=main\n", "console=ttyS0"), ("ID=other\n", None)], "yes", [1]),
            (eager, [("ID=main\n", None)], "no", []),
        ):
            image = make.uki_profiles(make.linux(), base, profiles)
            found = self.one(image)
            self.assertEqual(found["answer"], answer)
            named = [n["text"] for n in found["notes"] if n["name"] == "eager-profile"]
            self.assertEqual([int(text.split()[2]) for text in named], bits)
        # A menu's entry chooses.
        image = make.uki_profiles(make.linux(), "quiet", [("ID=main\n", None), ("ID=eager\n", eager)])
        for number, answer in (0, "yes"), (1, "no"):
            files = {BOOT: make.systemd_boot(), "u.efi": image,
                     "loader/entries/a.conf": f"uki /u.efi\nprofile {number}\n".encode()}  # fmt: skip
            self.assertEqual(self.one(make.Fat(files, 16).image())["answer"], answer)

    def test_the_last_word_counts(self):
        for line, answer in (
            ("accept_memory=eager accept_memory=lazy", "yes"),
            ("accept_memory=lazy accept_memory=eager", "no"),
            ("x" * 1000 + " accept_memory=eager", "no"),
        ):
            self.assertEqual(self.one(make.uki(make.linux(), line))["answer"], answer)
        found = self.one(make.uki(make.linux(), "quiet mem=4G"))
        self.assertIn("memory-limit", self.notes(found))


class Disks(Case):
    ESP = {BOOT: make.systemd_boot(), "EFI/Linux/a.efi": make.uki(make.linux())}

    def test_mbr(self):
        esp = make.Fat(self.ESP, 16).image()
        for partitions, logical in (
            ([(0xEF, esp)], ()),
            ([(0x83, b"data" * 512), (0xEF, esp)], ()),
            ([(0x83, b"data" * 512)], ((0x83, b"data" * 512), (0xEF, esp))),
        ):
            found = self.one(make.mbr(partitions, logical))
            self.assertEqual((found["kind"], found["answer"]), ("disk", "yes"), found)
            self.assertEqual(found["facts"]["partition table"], "MBR")
        found = self.one(make.mbr([(0x83, b"data" * 512)]))
        self.assertEqual((self.notes(found), found["answer"]), (["no-system-partition"], "unknown"))

    def test_iso(self):
        found = self.one(make.iso(make.Fat(self.ESP, 16).image()))
        self.assertEqual((found["kind"], found["answer"]), ("iso", "yes"))
        for image in make.iso(), make.iso(make.Fat(self.ESP, 16).image(), 0):
            found = self.one(image)
            self.assertEqual((self.notes(found), found["answer"]), (["no-system-partition"], "unknown"))

    def test_a_kernel_on_ext4(self):
        config = make.config(True, True)
        for kind in "ext2", "ext4":
            files = {"boot/grub/grub.cfg": MENU.encode(), "boot/new": "vmlinuz-7.2", "boot/vmlinuz-7.2": make.linux(),
                     "boot/old": make.old_linux(), "boot/config-7.2": config}  # fmt: skip
            root = make.ext4(files, kind)
            if not root:
                self.skipTest("mke2fs is not installed")
            esp = make.Fat({BOOT: make.grub(b"loader/efi/linux.c\0")}, 16).image()
            for disk in (
                make.gpt([(make.ESP, esp), (make.LINUX_DATA, root)]),
                make.mbr([(0xEF, esp), (0x83, root)]),
            ):
                found = self.one(disk)
                self.assertEqual((found["answer"], found["verdict"]), ("yes", "yes: " + LAZY))
                self.assertEqual([c["name"] for c in found["contains"]][1:], ["/boot/new", "/boot/old"])
                self.assertEqual(found["notes"], [])
        # Damage is no crash, and no wrong yes.
        for at in range(1024, 1024 + 96, 4):
            damaged = bytearray(root)
            damaged[at : at + 4] = b"\xff" * 4
            self.assertIn(self.one(bytes(damaged))["answer"], ("yes", "unknown", "not readable"))

    def test_a_boot_partition_on_ext4(self):
        menu = MENU.replace("/boot/", "/").replace("/old", "/boot/old")
        boot = make.ext4({"grub/grub.cfg": menu.encode(), "new": make.linux(), "old": make.old_linux()})
        if not boot:
            self.skipTest("mke2fs is not installed")
        esp = make.Fat({BOOT: make.grub_2_06()}, 16).image()
        found = self.one(make.gpt([(make.ESP, esp), (make.LINUX_DATA, boot)]))
        self.assertRegex(found["verdict"], f"Without it: {RESET}.*{LOST}.*With it: {LAZY}$")

    def test_other_file_systems_are_named(self):
        esp = make.Fat({BOOT: make.grub(b"loader/efi/linux.c\0")}, 16).image()
        for content, name in (b"XFSB".ljust(8192, b"\0"), "XFS"), (b"LUKS\xba\xbe".ljust(8192, b"\0"), "LUKS"):
            found = self.one(make.gpt([(make.ESP, esp), (make.LINUX_DATA, content)]))
            (note,) = [n for n in found["notes"] if n["name"] == "other-file-system"]
            self.assertIn(name, note["text"])

    def test_folders(self):
        def folder(name, files):
            for path, content in files.items():
                full = os.path.join(self.folder.name, name, path)
                os.makedirs(os.path.dirname(full), exist_ok=True)
                with open(full, "wb") as file:
                    file.write(content)
            return self.run_on(os.path.join(self.folder.name, name))["files"][0]

        grub = make.grub(b"loader/efi/linux.c\0")
        found = folder("boot", {"efi/EFI/BOOT/BOOTX64.EFI": grub, "grub/grub.cfg": MENU.encode(),
                                "new": make.linux(), "old": make.old_linux()})  # fmt: skip
        self.assertEqual((found["kind"], found["answer"], found["verdict"]), ("folder", "yes", "yes: " + LAZY))
        found = folder("root", {"boot/efi/EFI/boot/bootx64.efi": make.systemd_boot(),
                                "boot/efi/EFI/Linux/a.efi": make.uki(make.old_linux())})  # fmt: skip
        self.assertEqual(found["answer"], "no")
        # Kernels alone, with their configurations.
        config = make.config(True, True) + b"# CONFIG_X86_PAT is not set\n"
        found = folder("kernels", {"vmlinuz-1": make.linux(), "config-1": config})
        self.assertIn("no-pat", self.notes(child(found, "/vmlinuz-1")))
        self.assertEqual(folder("empty", {"readme": b"x"})["answer"], "unknown")
        # A path in a menu does not lead out of the folder.
        found = folder("outside", {"grub/grub.cfg": b"linux /../kernels/vmlinuz-1\n"})
        self.assertEqual(found["contains"], [])


if __name__ == "__main__":
    main()
