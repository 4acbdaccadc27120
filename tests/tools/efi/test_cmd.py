#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_cmd.py CVMEM

The command puts images onto EFI system partitions, in folders and on disks, and takes them out:
the partition's files are compared with what they must be."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

CVMEM = os.path.abspath(sys.argv.pop(1))
LOADER, NEXT = "EFI/BOOT/BOOTX64.EFI", "EFI/BOOT/cvmem-next.efi"
DRIVERS = "EFI/systemd/drivers"
DRIVER = f"{DRIVERS}/cvmem-acceptx64.efi"
# What SBAT sections and systemd-boot have.
IMAGES = {name: f"MZ {name}\nsbat,1\ncvmem-accept,1,cvmem\n".encode()
          for name in ("cvmem-acceptx64.efi", "cvmem-chainx64.efi")}
APPLICATION = IMAGES["cvmem-chainx64.efi"]
GRUB = b"MZ GRUB" + bytes(range(256)) * 40
SYSTEMD = b"MZ #### LoaderInfo: systemd-boot 257 ####"


def run(*words):
    return subprocess.run([CVMEM, "efi", *words], stdin=subprocess.DEVNULL, capture_output=True,
                          check=False, text=True)


class Place(unittest.TestCase):
    """What folders and disks have in common."""

    def setUp(self):
        self.top = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.top)
        self.images = os.path.join(self.top, "images")
        self.write_images(IMAGES)

    def write_images(self, images):
        os.makedirs(self.images, exist_ok=True)
        for name, data in images.items():
            with open(os.path.join(self.images, name), "wb") as file:
                file.write(data)

    def good(self, *words):
        done = run(*words, "--json")
        self.assertEqual(done.returncode, 0, done)
        return json.loads(done.stdout)

    def install(self, path, *words):
        return self.good("--install", path, "--from", self.images, *words)


