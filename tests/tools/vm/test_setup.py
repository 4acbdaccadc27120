#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_setup.py VM-SETUP

The set-up of `cvmem vm` against an archive made here: signed with a key made here, served by a
web server that counts, tampers, and fails on request. apt itself is the real one."""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../common"))

from debian_archive import Package, TestWithArchive

SETUP = None
NEW, OLD = "7.2.12+deb14", "7.2.9+deb14"
PARTS = ["extras", "guest", "linux", "linux-6.12", "qemu"]

# suite: {package: (depends, {path: content})}
CONTENT = {
    "forky": {
        "qemu-system-x86": ("libemulate", {"usr/bin/qemu-system-x86_64": "the emulator\n"}),
        "libemulate": (None, {"usr/lib/libemulate.so": "a library\n"}),
        "ovmf": (None, {"usr/share/ovmf/OVMF.fd": "firmware\n", "usr/share/doc/ovmf/a": "dull\n"}),
        "busybox-static": (None, {"usr/bin/busybox": "a shell\n"}),
        "systemd-boot-efi": (None, {"usr/lib/systemd/boot/efi/systemd-bootx64.efi": "a loader\n"}),
        "kexec-tools": (None, {"usr/sbin/kexec": "another\n"}),
        f"linux-binary-{OLD}-cloud-amd64": (None, {f"usr/lib/modules/{OLD}/vmlinuz": "old\n"}),
        f"linux-binary-{NEW}-cloud-amd64": (
            "an-installer-that-is-not-wanted",
            {f"usr/lib/modules/{NEW}/vmlinuz": "new\n"},
        ),
        f"linux-binary-{NEW}-amd64": (None, {"usr/lib/modules/generic/vmlinuz": "generic\n"}),
        "grub-efi-amd64-unsigned": (None, {"usr/lib/grub/grubx64.efi": "a menu\n"}),
        f"linux-modules-{NEW}-cloud-amd64": (None, {f"usr/lib/modules/{NEW}/virtio.ko": "m\n"}),
    },
    "trixie": {
        "linux-image-6.12.107+deb13-cloud-amd64": (None, {"boot/vmlinuz-6.12.107": "6.12\n"}),
        "linux-image-6.12.107+deb13-amd64": (None, {"boot/vmlinuz-generic": "generic\n"}),
    },
}


class Setup(TestWithArchive):
    suites = {
        suite: [Package(name, files, depends) for name, (depends, files) in packages.items()]
        for suite, packages in CONTENT.items()
    }

    def setUp(self):
        super().setUp()
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.cache = os.path.join(self.folder, "a cache")
        self.hook = os.path.join(self.folder, "hook-ran")
        self.config = os.path.join(self.folder, "apt.conf")
        self.environment = dict(
            os.environ,
            APT_CONFIG=self.config,
            CVMEM_MIRROR=self.server.uri(),
            CVMEM_KEYRING=self.archive.keyring,
        )
        self.configure("")

    def configure(self, text):
        with open(self.config, "w", encoding="ascii") as file:
            file.write(
                'Dir::Etc::main "/dev/null";\nDir::Etc::parts "/dev/null";\n'
                'Acquire::Check-Valid-Until "true";\nAcquire::Retries::Delay "false";\n'
                f'APT::Update::Post-Invoke {{ "touch {self.hook}"; }};\n{text}'
            )

    def start(self, *parts, how=()):
        return subprocess.Popen(
            [SETUP, *how, self.cache, *parts],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run_setup(self, *parts, how=()):
        process = self.start(*parts, how=how)
        output = process.communicate()[0]
        return process.returncode, output

    def fetch(self, *parts):
        status, output = self.run_setup(*parts)
        self.assertEqual(status, 0, output)
        return output

    def refuse(self, message, *parts):
        status, output = self.run_setup(*parts)
        self.assertNotEqual(status, 0, output)
        self.assertIn(message, output)
        return output

    def content(self, path):
        with open(os.path.join(self.cache, path), encoding="ascii") as file:
            return file.read()

    def parts(self):
        return sorted(set(os.listdir(self.cache)) - {"lock"})

    def test_everything(self):
        output = self.fetch()
        self.assertEqual(self.parts(), PARTS)
        self.assertEqual(self.content("linux/vmlinuz"), "new\n")
        self.assertEqual(self.content(f"linux/usr/lib/modules/{NEW}/virtio.ko"), "m\n")
        self.assertEqual(self.content("linux-6.12/vmlinuz"), "6.12\n")
        self.assertEqual(self.content("guest/usr/share/ovmf/OVMF.fd"), "firmware\n")
        self.assertEqual(self.content("qemu/usr/lib/libemulate.so"), "a library\n")
        self.assertEqual(self.content("extras/usr/sbin/kexec"), "another\n")
        self.assertFalse(os.path.exists(os.path.join(self.cache, "guest/usr/share/doc")))
        self.assertFalse(os.path.exists(self.hook), "a hook of the system's apt ran")
        for words in ("MB to download", self.cache, "1/2 ", "2/2 ", "linux is complete"):
            self.assertIn(words, output)
        self.assertEqual(
            self.server.packages_asked(),
            {
                *("qemu-system-x86", "libemulate", "ovmf", "busybox-static"),
                *(f"linux-binary-{NEW}-cloud-amd64", f"linux-modules-{NEW}-cloud-amd64"),
                "linux-image-6.12.107+deb13-cloud-amd64",
                *("systemd-boot-efi", "kexec-tools"),
            },
        )
        # The archive's forky is past its date, its trixie has none.
        self.assertIn("lists of Debian forky are out of date: invalid since ", output)
        self.assertNotIn("lists of Debian trixie are out of date", output)
        self.server.forget()
        self.assertEqual(self.fetch(), "")
        self.assertEqual(self.server.requests, [])

    def test_update(self):
        """What is there, if the archive has something else."""
        self.fetch("guest", "extras")
        with open(os.path.join(self.cache, "extras/.complete"), "a", encoding="ascii") as file:
            file.write("of another version\n")
        old = os.path.join(self.cache, "extras/old")
        with open(old, "w", encoding="ascii"):
            pass
        self.server.forget()
        status, output = self.run_setup(how=["--update"])
        self.assertEqual(status, 0, output)
        self.assertIn("guest is up to date", output)
        self.assertIn("extras is complete", output)
        self.assertEqual(self.server.packages_asked(), {"systemd-boot-efi", "kexec-tools"})
        self.assertEqual(self.parts(), ["extras", "guest"])
        self.assertFalse(os.path.exists(old))
        status, output = self.run_setup(how=["--update"])
        self.assertIn("extras is up to date", output)

    def make(self, path):
        path = os.path.join(self.cache, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="ascii") as file:
            file.write("of another version\n")
        return path

    def test_update_of_other_parts(self):
        """Of those that no set-up fetches as well. What Debian has no more stops no other."""
        self.fetch("grub-2.14")
        self.make("grub-2.14/.complete")
        old = self.make("grub-2.14/old")
        for part in "linux-headers-6.12", "unknown":
            self.make(part + "/.complete")
        status, output = self.run_setup(how=["--update"])
        self.assertEqual(status, 0, output)
        self.assertIn("grub-2.14 is complete", output)
        self.assertFalse(os.path.exists(old))
        self.assertIn("linux-headers-6.12 stays as it is", output)
        self.assertEqual(self.parts(), ["grub-2.14", "linux-headers-6.12", "unknown"])

    def test_update_of_nothing(self):
        status, output = self.run_setup(how=["--update"])
        self.assertNotEqual(status, 0)
        self.assertIn("there is no set-up", output)

    def test_remove(self):
        self.fetch("guest")
        for path in ("qemu-arm/.complete", "redis/.complete", "of-another-version/.complete",
                     "linux/cut-off", "linux-arm64.new/file", "apt/x", "demonstration.initrd",
                     "demonstration-arm64.initrd", "initrd.aB3dEf"):
            self.make(path)
        other = self.make("mine")
        status, output = self.run_setup(how=["--remove"])
        self.assertEqual(status, 0, output)
        self.assertEqual(os.listdir(self.cache), ["mine"])
        self.assertIn("other files", output)
        os.remove(other)
        self.assertEqual(self.run_setup(how=["--remove"]), (0, ""))
        self.assertFalse(os.path.exists(self.cache))

    def test_remove_while_a_machine_runs(self):
        self.fetch("guest")
        path = self.make("initrd.aB3dEf")
        with open(path, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            self.assertEqual(self.run_setup(how=["--remove"])[0], 0)
            self.assertEqual(os.listdir(self.cache), ["initrd.aB3dEf"])
        self.assertEqual(self.run_setup(how=["--remove"]), (0, ""))
        self.assertFalse(os.path.exists(self.cache))

    def test_resumes(self):
        self.server.hangs_after = 3
        process = self.start("guest", "qemu")
        self.assertTrue(self.server.reached.wait(600))
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        self.assertEqual(self.parts(), ["apt", "guest"])
        self.server.release.set()

        # What is there is not fetched again, unless it is not what was signed.
        debs = os.path.join(self.cache, "apt/forky-amd64/debs")
        (deb,) = os.listdir(debs)
        there = deb.split("_")[0]
        (absent,) = {"qemu-system-x86", "libemulate"} - {there}
        self.server.forget()
        self.server.missing = [absent + ".deb"]
        self.refuse("apt-get failed", "guest", "qemu")
        self.assertEqual(self.server.packages_asked(), {absent})
        with open(os.path.join(debs, deb), "r+b") as file:
            file.seek(-3, os.SEEK_END)
            file.write(b"X")
        self.server.forget()
        self.fetch("guest", "qemu")
        self.assertEqual(self.server.packages_asked(), {there, absent})
        self.assertEqual(self.parts(), ["guest", "qemu"])
        self.assertEqual(self.content("qemu/usr/lib/libemulate.so"), "a library\n")
        self.assertEqual(self.content("qemu/usr/bin/qemu-system-x86_64"), "the emulator\n")

    def test_tampered_package(self):
        self.server.tampered = "busybox-static.deb"
        self.refuse("a file is not the one that was signed", "guest")
        self.assertEqual(self.parts(), ["apt"])
        self.server.tampered = None
        self.fetch("guest")
        self.assertEqual(self.content("guest/usr/bin/busybox"), "a shell\n")

    def test_tampered_lists(self):
        self.server.tampered = "InRelease"
        self.refuse("package lists of Debian forky", "guest")
        self.assertEqual(self.server.packages_asked(), set())

    def test_another_key(self):
        other = os.path.join(self.folder, "other.gpg")
        stranger = tempfile.mkdtemp(prefix="gpg")
        self.addCleanup(shutil.rmtree, stranger, True)
        gpg = ["gpg", "--batch", "--quiet", "--homedir", stranger]
        subprocess.run(gpg + ["--quick-gen-key", "--passphrase", "", "s@example.invalid", "ed25519"], check=True, capture_output=True)
        with open(other, "wb") as file:
            subprocess.run(gpg + ["--export"], check=True, stdout=file)
        subprocess.run(["gpgconf", "--homedir", stranger, "--kill", "all"], check=False)
        self.environment["CVMEM_KEYRING"] = other
        self.refuse(f"the signature is not one of {other}", "guest")
        self.assertEqual(self.server.packages_asked(), set())

    def test_no_such_suite(self):
        self.server.missing = ["/trixie/"]
        self.refuse("package lists of Debian trixie: the mirror has no such suite")
        self.assertEqual(self.parts(), ["apt", "guest", "linux", "qemu"])

    def test_no_such_part(self):
        self.refuse("there is no part 'windows'", "guest", "windows")
        self.assertEqual(self.server.requests, [])

    def test_no_network(self):
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            self.environment["CVMEM_MIRROR"] = f"http://127.0.0.1:{closed.getsockname()[1]}/"
            self.refuse("no connection to the mirror", "guest")

    def test_disk_full(self):
        tools = os.path.join(self.folder, "tools")
        os.mkdir(tools)
        with open(os.path.join(tools, "df"), "w", encoding="ascii") as df:
            df.write("#!/bin/sh\necho Filesystem Blocks Used Available\necho /dev/x 100000 95000 5000 95% /\n")
        os.chmod(os.path.join(tools, "df"), 0o755)
        self.environment["PATH"] = tools + ":" + self.environment["PATH"]
        self.refuse("has only 5 MB free", "guest")
        self.assertEqual(self.server.requests, [])

    def test_mirror_of_the_system(self):
        """Of the repositories that apt is configured with, the first that has the suite."""
        del self.environment["CVMEM_MIRROR"]
        sources = os.path.join(self.folder, "sources.list")
        lists = os.path.join(self.folder, "lists")
        os.makedirs(os.path.join(lists, "partial"))
        self.configure(
            f'Dir::Etc::sourcelist "{sources}";\nDir::Etc::sourceparts "/dev/null";\n'
            f'Dir::State::lists "{lists}";\n'
        )
        with open(sources, "w", encoding="ascii") as file:
            file.write(
                f"deb {self.server.uri()}elsewhere stable main\n"
                f"deb {self.server.uri()}extra stable contrib\n"
                f"deb {self.server.uri()} bookworm main\n"
            )
        self.fetch("guest")
        self.assertTrue(any("/elsewhere/dists/forky/" in path for path in self.server.requests))
        self.assertFalse(any("/extra/" in path for path in self.server.requests))
        with open(sources, "w", encoding="ascii") as file:
            file.write("")
        self.refuse("apt's configuration names no Debian mirror", "linux")


if __name__ == "__main__":
    SETUP = sys.argv.pop(1)
    for tool in ("apt-get", "dpkg-deb", "gpg", "gpgconf", "gpgv"):
        if not shutil.which(tool):
            print(f"{tool} is not installed", file=sys.stderr)
            sys.exit(77)
    unittest.main(verbosity=2)
