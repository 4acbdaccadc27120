#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_check_packages.py CVMEM CHECK-PACKAGES

The check of Debian's packages, against an archive made here with images whose content is known:
which files it fetches and compares, and that it notices differences, also between what was read and
what came of a boot. apt is the real one."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "firmware"), os.path.join(HERE, "../common")]

import fw_images as fw
import inspect_images as make
from debian_archive import Package, TestWithArchive

CVMEM = SCRIPT = None

NEW, OLD = "6.12.107+deb13", "6.1.0-40"
BUILT = "CONFIG_UNACCEPTED_MEMORY=y\nCONFIG_INTEL_TDX_GUEST=y\n"
LOADERS = "usr/lib/systemd/boot/efi/systemd-boot"


def kernel(release, image, config=None, arch="amd64"):
    files = {f"boot/vmlinuz-{release}-{arch}": image, "boot/System.map": "not an image\n"}
    if config is not None:
        files[f"boot/config-{release}-{arch}"] = config
    return Package(f"linux-image-{release}-{arch}", files, version=release, arch=arch)


SUITES = {
    "right": [
        kernel(NEW, make.linux(), BUILT),
        kernel(NEW, make.arm64_image(b"\x1f\x20\x03\xd5" * 1024), arch="arm64"),
        kernel(OLD, make.old_linux(), "# CONFIG_INTEL_TDX_GUEST is not set\n"),
        Package("systemd-boot-efi", {LOADERS + "x64.efi": make.systemd_boot(),
                                     LOADERS + "ia32.efi": "not for this machine\n"},
                version="257.9-1"),
        Package("ovmf", {"usr/share/ovmf/OVMF.fd": fw.image()}, version="2025.02-8"),
        # Of these names none is looked at.
        Package(f"linux-image-{NEW}-amd64-dbg", {"boot/vmlinuz-debug": make.old_linux()}),
        Package("hello", {"usr/bin/vmlinuz": "hello\n"}),
    ],
    # A kernel of that version that knows nothing of unaccepted memory.
    "wrong": [kernel("6.12.1+deb13", make.old_linux())],
    # On a mirror that is behind (debian_archive).
    "forky": [kernel("6.12.3+deb13", make.linux(), BUILT)],
    # And one whose own configuration says so.
    "contradiction": [kernel("6.12.2+deb13", make.linux(), "CONFIG_INTEL_TDX_GUEST=y\n")],
}
FETCHED = {f"linux-image-{NEW}-amd64", f"linux-image-{NEW}-arm64", f"linux-image-{OLD}-amd64",
           "systemd-boot-efi", "ovmf"}
TABLE = [
    "| right | Linux 6.1.0: amd64 | 1 | no | no | no | yes | no |",
    "| right | Linux 6.12.107: amd64 | 1 | yes | yes | yes | yes | yes |",
    "| right | Linux 6.12.107: arm64 | 1 | no | no | no | no | no |",
    "| right | ovmf 2025.02-8 | OVMF.fd | yes | yes | yes | yes | yes |",
    "| right | systemd-boot-efi 257.9-1 | systemd-bootx64.efi | yes | no | unknown | unknown | yes |",
]


# In the place of cvmem: the real one, except for --try, whose outcomes a file gives by the first
# image's name, and which notes what it was asked for.
STAND_IN = """#!/usr/bin/env python3
import json, os, sys
if "--try" not in sys.argv:
    os.execv({cvmem!r}, sys.argv)
with open({note!r}, "a") as note:
    note.write(" ".join(map(os.path.basename, sys.argv[5:])) + "\\n")
with open({outcomes!r}) as file:
    outcomes = json.load(file)
tried = []
for platform, outcome in zip(["tdx", "snp"], outcomes.get(os.path.basename(sys.argv[5]), ["lazy", "lazy"])):
    tried.append(dict(platform=platform, outcome=outcome, read="lazy", agree=outcome == "lazy", ended="powered-off"))
print(json.dumps(dict(files=[], **({{}} if "broken" in outcomes else dict({{"try": tried}})))))
"""


