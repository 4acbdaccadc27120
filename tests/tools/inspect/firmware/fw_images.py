# SPDX-License-Identifier: MIT
"""Firmware images made from the specifications, byte by byte: what is in them is known, since it was
put there. Shares nothing with the code that is tested."""

import lzma
import struct
import uuid

PAGE = 0x1000
FOUR_G = 1 << 32

FOOTER = "96b582de-1fb2-45f7-baea-a366c55a082d"
TDVF_OFFSET = "e47a6535-984a-4798-865e-4685a7bf8ec2"
TDVF = "e9eaf9f3-168e-44d5-a8eb-7f4d8738f6ae"
SEV_OFFSET = "dc886566-984a-4798-a75e-5585a7bf67cc"
SEV_HASHES = "7255371f-3a3b-4b04-927b-1da6efa8d454"
SEV_ES_RESET = "00f771de-1a7e-4fcb-890e-68c77e2fb44e"
FFS2 = "8c8ce578-8a3d-4f1c-9935-896185c32dd3"
FFS3 = "5473c07a-3dcb-4dca-bd6f-1e9689e7349a"
NV_STORE = "fff12b8d-7696-4c8b-a985-2747075b4f50"
LZMA = "ee4e5898-3914-4259-9d6e-dc7bd79403cf"
LZMA_X86 = "d42ae6bd-1352-4bfb-909a-ca72a6eae889"
BROTLI = "3d532050-5cda-4fd0-879e-0f7f630d5afb"
TIANO = "a31280ad-481e-41b6-95e8-127f4c984779"
CRC32 = "fc1bcdb0-7d31-49aa-936a-a4600d9dd083"
MEMORY_ACCEPT = "38c74800-5590-4db4-a0f3-675d9b8e8026"
SEV_ACCEPTANCE = "c5a010fe-38a7-4531-8a4a-0500d2fd1649"
TDX_DXE = "e750224e-7bce-40af-b5bb-47e3611eb5c2"
AMD_SEV_DXE = "2ec9da37-ee35-4de9-86c5-6d9a81dc38a7"
DXE_CORE = "d6a2cb7f-6a18-4e2f-b43b-9920a733700a"
SEC_CORE = "df1ccef6-f301-4a63-9661-fc6030dcc880"
SMBIOS_PLATFORM = "4110465d-5ff3-4f4b-b580-24ed0d06747a"
SECURE_BOOT = "f0e6a44f-7195-41c3-ac64-54f202cd0a21"
OTHER = "11111111-2222-3333-4444-555555555555"

SEC, PEI_CORE, CORE, PEIM, DRIVER, APPLICATION, VOLUME, PAD, RAW = 3, 4, 5, 6, 7, 9, 11, 0xF0, 1
X64, ARM64, IA32 = 0x8664, 0xAA64, 0x014C

TDCALL = b"\x66\x0f\x01\xcc"
PVALIDATE = b"\xf2\x0f\x01\xff"
# cmp dword [r15+0x18], 7; mov esi, 0xffffffff: what OVMF's SEC does with an entry of the TD HOB.
UNACCEPTED = b"\x41\x83\x7f\x18\x07"
BOUND = b"\xbe\xff\xff\xff\xff"
EARLY = TDCALL + PVALIDATE + UNACCEPTED + bytes(200) + BOUND


def guid(text):
    return uuid.UUID(text).bytes_le


def padded(data, alignment, fill=b"\0"):
    return data + fill * (-len(data) % alignment)


# Modules

def pe32(content=b"", machine=X64):
    stub = b"MZ" + bytes(0x3A) + struct.pack("<I", 0x40)
    return stub + b"PE\0\0" + struct.pack("<H", machine) + bytes(0x4A) + content


def te(content=b"", machine=ARM64):
    return b"VZ" + struct.pack("<H", machine) + bytes(36) + content


def type_table(last):
    """A DXE core's list of memory types, which ends with their number; of 15 and 16 types."""
    types = list(range(15)) + {14: [15], 15: [15, 16], "2022": [7, 16]}[last]
    return b"".join(struct.pack("<II", kind, 0) for kind in types) + b"\x55" * 16


