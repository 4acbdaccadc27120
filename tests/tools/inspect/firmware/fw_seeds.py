#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: fw_seeds.py FOLDER

Writes what the fuzzer of firmware images starts from: fuzz/corpus/fuzz_firmware."""

import os
import sys

from fw_igvm import igvm
from fw_images import (BROTLI, LZMA_X86, MACHINE_SEEDS, brotli, guided, image, lzma_x86, main_volume, section,
                       stored, volume)

SEEDS = {
    "image-lzma": image,
    "image-brotli": lambda: image(main=main_volume(pack=lambda data: guided(BROTLI, brotli(data)))),
    "image-lzma-x86": lambda: image(main=main_volume(pack=lambda data: guided(LZMA_X86, lzma_x86(data)))),
    "image-nested": lambda: image(main=main_volume(pack=lambda data: section(3, data))),
    "volume": lambda: volume(MACHINE_SEEDS),
    "variables": stored,
    "igvm": igvm,
}

for name, make in SEEDS.items():
    with open(os.path.join(sys.argv[1], name), "wb") as file:
        file.write(make())
