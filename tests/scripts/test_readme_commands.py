#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What scripts/readme_commands.py finds, in small texts and in README.md."""

import os
import sys
import unittest

FILE = os.path.abspath(sys.argv.pop(1))
sys.path.insert(0, os.path.dirname(FILE))

import readme_commands  # noqa: E402

TEXT = """# Title

Words, then commands:

    ./run      # build, and more
    ./check

More:

    build/cvmem vm --forget-accept 3100
    meson setup build && meson install -C build
    cc a.c $(pkg-config --libs cvmem)

```c
int code;

    build/cvmem not a command
```

    a ──> b

    include cvmem/cvmem.mk
    rm -rf /

`./run ARGS` is not in a block.

    ./run ARGS
"""


class Commands(unittest.TestCase):
    def test_small(self):
        commands, unknown = readme_commands.read(TEXT)
        self.assertEqual(
            [(one.text, one.folder) for one in commands],
            [
                ("./run", "cvmem"),
                ("./check", "cvmem"),
                ("build/cvmem vm --forget-accept 3100", "cvmem"),
                ("meson setup build && meson install -C build", "library"),
                ("cc a.c $(pkg-config --libs cvmem)", "own"),
            ],
        )
        self.assertEqual([one.text for one in commands if one.long], ["./check"])
        self.assertEqual([one.text for one in commands if one.as_root], [commands[3].text])
        self.assertEqual([one.status for one in commands], [0, 0, 1, 0, 0])
        self.assertEqual(unknown, ["rm -rf /"])

    def test_readme(self):
        path = os.path.join(os.path.dirname(FILE), "..", "README.md")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        commands, unknown = readme_commands.read(text)
        self.assertEqual(unknown, [])
        texts = [one.text for one in commands]
        for text in "./run", "build/cvmem vm", "build/cvmem map /sys/firmware/memmap":
            self.assertIn(text, texts)
        # A status that is expected is one of a command that is there.
        self.assertLessEqual(set(readme_commands.STATUS), set(texts))


if __name__ == "__main__":
    unittest.main()