# Sections and files

def section(kind, data, large=False):
    if large:
        return b"\xff\xff\xff" + bytes([kind]) + struct.pack("<I", len(data) + 8) + data
    return (len(data) + 4).to_bytes(3, "little") + bytes([kind]) + data


def sections(*parts):
    return b"".join(padded(part, 4) for part in parts)


def name(text):
    return section(0x15, (text + "\0").encode("utf-16-le"))


def guided(method, payload, attributes=1):
    return section(2, guid(method) + struct.pack("<HH", 24, attributes) + payload)


def lzma_alone(data, size=None):
    stream = lzma.compress(data, format=lzma.FORMAT_ALONE, preset=1)
    return stream[:5] + struct.pack("<Q", len(data) if size is None else size) + stream[13:]


def lzma_x86(data):
    one = {"id": lzma.FILTER_LZMA1, "lc": 3, "lp": 0, "pb": 2, "dict_size": 1 << 16}
    packer = lzma.LZMACompressor(lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_X86}, one])
    return bytes([93]) + struct.pack("<IQ", 1 << 16, len(data)) + packer.compress(data) + packer.flush()


def brotli(data, size=None):
    """A stream of stored blocks (RFC 7932, section 9.2), after EDK2's two sizes."""
    stream, first = b"", True
    for at in range(0, len(data), 1 << 16):
        part = data[at:at + (1 << 16)]
        # Window bits of 16 (one 0) once; not the last block, 4 nibbles, length - 1, stored.
        bits = (len(part) - 1) << 3 | 1 << 19
        stream += (bits << 1 if first else bits).to_bytes(3, "little") + part
        first = False
    stream += b"\x06" if first else b"\x03"
    return struct.pack("<QQ", len(data) if size is None else size, 0) + stream


# UEFI 2.10, 19: the standard compression, and EDK II's, which has 5 bits for a class. No library
# has an encoder, so this one is written after the specification, with fixed sets of codes.


class Bits:
    def __init__(self):
        self.bits = []

    def put(self, value, count):
        self.bits += [value >> i & 1 for i in range(count - 1, -1, -1)]

    def data(self):
        bits = self.bits + [0] * (-len(self.bits) % 8 + 32)
        return bytes(int("".join(map(str, bits[i : i + 8])), 2) for i in range(0, len(bits), 8))


def canonical(lengths):
    """{symbol: (code, length)}"""
    code, codes = 0, {}
    for length in range(1, 17):
        for symbol, own in enumerate(lengths):
            if own == length:
                codes[symbol] = (code, length)
                code += 1
        code <<= 1
    return codes


def matches(data, window):
    """Characters, and (length, distance) for what came before: greedy, by a table of 3 bytes."""
    at, seen, out = 0, {}, []
    while at < len(data):
        start = seen.get(data[at : at + 3])
        length = 0
        if start is not None and at - start <= window:
            while length < 256 and at + length < len(data) and data[start + length] == data[at + length]:
                length += 1
        step = length if length >= 3 else 1
        out.append((length, at - start) if length >= 3 else data[at])
        for i in range(at, at + step):
            seen[data[i : i + 3]] = i
        at += step
    return out


def write_lengths(bits, lengths, width, run_at=None):
    bits.put(len(lengths), width)
    for i, length in enumerate(lengths):
        # The run behind the first three has no zeros here.
        if i == run_at:
            bits.put(0, 2)
        if length < 7:
            bits.put(length, 3)
        else:
            bits.put(7, 3)
            bits.put((1 << length - 7) - 1 << 1, length - 6)


