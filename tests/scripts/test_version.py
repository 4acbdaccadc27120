#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""scripts/version in trees with and without git."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

SCRIPT = os.path.abspath(sys.argv.pop(1))


class Version(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = os.path.join(folder.name, "a tree")
        self.header = os.path.join(folder.name, "version.h")
        self.depfile = os.path.join(folder.name, "version.d")
        os.makedirs(os.path.join(self.root, "scripts"))
        for name in "version", "common.sh":
            source = os.path.join(os.path.dirname(SCRIPT), name)
            shutil.copy(source, os.path.join(self.root, "scripts"))
        self.environment = {key: os.environ[key] for key in os.environ if not key.startswith("GIT_")}
        for who in "AUTHOR", "COMMITTER":
            self.environment[f"GIT_{who}_NAME"] = self.environment[f"GIT_{who}_EMAIL"] = "n"

    def git(self, *arguments, folder=None):
        command = ["git", "-C", folder or self.root, *arguments]
        done = subprocess.run(command, env=self.environment, check=True, stdout=subprocess.PIPE, text=True)
        return done.stdout.strip()

    def commit(self):
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "m")
        return self.git("rev-parse", "HEAD")

    def version(self):
        script = os.path.join(self.root, "scripts", "version")
        subprocess.run([script, "1.2.3", self.header, self.depfile], check=True, env=self.environment)
        with open(self.header, encoding="ascii") as file:
            return re.search(r'^#define CVMEM_VERSION "(.*)"$', file.read(), re.M)[1]

    def dependencies(self):
        with open(self.depfile, encoding="utf-8") as file:
            target, _, rest = file.read().partition(":")
        self.assertEqual(target, self.header)
        return [path.replace("\\ ", " ") for path in re.split(r"\s*\\\n ", rest.strip("\n"))[1:]]

    def test_no_git(self):
        self.assertEqual(self.version(), "1.2.3")
        self.assertEqual(self.dependencies(), [])

    def test_below_a_checkout(self):
        outer = os.path.dirname(self.root)
        self.git("init", "-q", folder=outer)
        self.git("commit", "-q", "--allow-empty", "-m", "m", folder=outer)
        self.assertEqual(self.version(), "1.2.3")

    def test_commit(self):
        self.git("init", "-q")
        first = self.commit()
        self.assertEqual(self.version(), f"1.2.3+g{first[:10]}")
        second = self.commit()
        self.assertEqual(self.version(), f"1.2.3+g{second[:10]}")

    def test_changes(self):
        self.git("init", "-q")
        commit = self.commit()
        # What git does not track is no change: a build folder, for one.
        with open(os.path.join(self.root, "untracked"), "w", encoding="ascii"):
            pass
        self.assertEqual(self.version(), f"1.2.3+g{commit[:10]}")
        with open(os.path.join(self.root, "scripts", "common.sh"), "a", encoding="ascii") as file:
            file.write("# more\n")
        self.assertEqual(self.version(), f"1.2.3+g{commit[:10]}.dirty")

    def test_release(self):
        self.git("init", "-q")
        self.commit()
        self.git("tag", "v1.2.2")
        self.assertRegex(self.version(), r"^1\.2\.3\+g")
        self.git("tag", "v1.2.3")
        self.assertEqual(self.version(), "1.2.3")
        with open(os.path.join(self.root, "scripts", "common.sh"), "a", encoding="ascii") as file:
            file.write("# more\n")
        self.assertRegex(self.version(), r"^1\.2\.3\+g[0-9a-f]{10}\.dirty$")

    def test_header_is_kept(self):
        self.git("init", "-q")
        self.commit()
        self.version()
        os.utime(self.header, (1, 1))
        self.version()
        self.assertEqual(os.stat(self.header).st_mtime, 1)
        self.commit()
        self.version()
        self.assertNotEqual(os.stat(self.header).st_mtime, 1)

    def test_dependencies(self):
        self.git("init", "-q")
        self.commit()
        self.version()
        found = self.dependencies()
        for name in "scripts/version", "scripts/common.sh", ".git/HEAD", ".git/logs/HEAD":
            self.assertIn(os.path.join(self.root, name), found)
        for path in found:
            self.assertTrue(os.path.isfile(path), path)


if __name__ == "__main__":
    unittest.main()
