# SPDX-License-Identifier: MIT
"""What the tests of `cvmem inspect` share: running it on bytes. The command is the first argument."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

CVMEM = None
SANITIZED = False  # sanitizers need memory of their own
EXIT = {"yes": 0, "no": 1, "unknown": 2, "not readable": 3}


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def write(self, name, data):
        path = os.path.join(self.folder.name, name)
        with open(path, "wb") as file:
            file.write(data)
        return path

    def run_on(self, *paths):
        """What --json says; the exit status is that of its answer, and stderr has all errors."""
        done = subprocess.run(
            [CVMEM, "inspect", "--json", *paths], capture_output=True, check=False, text=True
        )
        self.assertIn(done.returncode, range(4), done.stderr)
        result = json.loads(done.stdout)
        self.assertEqual(EXIT[result["answer"]], done.returncode)
        return result

    def inspect(self, *images):
        return self.run_on(*(self.write(f"file{i}", image) for i, image in enumerate(images)))

    def one(self, image):
        return self.inspect(image)["files"][0]

    def answers(self, found):
        """As a word: y, n or ? for each of unaccepted, negotiates, TDX, SNP."""
        letters = {"yes": "y", "no": "n", "unknown": "?"}
        order = ["unaccepted", "negotiates", "tdx", "snp"]
        return "".join(letters[found["answers"][key]["answer"]] for key in order)

    def strengths(self, found, question):
        return sorted({item["strength"] for item in found["answers"][question]["evidence"]})

    def notes(self, found):
        return [note["name"] for note in found["notes"]]


def main():
    global CVMEM, SANITIZED
    CVMEM = sys.argv.pop(1)
    with open(CVMEM, "rb") as program:
        content = program.read()
    SANITIZED = b"__asan_init" in content or b"__tsan_init" in content
    unittest.main()
