# SPDX-License-Identifier: MIT
"""What the tests of firmware images share: running fw-dump (the first argument) on bytes."""

import json
import resource
import subprocess
import sys
import tempfile
import unittest

DUMP = None
SANITIZED = False  # sanitizers reserve terabytes of addresses
# Of address space: far more than a file of these needs, far less than a hostile one could ask for.
MEMORY = 1 << 30


def limit():
    if not SANITIZED:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (120, 120))


class Case(unittest.TestCase):
    maxDiff = None

    def dump(self, data):
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            done = subprocess.run([DUMP, file.name], capture_output=True, check=False, text=True,
                                  preexec_fn=limit)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return json.loads(done.stdout)

    def lints(self, found):
        return [lint["name"] for lint in found["lint"]]

    def expect(self, data, *names, **answers):
        """Exactly these lints, in this order, and tdx=, snp=, type_15= as given. Returns what was found."""
        found = self.dump(data)
        self.assertEqual(self.lints(found), list(names), found["lint"])
        for key, value in answers.items():
            got = found["memory_type_15"] if key == "type_15" else found[key]["accepts"]
            self.assertEqual(got, value, (key, found.get(key)))
        return found


def main():
    global DUMP, SANITIZED
    DUMP = sys.argv.pop(1)
    with open(DUMP, "rb") as program:
        content = program.read()
    SANITIZED = b"__asan_init" in content or b"__tsan_init" in content
    unittest.main()
