#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_symbols.py LIBRARY

Every symbol that LIBRARY (libcvmem.a) gives to a linker begins with cvm_, and it asks for none that it does not
have.
"""
import sys

import embed

LIBRARY = sys.argv[1]


def main():
    defined = embed.symbols("-g", "--defined-only", LIBRARY)
    foreign = sorted(name for name in defined if not name.startswith("cvm_"))
    if foreign:
        embed.fail(f"symbols without the prefix: {foreign}")
    # Of objects that are position independent the linker fills in the table of addresses.
    lacking = sorted(embed.symbols("-u", LIBRARY) - defined - {"_GLOBAL_OFFSET_TABLE_"})
    if lacking:
        embed.fail(f"symbols from outside: {lacking}")
    if len(defined) < 80:
        embed.fail(f"only {len(defined)} symbols")


main()