def tiano(data, class_bits=5, block=5000):
    # 508 characters of 9 bits and two of 8 are a whole set; so are 12 classes of 4 bits and 8 of 5.
    chars = [8, 8] + [9] * 508
    classes = [4] * 12 + [5] * 8 if class_bits == 5 else [3] * 3 + [4] * 8 + [5] * 4
    kinds = [0] * 10 + [1, 1]
    char_code, class_code, kind_code = canonical(chars), canonical(classes), canonical(kinds)
    bits, items = Bits(), matches(data, 1 << 13 if class_bits == 4 else 1 << 19)
    for start in range(0, len(items), block):
        part = items[start : start + block]
        bits.put(len(part), 16)
        write_lengths(bits, kinds, 5, 3)
        bits.put(len(chars), 9)
        for length in chars:
            bits.put(*kind_code[length + 2])
        write_lengths(bits, classes, class_bits)
        for item in part:
            if isinstance(item, int):
                bits.put(*char_code[item])
                continue
            length, distance = item[0], item[1] - 1
            bits.put(*char_code[256 + length - 3])
            kind = distance.bit_length()
            bits.put(*class_code[kind])
            if kind > 1:
                bits.put(distance - (1 << kind - 1), kind - 1)
    packed = bits.data()
    return struct.pack("<II", len(packed), len(data)) + packed


def ffs(file_guid, kind, content, large=False, state=0x07, ones=True):
    """A file; its state's bits are set from the erased state on."""
    size = len(content) + (32 if large else 24)
    head = guid(file_guid) + b"\0\xaa" + bytes([kind, 1 if large else 0])
    head += (0 if large else size).to_bytes(3, "little")
    tail = struct.pack("<Q", size) if large else b""
    head = bytearray(head)
    head[16] = -(sum(head) - 0xAA + sum(tail)) & 0xFF
    return bytes(head) + bytes([state ^ 0xFF if ones else state]) + tail + content


def module(file_guid, kind, title, content=b"", machine=X64, terse=False):
    code = section(0x12, te(content, machine)) if terse else section(0x10, pe32(content, machine))
    return ffs(file_guid, kind, sections(code, name(title)))


# Volumes

