#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""scripts/check-snippets against small trees."""

import os
import subprocess
import sys
import tempfile
import unittest

SCRIPT = os.path.abspath(sys.argv.pop(1))

SOURCE = """\
int one(void)
{
\t/* snippet: body */
\treturn 1;
\t/* end of snippet */
}
/* snippet: body */
int two;
/* end of snippet */
/* snippet: other */
int three;
/* end of snippet */
"""
DOCUMENT = """\
Some text.

<!-- snippet: code.c body -->
```c
{}```

```c
int not_a_snippet;
```
"""
CUT = "return 1;\n\nint two;\n"


class Snippets(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        self.write("code.c", SOURCE)

    def write(self, name, text):
        with open(os.path.join(self.root, name), "w", encoding="utf-8") as file:
            file.write(text)

    def check(self, *options):
        done = subprocess.run([SCRIPT, *options, self.root], capture_output=True, text=True)
        return done.returncode, done.stderr

    def test_same(self):
        self.write("README.md", DOCUMENT.format(CUT))
        self.assertEqual(self.check(), (0, "1 snippets\n"))

    def test_differs_until_it_is_updated(self):
        for text in "", "return 1;\n", CUT + "int more;\n":
            self.write("README.md", DOCUMENT.format(text))
            status, output = self.check()
            self.assertEqual(status, 1)
            self.assertIn("README.md: differs", output)
            self.assertEqual(self.check("--update")[0], 0)
            with open(os.path.join(self.root, "README.md"), encoding="utf-8") as file:
                self.assertEqual(file.read(), DOCUMENT.format(CUT))
            self.assertEqual(self.check()[0], 0)

    def test_source_is_broken(self):
        self.write("README.md", DOCUMENT.format(CUT))
        for source in None, "int nothing;\n", SOURCE[: SOURCE.index("/* end")]:
            if source is None:
                os.remove(os.path.join(self.root, "code.c"))
            else:
                self.write("code.c", source)
            for options in [], ["--update"]:
                status, output = self.check(*options)
                self.assertEqual(status, 1)
                self.assertIn("README.md: code.c: ", output)

    def test_block_is_missing(self):
        self.write("README.md", "<!-- snippet: code.c body -->\n\nText.\n")
        self.assertEqual(self.check()[0], 1)

    def test_no_snippet_at_all(self):
        self.write("README.md", "Text.\n")
        self.assertEqual(self.check()[0], 1)


unittest.main()
