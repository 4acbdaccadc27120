#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What scripts/recipes.py finds in small documents, and that this tree's table fits its documents."""

import os
import sys
import tempfile
import unittest

FILE = os.path.abspath(sys.argv.pop(1))
ROOT = os.path.dirname(os.path.dirname(FILE))
sys.path.insert(0, os.path.dirname(FILE))

import recipes  # noqa: E402

TEXT = """# Title

Words, then commands:

    ./run      # build, and more
    ./check

More:

    build/cvmem vm \\
        --quiet
    python3 -c 'one
    two'

```c
int code;

    build/cvmem not a command
```

    a ──> b

    c ──> d

```sh
make it
```

`./run ARGS` is not in a block.
"""

TABLE = """# A comment.

= README.md
check ./run
\tneeds jq /a/b
fresh ./check
\tlong
\tin own
\troot
given-slow touch file
slow build/cvmem vm \\
\tstatus 3
not python3 -c 'one
\twhy it is long
text a ──> b
guest make it
"""


def read(text, table):
    with tempfile.TemporaryDirectory() as root:
        os.makedirs(os.path.join(root, "tests"))
        for name, content in ("README.md", text), (recipes.TABLE, table):
            with open(os.path.join(root, name), "w", encoding="utf-8") as file:
                file.write(content)
        return recipes.Recipes(root)


class Recipes(unittest.TestCase):
    def test_commands(self):
        found = read(TEXT, TABLE)
        self.assertEqual(found.problems, [])
        self.assertEqual([(one.line, one.kind, one.text) for one in found.recipes], [
            (5, "check", "./run"),
            (6, "fresh", "./check"),
            (10, "slow", "build/cvmem vm \\\n    --quiet"),
            (12, "not", "python3 -c 'one\ntwo'"),
            (26, "guest", "make it"),
        ])
        run, check, vm, long = (one.more for one in found.recipes[:4])
        self.assertEqual((run.needs, run.status, run.folder, run.long, run.as_root),
                         (["jq", "/a/b"], 0, "cvmem", False, False))
        self.assertEqual((check.folder, check.long, check.as_root), ("own", True, True))
        self.assertEqual((vm.status, long.why), (3, "it is long"))
        self.assertEqual(found.given, {("README.md", "slow"): ["touch file"]})

    def test_problems(self):
        found = read(TEXT + "\n    rm -rf /\n", TABLE)
        self.assertEqual(found.problems, [f"README.md:31: add a line to {recipes.TABLE} for: rm -rf /"])
        found = read(TEXT, TABLE + "check ./gone\n")
        self.assertEqual(found.problems, [f"{recipes.TABLE}: README.md has no such line: ./gone"])
        for table in "= a\nnot x\n", "= a\nmaybe x\n", "check x\n", "= a\ncheck x\n\tsoon\n":
            with self.assertRaises(ValueError):
                recipes.read_table(table)

    def test_tree(self):
        found = recipes.Recipes(ROOT)
        self.assertEqual(found.problems, [])
        for kind in set(recipes.KINDS) - {"text"}:
            self.assertTrue(any(one.kind == kind for one in found.recipes), kind)


if __name__ == "__main__":
    unittest.main()