def volume(files, size=0, form=FFS2, ones=True, ext=b"", length=None, body=None):
    fill = b"\xff" if ones else b"\0"
    header_size = 72
    data = b""
    ext_offset = 0
    if ext:
        ext_offset = header_size
        data = guid(OTHER) + struct.pack("<I", 20 + len(ext)) + ext
    for file in files:
        data = padded(data, 8, fill if data and not ext else b"\0" if data == b"" else fill) + file
    data = data if body is None else body
    size = size or len(padded(bytes(header_size) + data, 8))
    assert header_size + len(data) <= size
    header = bytes(16) + guid(form) + struct.pack("<Q", length or size) + b"_FVH"
    header += struct.pack("<IHHHBBIIII", 0x4FEFF if ones else 0x4F6FF, header_size, 0, ext_offset, 0, 2,
                          size // PAGE, PAGE, 0, 0)
    total = sum(struct.unpack("<36H", header))
    header = header[:50] + struct.pack("<H", -total & 0xFFFF) + header[52:]
    return header + data + fill * (size - header_size - len(data))


# What hosts read

def tdvf(entries, version=1, length=None, count=None, before=TDVF, signature=b"TDVF"):
    """Entries: (data offset, raw size, address, size, type, attributes)."""
    body = b"".join(struct.pack("<IIQQII", *entry) for entry in entries)
    length = 16 + len(body) if length is None else length
    count = len(entries) if count is None else count
    return guid(before) + signature + struct.pack("<III", length, version, count) + body


def asev(entries, version=1, length=None, count=None, signature=b"ASEV"):
    """Entries: (address, size, type)."""
    body = b"".join(struct.pack("<III", *entry) for entry in entries)
    length = 16 + len(body) if length is None else length
    count = len(entries) if count is None else count
    return signature + struct.pack("<III", length, version, count) + body


def table(entries, total=None):
    """Entries: (GUID, data), from the first in the file to the last, before the footer."""
    body = b"".join(data + struct.pack("<H", len(data) + 18) + guid(which) for which, data in entries)
    total = len(body) + 18 if total is None else total
    return body + struct.pack("<H", total) + guid(FOOTER) + bytes(0x20)


VARS = 0x1000
MAIN = 0x3000
START = 0x2000
SIZE = VARS + MAIN + START
CODE_BASE = FOUR_G - MAIN - START
VARS_BASE = FOUR_G - SIZE


def good_tdvf():
    return [
        (VARS, MAIN + START, CODE_BASE, MAIN + START, 0, 1),
        (0, VARS, VARS_BASE, VARS, 1, 0),
        (0, 0, 0x80B000, 0x2000, 3, 0),
        (0, 0, 0x809000, 0x2000, 2, 0),
        (0, 0, 0x800000, 0x6000, 3, 0),
    ]


def good_sev():
    return [(0x800000, 0x9000, 1), (0x80D000, PAGE, 2), (0x80E000, PAGE, 3), (0x80F000, PAGE, 4)]


def stored(size=VARS):
    return volume([], size, NV_STORE)


def drivers(tdx=MEMORY_ACCEPT, sev=(MEMORY_ACCEPT, SEV_ACCEPTANCE), last=15, machine=X64):
    """The DXE volume's files; tdx or sev None: without that driver, "" or (): without its GUIDs."""
    files = [module(DXE_CORE, CORE, "DxeCore", type_table(last) if last else b"", machine)]
    if tdx is not None:
        files.append(module(TDX_DXE, DRIVER, "TdxDxe", TDCALL + (guid(tdx) if tdx else b""), machine))
    if sev is not None:
        files.append(module(AMD_SEV_DXE, DRIVER, "AmdSevDxe", b"".join(map(guid, sev)), machine))
    files.append(module(OTHER, DRIVER, "FatDxe", b"no evidence", machine))
    return files


def main_volume(files=None, pack=None, inner=None):
    """A volume with a packed section that holds the volume of the drivers, as OVMF's has."""
    inner = volume(drivers() if files is None else files) if inner is None else inner
    content = section(0x17, inner, large=len(inner) > 0xFFFFF0)
    packed = guided(LZMA, lzma_alone(content)) if pack is None else pack(content)
    return volume([ffs(OTHER, VOLUME, packed)], MAIN, ext=b"")


def start_volume(tail, early=EARLY, machine=X64):
    """SEC, and a raw file with the metadata that ends where the volume does."""
    sec = module(SEC_CORE, SEC, "SecMain", early, machine)
    raw = ffs(OTHER, RAW, tail)
    used = 72 + len(padded(sec, 8))
    gap = START - used - len(raw)
    filler = ffs(OTHER, PAD, bytes(gap - 24))
    assert (used + gap) % 8 == 0
    made = volume([padded(sec, 8, b"\xff") + filler + raw], START)
    assert made.endswith(tail)
    return made


def metadata(td=None, sev=None, hashes=(0x810000, 0x400), es_reset=0x80B004, more=(), total=None):
    """The end of an image: both descriptors, each whole entry's bytes, and the table that names them."""
    td = tdvf(good_tdvf()) if td is None else td
    sev = asev(good_sev()) if sev is None else sev
    entries = list(more)
    if hashes is not None:
        entries.append((SEV_HASHES, struct.pack("<II", *hashes)))
    if es_reset is not None:
        entries.append((SEV_ES_RESET, struct.pack("<I", es_reset)))
    size = 22 * (bool(td) + bool(sev)) + len(table(entries))
    if sev:
        entries.insert(0, (SEV_OFFSET, struct.pack("<I", size + len(sev))))
    if td:
        distance = size + len(sev) + len(td) - 16
        entries.insert(0, (TDVF_OFFSET, struct.pack("<I", distance)))
    return padded_front(td + sev + table(entries, total))


def padded_front(data):
    return bytes(-len(data) % 8) + data


def image(main=None, tail=None, early=EARLY, machine=X64, store=None, **more):
    """A whole firmware image in which nothing is wrong; keywords change it or its metadata."""
    main = main_volume() if main is None else main
    tail = metadata(**more) if tail is None else tail
    store = stored() if store is None else store
    return store + main + start_volume(tail, early, machine)


# A file of every kind that the walk tells apart; for the fuzzer.
MACHINE_SEEDS = [
    module(OTHER, PEIM, "Peim", machine=ARM64, terse=True),
    ffs(OTHER, DRIVER, section(1, struct.pack("<IB", 4, 0) + section(0x19, b""))),
    ffs(OTHER, DRIVER, guided(CRC32, section(0x10, pe32(machine=IA32)), 2), large=True),
    ffs(OTHER, DRIVER, section(3, name("Name")), state=0x17),
]
