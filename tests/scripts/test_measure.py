#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""bench/report/measure.py: what a section says of the machine."""

import importlib
import os
import sys
import unittest
from unittest import mock

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(sys.argv.pop(1))))


class Machine(unittest.TestCase):
    def test_load_is_that_before(self):
        """A benchmark's own load, in the same five minutes, does not count."""
        with mock.patch("os.getloadavg", return_value=(0.1, 0.2, 0.3)):
            measure = importlib.import_module("measure")
        with mock.patch("os.getloadavg", return_value=(9, 9, 9)):
            self.assertIn("a load of 0.2 in the five minutes before", measure.machine())


if __name__ == "__main__":
    unittest.main()
