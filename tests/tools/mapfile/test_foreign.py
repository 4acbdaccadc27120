#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_foreign.py CVMEM MAPS

Files without a map that is read here are named, with what to do about them."""

import io
import json
import subprocess
import sys
import tarfile
import unittest
import zipfile

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
