#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_foreign.py CVMEM MAPS

Files without a map that is read here are named, with what to do about them."""

import base64
import binascii
import io
import json
import subprocess
import sys
import tarfile
import textwrap
import unittest
import urllib.parse
import zipfile
import zlib

CVMEM = MAPS = None
LOG = b"BIOS-e820: [mem 0x0000000000100000-0x000000007fffffff] usable\n"


def read(data):
    done = subprocess.run(
        [CVMEM, "map", "--json", "-"], input=data, capture_output=True, check=False
    )
    (file,) = json.loads(done.stdout)
    return file, done.returncode


def zip_of(data):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("dmesg", data)
    return out.getvalue()


def tar_of(data, kind):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=kind) as archive:
        member = tarfile.TarInfo("dmesg")
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


class Foreign(unittest.TestCase):
    def test_each_is_named(self):
        text = LOG.decode()
        for data, words in (
            (b"LPKSHHRH" + bytes(200), "journalctl --file"),
            (zip_of(LOG * 100), "unzip"),
            (tar_of(b"nothing", tarfile.USTAR_FORMAT), "tar -xf"),
            (tar_of(b"nothing", tarfile.GNU_FORMAT), "tar -xf"),
            (b"%PDF-1.7\n" + bytes(100), "PDF"),
            (b"\x89PNG\r\n\x1a\n" + bytes(100), "a picture"),
            (b"\x7fELF\x02\x01\x01" + bytes(200), "makedumpfile"),
            (text.encode("utf-32"), "iconv -f UTF-32"),
            (("\ufeff" + text).encode("utf-32-be"), "iconv -f UTF-32"),
            (b"\x89LZO\0\r\n\x1a\n" + bytes(100), "lzop -d"),
        ):
            with self.subTest(words):
                file, status = read(data)
                self.assertEqual((status, file["maps"]), (1, []))
                self.assertRegex(file["error"], "^no memory map: .*" + words)

    def test_encodings_are_named(self):
        encoded = base64.b64encode(LOG * 4).decode()
        xxd = "".join(f"{at:08x}: {LOG[at : at + 16].hex(' ', 2)}  text\n" for at in range(0, len(LOG), 16))
        hexdump = "".join(f"{at:08x}  {LOG[at : at + 16].hex(' ')}  |text|\n" for at in range(0, len(LOG), 16))
        od = "".join(f"{at:07o} {LOG[at : at + 16].hex(' ')}\n" for at in range(0, len(LOG), 16))
        for data, words in (
            (encoded, "in base64.*base64 -d"), (base64.encodebytes(LOG).decode(), "in base64.*base64 -d"),
            (json.dumps({"InstanceId": "i-0", "Output": encoded}), "base64 within.*jq -r .Output"),
            (json.dumps({"Output": encoded}, separators=(",", ":")), "base64 within.*jq -r .Output"),
            (f"<r>\n  <output>{encoded}</output>\n</r>", "base64 within"),
            (urllib.parse.quote(LOG * 4), "URL.*unquote_plus"),
            (urllib.parse.quote_plus(LOG * 4), "URL.*unquote_plus"),
            (xxd, "xxd -r"), (hexdump, "xxd -r"), (od, "xxd -r"),
        ):  # fmt: skip
            with self.subTest(data[:40]):
                file, status = read(data.encode())
                self.assertEqual((status, file["maps"]), (1, []))
                self.assertRegex(file["error"], "^no memory map: .*" + words)
        uu = "begin 644 dmesg\n" + "".join(
            binascii.b2a_uu(LOG[at : at + 45]).decode() for at in range(0, len(LOG), 45)) + "`\nend\n"
        numbers = "".join(json.dumps({"MESSAGE": list(line)}, separators=(",", ":")) + "\n"
                          for line in LOG.splitlines())  # fmt: skip
        pieces = '{"version": 2, "width": 80, "height": 24}\n' + "".join(
            json.dumps([at / 1000, "o", LOG.decode()[at : at + 37]]) + "\n" for at in range(0, len(LOG), 37))
        lines = LOG * 8
        for data, words in (
            (uu, "uudecode"), (lines.hex(), "xxd -r -p"),
            ("\n".join(textwrap.wrap(lines.hex().upper(), 60)), "xxd -r -p"),
            (base64.b32encode(lines), "base32 -d"), (zlib.compress(lines), "packed with zlib"),
            (zlib.compress(lines, 9), "packed with zlib"), (lines.decode().encode("cp500"), "EBCDIC.*iconv"),
            (numbers, "messages as numbers.*journalctl"), (pieces, "asciinema cat"),
        ):  # fmt: skip
            with self.subTest(words):
                file, status = read(data.encode() if isinstance(data, str) else data)
                self.assertEqual((status, file["maps"]), (1, []))
                self.assertRegex(file["error"], "^no memory map: .*" + words)
        # A key, a digest, a path and prose are none of these.
        for data in (
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHk9lYl7aY1b5Yg1mPq1lXzqYQ2d0o3bT1mN8xV5cR7e me\n",
            "cvmem  " + "3a" * 32, "100%\n 50%25 of it\n", "00000000\n", "0000000 the first line\n",
            "x^ 8\n", "begin with 6 of them\n", '{"version": 2}\n', "ABCDEFGH\n",
        ):  # fmt: skip
            with self.subTest(data[:40]):
                self.assertIn("no memory map: looked for", read(data.encode())[0]["error"])

    def test_nothing(self):
        for data in b"", b"\n\n", bytes(4096):
            file, status = read(data)
            self.assertEqual((status, file["error"]), (1, "no memory map: the file is empty"))

    def test_a_log_in_plain_tar_is_read(self):
        file, status = read(tar_of(LOG, tarfile.USTAR_FORMAT))
        self.assertEqual((status, file["maps"][0]["entries"]), (0, 1))

    def test_lines_that_resemble_a_map(self):
        for line, words in (
            ("virt/tdx:  CMR: [0x1000, 0x2000)", "BIOS-e820:"),
            ("Early memory node ranges", "from its first line on"),
            ("INFO: MemoryDescriptor { ty: CONVENTIONAL }", "EFI shell"),
            ("DRAM bank   = 0x00000000", "efidebug memmap"),
        ):
            with self.subTest(line):
                file, status = read(line.encode())
                self.assertEqual((status, file["maps"]), (1, []))
                self.assertRegex(file["error"], "^no memory map: line 1 has .*" + words)


if __name__ == "__main__":
    CVMEM, MAPS = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1])
