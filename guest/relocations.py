#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: guest/relocations.py ELF ROM OUTPUT ROM-ADDRESS TABLE-ADDRESS

Adds to the ROM what another kernel needs to load the image elsewhere: its size, the number of its
words of 64 bits that are addresses in it, and their offsets. ELF: what the ROM was made of, linked
with --emit-relocs. Code of the image that works at one address only is an error."""

import struct
import sys

IMAGE = ".image", ".bss"
SHT_RELA, SHF_ALLOC, SHN_ABS = 4, 2, 0xfff1
# System V ABI, AMD64, 4.4.1.
R_64, R_PC32, R_PLT32, R_PC64 = 1, 2, 4, 24


class Elf:
    def __init__(self, data):
        self.data = data
        at, size, count, names = struct.unpack_from("<Q10xHHH", data, 0x28)
        self.sections = [struct.unpack_from("<IIQQQQIIQQ", data, at + size * i)
                         for i in range(count)]
        self.names = [self.text(self.sections[names], section[0]) for section in self.sections]

    def text(self, strings, at):
        start = strings[4] + at
        return self.data[start:self.data.index(b"\0", start)].decode()

    def entries(self, section, form):
        for at in range(section[4], section[4] + section[5], struct.calcsize(form)):
            yield struct.unpack_from(form, self.data, at)

    def relocations(self):
        """(section, address, type, where the symbol is, its name or section's) of what is loaded."""
        for section in self.sections:
            if section[1] != SHT_RELA or not self.sections[section[7]][2] & SHF_ALLOC:
                continue
            table = self.sections[section[6]]
            symbols = list(self.entries(table, "<IBBHQQ"))
            for address, info, _ in self.entries(section, "<QQq"):
                name, _, _, index, _, _ = symbols[info >> 32]
                where = self.names[index] if index < len(self.names) else ""
                yield (self.names[section[7]], address, info & 0xffffffff, where,
                       self.text(self.sections[table[6]], name) or where)


def offsets(elf):
    """Of the words to change. Exits when code of the image cannot be moved."""
    base = elf.sections[elf.names.index(".image")][3]
    for name, address, kind, where, symbol in elf.relocations():
        if name not in IMAGE:
            continue
        inside = where in IMAGE
        if kind == R_64 and inside:
            yield address - base
        elif inside != (kind in (R_PC32, R_PLT32, R_PC64)):
            sys.exit(f"{address:#x}: a relocation of type {kind} to {symbol}: cannot be moved")


def main():
    source, rom, output = sys.argv[1:4]
    start, table = (int(word, 16) for word in sys.argv[4:])
    with open(source, "rb") as file:
        elf = Elf(file.read())
    if ".got" in elf.names:
        sys.exit("there is a table of addresses, .got")
    with open(rom, "rb") as file:
        data = bytearray(file.read())
    found = sorted(set(offsets(elf)))
    words = struct.pack(f"<{2 + len(found)}I", elf.sections[elf.names.index(".image")][5],
                        len(found), *found)
    end = table - start + len(words)
    if any(data[table - start:end]):
        sys.exit(f"{len(found)} relocations do not fit into the ROM")
    data[table - start:end] = words
    with open(output, "wb") as file:
        file.write(data)


if __name__ == "__main__":
    main()