class Folder(Place):
    def setUp(self):
        super().setUp()
        self.esp = os.path.join(self.top, "esp")

    def make(self, files):
        for path, data in files.items():
            full = os.path.join(self.esp, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "wb") as file:
                file.write(data)

    def files(self):
        found = {}
        for folder, _, names in os.walk(self.esp):
            for name in names:
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    found[os.path.relpath(path, self.esp)] = file.read()
        return found

    def folders(self):
        return sorted(os.path.relpath(folder, self.esp) for folder, _, _ in os.walk(self.esp))

    def test_chain(self):
        before = {LOADER: GRUB, "EFI/debian/grub.cfg": b"menu"}
        self.make(before)
        folders = self.folders()
        report = self.install(self.esp)
        self.assertEqual((report["mode"], report["changed"]), ("chain", True))
        after = {**before, LOADER: APPLICATION, NEXT: GRUB}
        self.assertEqual(self.files(), after)
        self.assertFalse(self.install(self.esp)["changed"])
        self.assertEqual(self.files(), after)
        self.assertTrue(self.good("--remove", self.esp)["changed"])
        self.assertEqual((self.files(), self.folders()), (before, folders))
        self.assertFalse(self.good("--remove", self.esp)["changed"])
        self.assertEqual(self.files(), before)

    def test_driver(self):
        before = {LOADER: SYSTEMD, "loader/loader.conf": b"timeout 0"}
        self.make(before)
        folders = self.folders()
        report = self.install(self.esp, "--accept", "below:32G")
        self.assertEqual((report["mode"], report["changed"]), ("driver", True))
        after = {**before, DRIVER: IMAGES["cvmem-acceptx64.efi"],
                 f"{DRIVERS}/cvmem-accept.conf": b"accept=below:32G\n"}
        self.assertEqual(self.files(), after)
        self.assertFalse(self.install(self.esp, "--accept", "below:32G")["changed"])
        # Another driver, which is not ours.
        self.make({f"{DRIVERS}/otherx64.efi": b"MZ"})
        self.good("--remove", self.esp)
        self.assertEqual(self.files(), {**before, f"{DRIVERS}/otherx64.efi": b"MZ"})
        os.unlink(os.path.join(self.esp, f"{DRIVERS}/otherx64.efi"))
        self.install(self.esp)
        self.good("--remove", self.esp)
        self.assertEqual((self.files(), self.folders()), (before, folders))

    def test_chosen_way(self):
        self.make({LOADER: SYSTEMD})
        self.install(self.esp, "--chain")
        self.assertEqual(self.files(), {LOADER: APPLICATION, NEXT: SYSTEMD})
        self.good("--remove", self.esp)
        self.make({LOADER: GRUB})
        self.install(self.esp, "--driver")
        self.assertEqual(self.files(), {LOADER: GRUB, DRIVER: IMAGES["cvmem-acceptx64.efi"]})

    def test_new_image(self):
        self.make({LOADER: GRUB})
        self.install(self.esp)
        newer = {name: data + b"2" for name, data in IMAGES.items()}
        self.write_images(newer)
        self.assertTrue(self.install(self.esp)["changed"])
        self.assertEqual(self.files(), {LOADER: newer["cvmem-chainx64.efi"], NEXT: GRUB})

    def test_updated_loader(self):
        """A package's update puts its loader where the application was."""
        self.make({LOADER: GRUB})
        self.install(self.esp)
        self.make({LOADER: GRUB + b" 2.14"})
        self.install(self.esp)
        self.assertEqual(self.files(), {LOADER: APPLICATION, NEXT: GRUB + b" 2.14"})
        self.make({LOADER: GRUB + b" 2.15"})
        self.good("--remove", self.esp)
        self.assertEqual(self.files(), {LOADER: GRUB + b" 2.15"})

    def test_other_loader_and_case(self):
        self.make({"efi/Debian/grubx64.efi": GRUB, "efi/boot/bootx64.efi": SYSTEMD})
        self.install(self.esp, "--loader", "\\EFI\\debian\\grubx64.efi")
        self.assertEqual(self.files(), {"efi/Debian/grubx64.efi": APPLICATION,
                                        "efi/Debian/cvmem-next.efi": GRUB,
                                        "efi/boot/bootx64.efi": SYSTEMD})
        self.good("--remove", self.esp, "--loader", "/EFI/debian/grubx64.efi")
        self.assertEqual(self.files()["efi/Debian/grubx64.efi"], GRUB)

    def test_refusals(self):
        self.make({"EFI/readme": b""})
        for words, reason in ((["--install", self.esp], "there is no loader EFI/BOOT/BOOTX64.EFI"),
                              (["--install", self.top + "/none"], "No such file"),
                              (["--install", "/dev/null"], "neither a folder nor a disk image")):
            done = run(*words, "--from", self.images)
            self.assertEqual(done.returncode, 1, done)
            self.assertIn(reason, done.stderr)
            self.assertEqual(len(done.stderr.splitlines()), 1)
        self.assertEqual(self.files(), {"EFI/readme": b""})
        done = run("--install", self.esp, "--from", self.top + "/none")
        self.assertEqual(done.returncode, 1)
        self.assertIn("/none/cvmem-acceptx64.efi: No such file", done.stderr)

    def test_not_built(self):
        """A command without images beside it says what builds them."""
        self.make({LOADER: SYSTEMD})
        alone = shutil.copy(CVMEM, self.top)
        done = subprocess.run([alone, "efi", "--install", self.esp], stdin=subprocess.DEVNULL,
                              capture_output=True, check=False, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("/cvmem-acceptx64.efi: No such file", done.stderr)
        self.assertIn("built where clang and lld are installed", done.stderr)
        self.assertEqual(self.files(), {LOADER: SYSTEMD})

    def test_next_is_lost(self):
        """Nothing that boots is left: nothing is touched."""
        self.make({LOADER: APPLICATION})
        for action in ["--remove", self.esp], ["--install", self.esp, "--from", self.images]:
            done = run(*action)
            self.assertEqual(done.returncode, 1)
            self.assertIn("is not there", done.stderr)
            self.assertEqual(self.files(), {LOADER: APPLICATION})

    def test_wrong_usage(self):
        for words in ([], ["--install", "x", "--remove", "x"], ["-d", "-c", "-i", "x"],
                      ["-i", "x", "-a", "below:3"], ["-i", "x", "-a", "maybe"],
                      ["-i", "x", "-a", "below:"], ["-r", "x", "-d"], ["-i", "x", "-d", "-l", "y"]):
            self.assertEqual(run(*words).returncode, 64, words)


@unittest.skipUnless(shutil.which("mformat"), "mtools are not installed")
class Disk(Place):
    def make(self, offset, files):
        """A FAT file system at the offset, and bytes around it that must stay."""
        path = os.path.join(self.top, "disk.img")
        with open(path, "wb") as disk:
            disk.write(b"A" * offset)
            disk.truncate(offset + (34 << 20))
            disk.seek(0, os.SEEK_END)
            disk.write(b"Z" * offset)
        if offset:
            with open(path, "r+b") as disk:
                disk.seek(446)
                disk.write(bytes(4) + b"\xef" + bytes(3) + (offset // 512).to_bytes(4, "little") +
                           (34 << 11).to_bytes(4, "little") + bytes(48) + b"\x55\xaa")
        self.place = f"{path}@@{offset}"
        self.mtools("mformat", "-T", str(34 << 11), "-h", "64", "-s", "32", "-F", "::")
        self.mtools("mmd", "::EFI", "::EFI/BOOT")
        for name, data in files.items():
            self.mtools("mcopy", "-", f"::{name}", data=data)
        return path

    def mtools(self, command, *words, data=None):
        return subprocess.run([command, "-i", self.place, *words], check=True, input=data,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              env={**os.environ, "MTOOLS_SKIP_CHECK": "1"}).stdout

    def files(self):
        listed = self.mtools("mdir", "-/", "-b", "::").decode().split()
        return {path[3:]: self.mtools("mcopy", path, "-") for path in listed if path[-1] != "/"}

    def is_alone(self):
        self.assertEqual(sorted(os.listdir(self.top)), ["disk.img", "images"])

    def test_partition(self):
        path = self.make(1 << 20, {LOADER: GRUB})
        self.assertEqual(self.install(path)["mode"], "chain")
        self.assertEqual(self.files(), {LOADER: APPLICATION, NEXT: GRUB})
        with open(path, "rb") as disk:
            whole = disk.read()
        self.assertEqual(whole[:440], b"A" * 440)
        self.assertEqual(whole[-(1 << 20):], b"Z" * (1 << 20))
        # Not even the image's time.
        before = os.stat(path)
        self.assertFalse(self.install(path)["changed"])
        self.assertEqual(os.stat(path), before)
        self.good("--remove", path)
        self.assertEqual(self.files(), {LOADER: GRUB})
        self.is_alone()

    def test_whole_disk(self):
        path = self.make(0, {LOADER: SYSTEMD})
        self.assertEqual(self.install(path, "--accept", "always")["mode"], "driver")
        self.assertEqual(self.files(), {LOADER: SYSTEMD, DRIVER: IMAGES["cvmem-acceptx64.efi"],
                                        f"{DRIVERS}/cvmem-accept.conf": b"accept=always\n"})
        self.good("--remove", path)
        self.assertEqual(self.files(), {LOADER: SYSTEMD})
        self.assertNotIn(b"systemd", self.mtools("mdir", "-b", "::EFI"))
        self.is_alone()

    def test_full(self):
        """The image is what it was."""
        path = self.make(0, {LOADER: GRUB, "filler": bytes(30 << 20)})
        self.write_images({name: data + bytes(4 << 20) for name, data in IMAGES.items()})
        with open(path, "rb") as disk:
            before = disk.read()
        done = run("--install", path, "--from", self.images)
        self.assertEqual(done.returncode, 1, done)
        self.assertIn("mcopy failed on its EFI system partition", done.stderr)
        with open(path, "rb") as disk:
            self.assertEqual(disk.read(), before)
        self.is_alone()

    def test_link(self):
        """It stays one, and the disk that it leads to is changed."""
        path = self.make(0, {LOADER: GRUB})
        store = os.path.join(self.top, "store")
        os.mkdir(store)
        os.rename(path, os.path.join(store, "real.img"))
        os.symlink("store/real.img", path)
        self.assertEqual(self.install(path, "--chain")["mode"], "chain")
        self.assertEqual(os.readlink(path), "store/real.img")
        self.assertEqual(self.files(), {LOADER: APPLICATION, NEXT: GRUB})
        self.good("--remove", path)
        self.assertEqual(self.files(), {LOADER: GRUB})
        self.assertEqual(os.listdir(store), ["real.img"])

    def cut_chains(self, path, first):
        """Of the clusters from the first on, in both tables, by Microsoft's FAT specification."""
        with open(path, "r+b") as disk:
            boot = disk.read(64)
            start, size = (int.from_bytes(boot[at:at + length], "little") * 512
                           for at, length in ((14, 2), (36, 4)))
            for table in range(boot[16]):
                disk.seek(start + table * size + first * 4)
                disk.write(bytes(size - first * 4))

    def test_damaged(self):
        """What cannot be read is not taken for absent: a loader, or the folder that it is in."""
        for first in 3, 5:
            path = self.make(0, {LOADER: GRUB})
            self.install(path, "--chain")
            self.cut_chains(path, first)
            with open(path, "rb") as disk:
                before = disk.read()
            for action in ["--remove", path], ["--install", path, "--from", self.images]:
                done = run(*action)
                self.assertEqual(done.returncode, 1, done)
                self.assertIn("mcopy failed on its EFI system partition: Fat problem", done.stderr)
                self.assertEqual(len(done.stderr.splitlines()), 1, done)
            with open(path, "rb") as disk:
                self.assertEqual(disk.read(), before)
            self.is_alone()

    def test_no_room_beside(self):
        """The copy has room, the loader that is read from it does not."""
        path = self.make(0, {LOADER: GRUB})
        self.install(path, "--chain")
        size = os.stat(path).st_size
        tools = os.path.join(self.top, "bin")
        os.mkdir(tools)
        with open(os.path.join(tools, "mcopy"), "w", encoding="ascii") as file:
            file.write("#!/bin/sh\nulimit -f 4\nexec " + shutil.which("mcopy") + ' "$@"\n')
        os.chmod(os.path.join(tools, "mcopy"), 0o755)
        done = subprocess.run([CVMEM, "efi", "--remove", path], capture_output=True, text=True,
                              env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"},
                              check=False)
        self.assertEqual(done.returncode, 1, done)
        self.assertIn("mcopy failed on its EFI system partition", done.stderr)
        self.assertEqual(os.stat(path).st_size, size)
        self.assertEqual(self.files(), {LOADER: APPLICATION, NEXT: GRUB})

    def test_no_partition(self):
        path = os.path.join(self.top, "disk.img")
        with open(path, "wb") as disk:
            disk.write(b"QFI\xfb" + bytes(4096))
        done = run("--install", path, "--from", self.images)
        self.assertEqual(done.returncode, 1)
        self.assertIn("qemu-img convert -O raw", done.stderr)
        self.is_alone()

    def test_no_mtools(self):
        path = self.make(0, {LOADER: GRUB})
        bare = os.path.join(self.top, "bin")
        os.mkdir(bare)
        os.symlink(shutil.which("cp"), os.path.join(bare, "cp"))
        done = subprocess.run([CVMEM, "efi", "-i", path, "--from", self.images], text=True,
                              env={"PATH": bare}, capture_output=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, "cvmem efi: mcopy: No such file or directory; disk images "
                                      "need mtools\n")
        self.assertEqual(sorted(os.listdir(self.top)), ["bin", "disk.img", "images"])


if __name__ == "__main__":
    unittest.main()