class Check(TestWithArchive):
    suites = SUITES

    def setUp(self):
        super().setUp()
        self.cache = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.cache)

    def check(self, *arguments):
        # Dates count, also where the machine's own configuration ignores them.
        config = os.path.join(self.cache, "apt.conf")
        with open(config, "w", encoding="ascii") as file:
            file.write('Dir::Etc::main "/dev/null";\nDir::Etc::parts "/dev/null";\n'
                       'Acquire::Check-Valid-Until "true";\n')
        return subprocess.run(
            [SCRIPT, "--cvmem", CVMEM, *arguments],
            env=dict(os.environ, XDG_CACHE_HOME=self.cache, CVMEM_MIRROR=self.server.uri(),
                     CVMEM_KEYRING=self.archive.keyring, APT_CONFIG=config),
            capture_output=True,
            text=True,
            check=False,
        )

    def good(self, *arguments):
        done = self.check(*arguments)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done

    def bad(self, message, *arguments):
        done = self.check(*arguments)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn(message, done.stderr)
        return done

    def test_right(self):
        done = self.good("right")
        self.assertEqual(done.stdout.splitlines()[2:], TABLE)
        summary = "5 images; the answer for 5 of them is known beforehand, and 0 answers differ."
        self.assertEqual(done.stderr.splitlines()[-1], summary)
        self.assertEqual(self.server.packages_asked(), FETCHED)

        # Only images are kept, and nothing is fetched twice.
        self.server.forget()
        self.assertEqual(self.good("right").stdout, done.stdout)
        self.assertEqual(self.server.packages_asked(), set())
        self.server.forget()
        self.assertEqual(self.good("--offline", "right").stdout, done.stdout)
        self.assertEqual(self.server.requests, [])

    def test_only(self):
        done = self.good("--only", "systemd|ovmf", "right")
        self.assertEqual(self.server.packages_asked(), {"systemd-boot-efi", "ovmf"})
        self.assertIn("2 images; the answer for 2 of them is known ", done.stderr)
        done = self.good("--offline", "right")
        self.assertIn("Not fetched: 3 packages of right.", done.stderr)

    def test_wrong(self):
        image = "vmlinuz-6.12.1+deb13-amd64"
        done = self.bad(f"{image}: unaccepted is no, not yes", "wrong")
        self.assertIn(f"{image}: the answer is no, not yes", done.stderr)

    def test_contradiction(self):
        self.bad("CONFIG_UNACCEPTED_MEMORY is not what this script expects", "contradiction")

    def stand_in(self, **outcomes):
        paths = {name: os.path.join(self.cache, name) for name in ("note", "outcomes", "stand-in")}
        with open(paths["outcomes"], "w", encoding="ascii") as file:
            json.dump({name.replace("_", "-"): value for name, value in outcomes.items()}, file)
        with open(paths["stand-in"], "w", encoding="utf-8") as file:
            file.write(STAND_IN.format(cvmem=os.path.abspath(CVMEM), note=paths["note"],
                                       outcomes=paths["outcomes"]))
        os.chmod(paths["stand-in"], 0o755)
        return paths

    def booted(self, paths):
        with open(paths["note"], encoding="utf-8") as file:
            return sorted(file.read().splitlines())

    def try_all(self, paths, *arguments):
        return self.check("--cvmem", paths["stand-in"], *arguments, "right")

    def test_try(self):
        """Kernels for x86-64 and firmware boot; each once, whatever interrupts the runs."""
        kernel = os.path.join(self.cache, "cvmem/vm/linux/vmlinuz")
        os.makedirs(os.path.dirname(kernel))
        with open(kernel, "wb") as file:
            file.write(make.linux())
        paths = self.stand_in()
        done = self.try_all(paths, "--try", "--only", "linux-image-6.12")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("| right | Linux 6.12.107: amd64 | 1 | lazy | lazy |", done.stdout)
        done = self.try_all(paths, "--tried")
        self.assertIn("| right | Linux 6.1.0: amd64 | 1 | not tried | not tried |", done.stdout)
        self.assertIn("1 of 3 images that can boot were booted on both platforms", done.stderr)
        done = self.try_all(paths, "--try", "--jobs", "2")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("booted 2 of 2: right: ", done.stderr)
        self.assertEqual(self.booted(paths), ["OVMF.fd vmlinuz", f"vmlinuz-{OLD}-amd64", f"vmlinuz-{NEW}-amd64"])
        self.assertIn("| right | ovmf 2025.02-8: OVMF.fd | 1 | lazy | lazy |", done.stdout)
        self.try_all(paths, "--try", "--again", "--only", "ovmf")
        self.assertEqual(len(self.booted(paths)), 4)

    def test_try_differs(self):
        paths = self.stand_in(**{f"vmlinuz-{NEW}-amd64": ["lazy", "does-not-boot"]})
        done = self.try_all(paths, "--try", "--only", "linux-image-6.12")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("snp: read lazy, tried does-not-boot (powered-off)", done.stderr)
        self.assertIn("| lazy | **does-not-boot, read lazy** |", done.stdout)
        self.assertIn("1 outcomes differ from what was read without a reason", done.stderr)

    def test_try_breaks(self):
        """A machine that cannot run at all is no outcome, and is not kept."""
        paths = self.stand_in(broken=[])
        done = self.try_all(paths, "--try", "--only", "linux-image-6.12")
        self.assertEqual(done.returncode, 1)
        self.assertIn("error: right: ", done.stderr)
        self.assertEqual(os.listdir(os.path.join(self.cache, "cvmem/packages/tried")), [])

    def test_expired(self):
        """A suite past its date is checked, with a warning."""
        done = self.good("forky", "right")
        self.assertIn("warning: the mirror's lists of forky are out of date: invalid since ", done.stderr)
        self.assertNotIn("lists of right", done.stderr)
        self.assertEqual(self.server.packages_asked(), FETCHED | {"linux-image-6.12.3+deb13-amd64"})

    def test_tampered(self):
        self.server.tampered = "ovmf.deb"
        self.bad("ovmf of right", "--only", "ovmf", "right")
        self.assertFalse(os.path.exists(os.path.join(self.cache, "cvmem/packages/images")))

    def test_another_key(self):
        with open(os.path.join(self.cache, "empty.gpg"), "wb"):
            pass
        self.archive.keyring, good = os.path.join(self.cache, "empty.gpg"), self.archive.keyring
        try:
            self.bad("package lists of right", "right")
        finally:
            self.archive.keyring = good
        self.assertEqual(self.server.packages_asked(), set())


if __name__ == "__main__":
    CVMEM, SCRIPT = sys.argv.pop(1), sys.argv.pop(1)
    for tool in ("apt-get", "apt-cache", "dpkg-deb", "gpg", "gpgconf", "gpgv"):
        if not shutil.which(tool):
            print(f"{tool} is not installed", file=sys.stderr)
            sys.exit(77)
    unittest.main(verbosity=2)
