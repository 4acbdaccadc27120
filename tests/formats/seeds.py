#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: tests/formats/seeds.py FOLDER

Writes what the fuzzer of formats/ starts from: fuzz/corpus/fuzz_formats."""

import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tools/inspect/firmware"))
sys.dont_write_bytecode = True

from fw_images import OTHER, asev, good_tdvf, metadata, table, tdvf  # noqa: E402

SEEDS = {
    "both": metadata,
    "tdvf": lambda: metadata(sev=b""),
    "sev": lambda: metadata(td=b""),
    "igvm": lambda: metadata(td=asev([(0, 192, 0x101)], signature=b"IGVM"),
                             more=[("784fa70e-3176-4677-8a20-04b68699e374", struct.pack("<I", 256))]),
    "legacy": lambda: tdvf(good_tdvf()) + struct.pack("<I", 16) + bytes(28),
    "entries": lambda: table([(OTHER, bytes(n)) for n in range(8)]),
}

for name, make in SEEDS.items():
    with open(os.path.join(sys.argv[1], name), "wb") as file:
        file.write(make())
