# SPDX-License-Identifier: MIT
"""Small kernels, EFI programs and disks whose content is known, from the formats' documents alone:
the oracle of the tests of `cvmem inspect`, and the seeds of its fuzzers."""

import bz2
import io
import lzma
import os
import shutil
import struct
import subprocess
import tarfile
import tempfile
import uuid
import zlib

ACCEPTANCE = uuid.UUID("c5a010fe-38a7-4531-8a4a-0500d2fd1649").bytes_le
TABLE = uuid.UUID("d5d1de3c-105c-44f9-9ea9-bcef98120031").bytes_le
AMD64, ARM64 = 0x8664, 0xAA64


def movabs(guid):
    """A GUID as a compiler stores it on the stack: mov rax, imm64; mov [rsp + n], rax; twice."""
    return b"\x48\xb8" + guid[:8] + b"\x48\x89\x04\x24\x48\xb8" + guid[8:] + b"\x48\x89\x44\x24\x08"


def mov32(guid):
    """The same in four pieces: mov dword [rsp + n], imm32."""
    return b"".join(
        b"\xc7\x44\x24" + bytes([i]) + guid[i : i + 4] for i in range(0, 16, 4)
    )


# Compression. What the standard library does not know is made by hand, of literals alone.


def gzip(data):
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + 15)
    return packer.compress(data) + packer.flush()


def xz(data):
    return lzma.compress(data, lzma.FORMAT_XZ, check=lzma.CHECK_CRC32)


def lzma_alone(data):
    # With the properties and an 8 MiB dictionary: Linux's magic number is 5d 00 00.
    return lzma.compress(data, lzma.FORMAT_ALONE)


def zstd(data):
    """RFC 8878: a frame with its size in 4 bytes, of raw blocks."""
    blocks = [data[i : i + 65536] for i in range(0, len(data), 65536)] or [b""]
    out = b"\x28\xb5\x2f\xfd\xa0" + struct.pack("<I", len(data))
    for i, block in enumerate(blocks):
        header = len(block) << 3 | (i == len(blocks) - 1)
        out += struct.pack("<I", header)[:3] + block
    return out


