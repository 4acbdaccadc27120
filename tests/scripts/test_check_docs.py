#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_check_docs.py SCRIPT

Each rule of scripts/check-docs, in a small tree that breaks nothing else."""
import os
import subprocess
import sys
import tempfile
import unittest

SCRIPT = sys.argv.pop(1)
SOUND = {
    "README.md": "# Project\n\n[the page](docs/page.md#second-part-of-cvm_a), `lib/a.c`, `a.c`.\n",
    "docs/page.md": "# Page\n\n## Second part of `cvm_a()`\n\nSee `cvm_a()`, `CVM_EINVAL` and [here](#page).\n",
    "tests/lib/test_a.c": "",
    "tests/shim/test_b.c": "",
    "tests/qemu/cases.py": "def lazy():\n    pass\nCASES = {'load': 1}\n",
    "lib/a.c": "int cvm_a(void)\n{\n\treturn CVM_EINVAL;\n}\n",
}


class CheckDocs(unittest.TestCase):
    def run_check(self, linked=True, **changes):
        """The tree, with files replaced (README="..." or page="..."); status and messages."""
        names = {"README": "README.md", "page": "docs/page.md", "log": "CHANGELOG.md", "man": "docs/man/tool.1"}
        files = dict(SOUND, **{names[name]: text for name, text in changes.items()})
        if linked:
            files["README.md"] += "\n[page](docs/page.md)\n"
        with tempfile.TemporaryDirectory() as root:
            for path, text in files.items():
                os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                    file.write(text)
            done = subprocess.run([sys.executable, SCRIPT, root], capture_output=True, text=True, check=False)
        return done.returncode, done.stderr

    def finds(self, message, **changes):
        status, text = self.run_check(**changes)
        self.assertEqual(status, 1, text)
        self.assertIn(message, text)
        self.assertIn(" 1 problems", text)

    def passes(self, **changes):
        status, text = self.run_check(**changes)
        self.assertEqual(status, 0, text)

    def test_sound(self):
        self.passes()

    def test_no_documents(self):
        with tempfile.TemporaryDirectory() as root:
            done = subprocess.run([sys.executable, SCRIPT, root], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)

    def test_width(self):
        self.finds("docs/page.md:3: 101 columns", page="# Page\n\n" + "x" * 101 + "\n\n# Second part of cvm_a\n",
                   README="# Project\n")
        long = "x" * 200
        self.passes(README=f"# Project\n\n| {long} |\n\n    {long}\n\n```\n{long}\n```\n{'x' * 100}\n")

    def test_links(self):
        self.finds("README.md:3: the link docs/none.md", README="# A\n\n[a](docs/none.md)\n")
        self.finds("README.md:1: the link docs/page.md#none", README="[a](docs/page.md#none)\n")
        self.finds("README.md:1: the link #none", README="[a](#none)\n")
        self.passes(README="[a](https://example.org/none), `[a](none.md)`\n\n    [a](none.md)\n")

    def test_linked(self):
        self.finds("README.md: no link to docs/page.md", README="# A\n", linked=False)

    def test_paths(self):
        self.finds("README.md:1: there is no lib/b.c", README="see `lib/b.c`\n")
        self.finds("there is no b.h", README="see `b.h`\n")
        self.finds("there is no lib/b.c", README="see `lib/{a,b}.c`\n")
        self.finds("there is no lib/sub", README="run `cat lib/sub`\n")
        self.finds("README.md:2: there is no lib/b.c", README="\n    cat lib/b.c\n")
        self.passes(README="\n    cat lib/a.c x/y.c b.c /lib/b.c\n")
        self.passes(README="`lib/*.c`, `lib/`, `lib/a.c:3`, `tool --to out.c`, `build/b.c`, `x/y`, `/proc/a.c`\n")

    def test_names(self):
        self.finds("README.md:1: there is no cvm_b", README="see `cvm_b()`\n")
        self.finds("README.md:2: there is no CVM_NONE", README="```c\ncvm_a(CVM_NONE);\n```\n")
        self.passes(README="`cvm_*`, `CVM_E*`\n")

    def test_tests(self):
        self.finds("README.md:1: there is no test lib_b", README="`lib_b`\n")
        self.finds("there is no test lib_part_b", README="`lib_part_b`\n")
        self.finds("there is no test hash-sha1", README="`hash-sha1`\n")
        self.finds("there is no test shim-elf", README="`shim-elf`\n")
        self.finds("README.md:1: there is no case tdx.none", README="`tdx.none`\n")
        self.passes(README="`lib_a`, `lib_part_a`, `shim-b`, `lib_`, `lib_none()`, `tdx.lazy`, `snp.firmware_load`, `tdx.`\n")

    def test_the_past(self):
        self.passes(log="`cvm_old()` was in `lib/old.c`\n")
        self.finds("CHANGELOG.md:1", log="all but for one\n")

    def test_phrases(self):
        self.finds('README.md:1: "but for"', README="all but\nfor one\n")
        self.finds('README.md:2: "but for"', README="\nall but for one\n")
        self.finds('", too"', README="this one, too.\n")
        self.finds('"Nobody"', README="Nobody waits.\n")
        self.passes(README="`but for`\n\n    but for\n\nNobodys, butt for, too long\n")

    def test_manual_pages(self):
        self.finds("docs/man/tool.1:3", man='.\\" but for\n.It Fl a\nall but for one\n')
        self.finds("docs/man/tool.1:1", man="all but\n.Ar for\none\n".replace("\n.Ar", "\n"))


if __name__ == "__main__":
    unittest.main()