def lz4_length(length):
    """What follows a token whose 4 bits are 15."""
    return b"\xff" * ((length - 15) // 255) + bytes([(length - 15) % 255])


def lz4_literals(data):
    if len(data) < 15:
        return bytes([len(data) << 4]) + data
    return b"\xf0" + lz4_length(len(data)) + data


def lz4(data):
    """A legacy frame; its blocks hold 8 MiB each."""
    out = b"\x02\x21\x4c\x18"
    for i in range(0, len(data), 8 << 20):
        block = lz4_literals(data[i : i + (8 << 20)])
        out += struct.pack("<I", len(block)) + block
    return out


def lz4_zeros(blocks):
    """A bomb: 8 MiB of zeros for each 32 KiB."""
    # A literal, and a match of the rest less 5 literals, with which a block has to end.
    match = (8 << 20) - 1 - 5 - 4
    block = b"\x1f\0" + b"\x01\0" + lz4_length(match) + b"\x50" + b"\0" * 5
    return b"\x02\x21\x4c\x18" + blocks * (struct.pack("<I", len(block)) + block)


def lzo_tail(data):
    """LZO1X: a run of literals, a match (M3) of the zeros at the end, and the mark of the end."""
    literals = data.rstrip(b"\0") + b"\0"
    zeros = len(data) - len(literals)
    if zeros < 300 or len(literals) < 20:
        return data
    rest = len(literals) - 3 - 15
    out = b"\0" + b"\0" * ((rest - 1) // 255) + bytes([(rest - 1) % 255 + 1]) + literals
    rest = zeros - 2 - 31
    out += b"\x20" + b"\0" * ((rest - 1) // 255) + bytes([(rest - 1) % 255 + 1]) + b"\0\0"
    return out + b"\x11\0\0"


def lzop(data):
    """As lzop 1.04 writes it, with checksums of the plain data, in blocks of 256 KiB."""
    header = struct.pack(">HHHBB", 0x1040, 0x20A0, 0x0940, 1, 9)
    header += struct.pack(">IIII", 1, 0o100644, 0, 0) + b"\0"
    out = b"\x89LZO\0\r\n\x1a\n" + header + struct.pack(">I", zlib.adler32(header))
    for i in range(0, len(data), 262144):
        plain = data[i : i + 262144]
        packed = lzo_tail(plain)
        # A block that did not become smaller is stored.
        packed = packed if len(packed) < len(plain) else plain
        out += struct.pack(">III", len(plain), len(packed), zlib.adler32(plain)) + packed
    return out + b"\0\0\0\0"


PACKERS = {
    "gzip": gzip,
    "xz": xz,
    "lzma": lzma_alone,
    "zstd": zstd,
    "lz4": lz4,
    "bzip2": bz2.compress,
    "lzo": lzop,
}


# Kernels.


def config(unaccepted, tdx, memory_encryption=True):
    lines = ["#", "# Linux/x86 7.2.12 Kernel Configuration", "#", "CONFIG_X86_64=y"]
    for name, on in [
        ("UNACCEPTED_MEMORY", unaccepted),
        ("INTEL_TDX_GUEST", tdx),
        ("AMD_MEM_ENCRYPT", memory_encryption),
    ]:
        lines.append(f"CONFIG_{name}=y" if on else f"# CONFIG_{name} is not set")
    return "\n".join(lines + [""]).encode()


def kernel(unaccepted=True, tdx=True, snp=True, version="7.2.12-test", ikconfig=None, fill=4096, realm=False):
    """What a bzImage unpacks to; the ELF header that Linux has is not needed for reading it."""
    data = b"Linux version %s (\0" + b"Linux version " + version.encode() + b" (gcc)\0"
    data += bytes(i * 7 & 0xFF for i in range(256)) * (fill // 256)
    if unaccepted:
        data += TABLE + b"\0nr_unaccepted\0"
    if tdx:
        data += b"\x016tdx: Guest detected\n\0"
    if snp:
        data += b"\x01SNP: PSC failed ret=%d exit_info_2=%llx\n\0"
    if realm:
        data += b"\x016RME: Using RSI version %lu.%lu\n\0"
    if ikconfig:
        data += b"IKCFG_ST" + gzip(ikconfig) + b"IKCFG_ED"
    return data + bytes(1024)


def stub(unaccepted=True, negotiates=True, tdx=True, snp=True, guid=movabs):
    data = b"\x90" * 64
    if unaccepted:
        data += guid(TABLE) + b"\x013ERROR: Unknown version of unaccepted memory table\n\0"
    if negotiates:
        data += guid(ACCEPTANCE) + b"\x013ERROR: Memory acceptance protocol failed\n\0"
    if tdx:
        data += b"IntelTDX    \0"
    if snp:
        data += b"SEV-SNP support indicated by CC blob, but not CPUID.\0"
    return data + b"\x90" * 64


def bzimage(
    packed,
    size,
    code=None,
    version="7.2.12-test (builder@example.invalid) #1 SMP",
    protocol=0x20F,
    efi=True,
    xloadflags=0x7F,
    offset=None,
    length=None,
):
    """Documentation/arch/x86/boot.rst. The payload's size follows it, except for gzip, which contains it."""
    code = stub() if code is None else code
    payload = packed if packed[:2] == b"\x1f\x8b" else packed + struct.pack("<I", size)
    body = code + payload + b"\x90" * 64
    body += bytes(-len(body) % 16)
    setup = bytearray(1024 + 512)
    setup[0x1F1] = len(setup) // 512 - 1
    struct.pack_into("<I", setup, 0x1F4, len(body) // 16)
    struct.pack_into("<H", setup, 0x1FE, 0xAA55)
    setup[0x202:0x206] = b"HdrS"
    struct.pack_into("<H", setup, 0x206, protocol)
    struct.pack_into("<H", setup, 0x20E, 0x300)
    setup[0x500 : 0x500 + len(version)] = version.encode()
    struct.pack_into("<H", setup, 0x236, xloadflags)
    struct.pack_into("<I", setup, 0x248, len(code) if offset is None else offset)
    struct.pack_into("<I", setup, 0x24C, len(payload) if length is None else length)
    if efi:
        setup[0:2] = b"MZ"
    return bytes(setup) + body


def linux(packing="gzip", stub_options=None, **options):
    plain = kernel(**options)
    return bzimage(PACKERS[packing](plain), len(plain), stub(**(stub_options or {})))


def old_linux(packing="gzip", tdx=False):
    """As Linux 6.1: a guest of SEV-SNP, and nothing of unaccepted memory."""
    plain = kernel(unaccepted=False, tdx=tdx, version="6.1.0-test")
    code = stub(unaccepted=False, negotiates=False, tdx=tdx)
    return bzimage(PACKERS[packing](plain), len(plain), code, "6.1.0-test (b@example.invalid) #1")


def elf(content, machine=62):
    """ELF64 with one segment."""
    header = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    header += struct.pack("<HHIQQQIHHHHHH", 2, machine, 1, 0, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 1, 5, 120, 0, 0, len(content), len(content), 4096)
    return header + segment + content


def pvh(notes, size=None, alignment=4, machine=62):
    """ELF64 with one segment that is loaded, and notes."""
    at = 64 + 2 * 56
    head = b"\x7fELF\2\1\1" + bytes(9)
    head += struct.pack("<HHIQQQIHHHHHH", 2, machine, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    load = struct.pack("<IIQQQQQQ", 1, 7, 0, 1 << 20, 1 << 20, at, at, 4096)
    size = len(notes) if size is None else size
    return head + load + struct.pack("<IIQQQQQQ", 4, 4, at, 0, 0, size, size, alignment) + notes


def note(kind, name, content, alignment=4):
    def padded(data):
        return data + bytes(-len(data) % alignment)

    # The content begins at a multiple of the alignment from the note's head on, not from its name.
    return padded(struct.pack("<III", len(name), len(content), kind) + name) + padded(content)


def zboot(packed, name, machine=ARM64):
    """drivers/firmware/efi/libstub/zboot-header.S: zimg, the payload, and a PE header."""
    head = bytearray(pe({".text": b"\x1f\x20\x03\xd5" * 16}, machine))
    head += bytes(-len(head) % 512)
    struct.pack_into("<4sII8x", head, 4, b"zimg", len(head), len(packed))
    head[0x18 : 0x18 + len(name)] = name.encode()
    return bytes(head) + packed


def arm64_image(content):
    """Documentation/arch/arm64/booting.rst."""
    head = struct.pack("<IIQQQQQQ4sI", 0x91005A4D, 0, 0, 64 + len(content), 10, 0, 0, 0, b"ARM\x64", 0)
    return head + content


# EFI programs.


def pe(sections, machine=AMD64):
    """Microsoft PE/COFF: names of more than 8 characters are in the table of strings."""
    names, strings = {}, b""
    for name in sections:
        names[name] = name.encode()
        if len(name) > 8:
            names[name] = f"/{4 + len(strings)}".encode()
            strings += name.encode() + b"\0"
    start, optional = 0x80, 240
    table = start + 24 + optional
    at = -(-(table + 40 * len(sections)) // 512) * 512
    headers, content = b"", b""
    for name, data in sections.items():
        raw = data + bytes(-len(data) % 512)
        headers += struct.pack(
            "<8sIIIIIIHHI", names[name], len(data), 0x1000 + at, len(raw), at + len(content),
            0, 0, 0, 0, 0x40000040,
        )
        content += raw
    symbols = at + len(content) if strings else 0
    coff = struct.pack("<HHIIIHH", machine, len(sections), 0, symbols, 0, optional, 0x206)
    head = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", start)
    head = head.ljust(start, b"\0") + b"PE\0\0" + coff + struct.pack("<H", 0x20B)
    head = head.ljust(table, b"\0") + headers
    out = head.ljust(at, b"\0") + content
    return out + (struct.pack("<I", 4 + len(strings)) + strings if strings else b"")


def sbat(*rows):
    lines = ["sbat,1,SBAT Version,sbat,1,https://example.invalid"]
    return "\n".join(lines + list(rows) + [""]).encode()


def uki(image, cmdline="console=ttyS0", initrd=b"070701"):
    sections = {".osrel": b'ID=test\nPRETTY_NAME="Test Linux 1"\n'}
    if cmdline is not None:
        sections[".cmdline"] = cmdline.encode()
    sections[".sbat"] = sbat("systemd-stub,1,The systemd Developers,systemd,257,https://e.invalid")
    sections.update({".initrd": initrd, ".linux": image})
    return pe(sections)


def systemd_boot(version="257-1"):
    return pe({".text": b"\x90" * 64, ".sdmagic": f"#### LoaderInfo: systemd-boot {version} ####".encode()})


def shim(version="15.8"):
    rows = sbat("shim,4,UEFI shim,shim,1,https://e.invalid", f"shim.test,1,Test,shim,{version},https://e")
    return pe({".text": b"\x90" * 64, ".vendor_cert": b"\0" * 16, ".sbat": rows})


def acceptor(driver=False):
    """cvmem's own images: application or boot-services driver."""
    image = bytearray(pe({".text": b"\x90" * 64,
                          ".sbat": sbat("cvmem-accept,1,cvmem,cvmem-accept,0.2.0,https://e")}))
    struct.pack_into("<H", image, 0x80 + 24 + 68, 11 if driver else 10)
    return bytes(image)


def grub(code, version="2.12-9"):
    rows = sbat("grub,5,FSF,grub,2.12,https://e.invalid", f"grub.test,1,Test,grub2,{version},https://e")
    return pe({".text": b"\x90" * 64, "mods": b"mimg" + code, ".sbat": rows})


# Disks.


def short_name(name, used):
    """A name of 8 and 3 characters that no other in the folder has."""
    base, _, extension = name.rpartition(".") if "." in name else (name, "", "")
    clean = "".join(c for c in base.upper() if c.isalnum())[:5] or "X"
    for number in range(1, 1000):
        short = f"{clean}~{number}"[:8].ljust(8) + extension.upper()[:3].ljust(3)
        if short not in used:
            used.add(short)
            return short.encode()
    raise ValueError(name)


def long_entries(name, short):
    checksum = 0
    for byte in short:
        checksum = ((checksum & 1) << 7) + (checksum >> 1) + byte & 0xFF
    text = name.encode("utf-16-le") + (b"\0\0" if len(name) % 13 else b"")
    text += b"\xff" * (-len(text) % 26)
    parts = [text[i : i + 26] for i in range(0, len(text), 26)]
    out = []
    for i, part in enumerate(parts):
        order = i + 1 | (0x40 if i == len(parts) - 1 else 0)
        out.append(
            struct.pack("<B10sBBB12sH4s", order, part[:10], 15, 0, checksum, part[10:22], 0, part[22:])
        )
    return b"".join(reversed(out))


class Fat:
    """A FAT file system with files (path with slashes: content), as a formatter would make it."""

    def __init__(self, files, bits=12, sector=512, per_cluster=1):
        self.bits, self.sector, self.cluster = bits, sector, sector * per_cluster
        # Just enough clusters for the kind.
        self.clusters = {12: 4084, 16: 4085 + 100, 32: 65525 + 100}[bits]
        self.next, self.table, self.data = 2, {}, bytearray()
        tree = {}
        for path, content in files.items():
            folder = tree
            *parents, name = path.strip("/").split("/")
            for parent in parents:
                folder = folder.setdefault(parent, {})
            folder[name] = content
        root = self.folder(tree)
        if bits == 32:
            self.root_cluster, self.root = self.store(root), b""
        else:
            self.root_cluster, self.root = 0, root.ljust(512 * 32, b"\0")

    def store(self, content):
        """The first cluster of the content."""
        count = max(1, -(-len(content) // self.cluster))
        first = self.next
        self.next += count
        for cluster in range(first, first + count - 1):
            self.table[cluster] = cluster + 1
        self.table[first + count - 1] = 0x0FFFFFFF
        self.data += content.ljust(count * self.cluster, b"\0")
        return first

    def folder(self, tree):
        out, used = b"", set()
        for name, content in tree.items():
            short = short_name(name, used)
            folder = isinstance(content, dict)
            data = self.folder(content) if folder else content
            cluster = self.store(data) if data else 0
            out += long_entries(name, short) + struct.pack(
                "<11sBBBHHHHHHHI", short, 0x10 if folder else 0x20, 0, 0, 0, 0, 0, cluster >> 16,
                0, 0, cluster & 0xFFFF, 0 if folder else len(data),
            )
        return out

    def allocation_table(self):
        entries = [0x0FFFFFF8, 0x0FFFFFFF]
        entries += [self.table.get(cluster, 0) for cluster in range(2, self.clusters + 2)]
        if self.bits == 32:
            return b"".join(struct.pack("<I", entry) for entry in entries)
        if self.bits == 16:
            return b"".join(struct.pack("<H", entry & 0xFFFF) for entry in entries)
        entries += [0] * (len(entries) % 2)
        pairs = zip(entries[::2], entries[1::2])
        return b"".join(
            struct.pack("<I", a & 0xFFF | (b & 0xFFF) << 12)[:3] for a, b in pairs
        )

    def image(self, whole=False):
        """Up to the last cluster that is used, or whole."""
        table = self.allocation_table()
        table += bytes(-len(table) % self.sector)
        reserved, size = 32 if self.bits == 32 else 1, len(table) // self.sector
        total = reserved + size + len(self.root) // self.sector + self.clusters * (self.cluster // self.sector)
        boot = struct.pack(
            "<3s8sHBHBHHBHHHII", b"\xeb\x3c\x90", b"TEST    ", self.sector,
            self.cluster // self.sector, reserved, 1, len(self.root) // 32,
            total if total < 65536 else 0, 0xF8, 0 if self.bits == 32 else size, 0, 0, 0,
            total if total >= 65536 else 0,
        )
        if self.bits == 32:
            boot += struct.pack("<IHHI", size, 0, 0, self.root_cluster)
        boot = boot.ljust(510, b"\0") + b"\x55\xaa"
        out = boot.ljust(reserved * self.sector, b"\0") + table + self.root + bytes(self.data)
        return out.ljust(total * self.sector, b"\0") if whole else out


ESP = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
XBOOTLDR = "bc13c2ff-59e6-4262-a352-b275fd6f7172"
LINUX_DATA = "0fc63daf-8483-4772-8e79-3d69d8477de4"


def gpt(partitions, sector=512, entries=128):
    """UEFI 2.10, 5.3. partitions: (type GUID, content); with both tables, at start and end."""
    table_sectors = -(-entries * 128 // sector)
    first = 2 + table_sectors
    table, data, at = b"", b"", first
    for kind, content in partitions:
        content += bytes(-len(content) % sector)
        last = at + len(content) // sector - 1
        table += struct.pack("<16s16sQQQ72s", uuid.UUID(kind).bytes_le, b"\1" * 16, at, last, 0, b"")
        data += content
        at = last + 1
    table = table.ljust(table_sectors * sector, b"\0")
    end = at + table_sectors

    def header(mine, other, table_at):
        def pack(crc):
            return struct.pack(
                "<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, crc, 0, mine, other, first, at - 1,
                b"\2" * 16, table_at, entries, 128, zlib.crc32(table[: entries * 128]),
            )

        return pack(zlib.crc32(pack(0))).ljust(sector, b"\0")

    protective = (bytes(446) + b"\0\0\2\0\xee\xff\xff\xff\1\0\0\0\xff\xff\xff\xff").ljust(510, b"\0")
    protective = (protective + b"\x55\xaa").ljust(sector, b"\0")
    return protective + header(1, end, 2) + table + data + table + header(end, 1, at)


def mbr(partitions, logical=(), first=2048):
    """UEFI 2.10, 5.2. partitions: (type, content), three at most with logical ones behind them."""
    table, data, at = b"", b"", first

    def entry(kind, start, size):
        return struct.pack("<B3sB3sII", 0, b"\0" * 3, kind, b"\0" * 3, start, size)

    for kind, content in partitions:
        content += bytes(-len(content) % 512)
        table += entry(kind, at, len(content) // 512)
        data += content
        at += len(content) // 512
    if logical:
        extended, tables = at, b""
        for i, (kind, content) in enumerate(logical):
            content += bytes(-len(content) % 512)
            own = entry(kind, 1, len(content) // 512)
            following = at + 1 + len(content) // 512
            if i + 1 < len(logical):
                own += entry(5, following - extended, 1 + len(logical[i + 1][1]) // 512 + 1)
            tables += bytes(446) + own.ljust(64, b"\0") + b"\x55\xaa" + content
            at = following
        table += entry(5, extended, at - extended)
        data += tables
    head = bytes(446) + table.ljust(64, b"\0") + b"\x55\xaa"
    return head.ljust(first * 512, b"\0") + data


def iso(system=None, platform=0xEF):
    """ISO 9660 with El Torito's catalog: an entry for a BIOS, and one with a FAT image."""
    out = bytearray(20 * 2048)
    out[0x8000:0x8006] = b"\x01CD001"
    out[0x8800:0x8807] = b"\0CD001\x01"
    out[0x8807:0x8827] = b"EL TORITO SPECIFICATION".ljust(32, b"\0")
    struct.pack_into("<I", out, 0x8847, 19)
    catalog = 19 * 2048
    out[catalog : catalog + 32] = struct.pack("<BBH24sHBB", 1, 0, 0, b"", 0, 0x55, 0xAA)
    out[catalog + 32 : catalog + 64] = struct.pack("<BBHBBHI20s", 0x88, 0, 0, 0, 0, 4, 19, b"")
    if system:
        out[catalog + 64 : catalog + 96] = struct.pack("<BBH28s", 0x91, platform, 1, b"")
        out[catalog + 96 : catalog + 128] = struct.pack("<BBHBBHI20s", 0x88, 0, 0, 0, 0, 0, 20, b"")
    return bytes(out) + (system or b"")


def addon(cmdline, version="262.1-1"):
    """systemd-stub(7)"""
    magic = f"#### LoaderInfo: systemd-addon {version} ####".encode()
    return pe({".text": b"\x90" * 16, ".sdmagic": magic, ".cmdline": cmdline.encode()})


def uki_profiles(image, base, profiles):
    """UAPI.5: what stands before the first .profile is of all profiles. profiles: (text, cmdline)."""
    parts = [(".osrel", b"ID=test\n"), (".cmdline", base.encode()), (".linux", image)]
    for text, cmdline in profiles:
        parts.append((".profile", text.encode()))
        if cmdline is not None:
            parts.append((".cmdline", cmdline.encode()))
    # pe() takes a name once.
    names = [f"s{i}" for i in range(len(parts))]
    out = bytearray(pe(dict(zip(names, (content for _, content in parts)))))
    table = 0x80 + 24 + 240
    for i, (name, _) in enumerate(parts):
        out[table + 40 * i : table + 40 * i + 8] = name.encode().ljust(8, b"\0")
    return bytes(out)


def grub_2_06(menu=None, version="2.06-13"):
    """As Debian 12 builds it; grub-mkstandalone puts the menu into a tar archive."""
    code = b"Secure Boot enabled: trying linuxefi\0"
    if menu is not None:
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            member = tarfile.TarInfo("boot/grub/grub.cfg")
            member.size = len(menu)
            archive.addfile(member, io.BytesIO(menu.encode()))
        code += out.getvalue()
    return grub(code, version)


def ext4(files, kind="ext4"):
    """A file system made by mke2fs; None: that is not installed."""
    program = shutil.which("mke2fs", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if not program:
        return None
    with tempfile.TemporaryDirectory() as folder:
        root, image = os.path.join(folder, "root"), os.path.join(folder, "image")
        for path, content in files.items():
            full = os.path.join(root, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            if isinstance(content, str):
                os.symlink(content, full)
                continue
            with open(full, "wb") as file:
                file.write(content)
        with open(image, "wb") as file:
            file.truncate(16 << 20)
        subprocess.run([program, "-q", "-t", kind, "-d", root, image], check=True, capture_output=True)
        with open(image, "rb") as file:
            return file.read()
