#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_plain.py CVMEM MAPS

`cvmem map` on one log in every encoding, with every line end and in every markup in which people
have it: the same map each time."""

import base64
import codecs
import html
import json
import subprocess
import sys
import unittest

CVMEM = MAPS = None
GIB = 1 << 30

E820 = [
    (0, 0x9FFFF, "usable"),
    (0xF0000, 0xFFFFF, "reserved"),
    (0x100000, 0x7FFFFFFF, "usable"),
    (0x80000000, 0x8FFFFFFF, "ACPI NVS"),
    (0x100000000, 0x27FFFFFFF, "usable"),
]
LINES = ["[    0.000000] Linux version 6.12", "[    0.000000] BIOS-provided physical RAM map:"]
LINES += [
    f"[    0.000000] BIOS-e820: [mem 0x{start:016x}-0x{last:016x}] {kind}"
    for start, last, kind in E820
]
LINES += ["[    0.000000] NX (Execute Disable) protection: active"]
LOG = "\n".join(LINES) + "\n"


def read(data):
    done = subprocess.run(
        [CVMEM, "map", "--json", "-"],
        input=data if isinstance(data, bytes) else data.encode(),
        capture_output=True,
        check=False,
    )
    (file,) = json.loads(done.stdout)
    return file, done.returncode


class Same(unittest.TestCase):
    def check(self, data, line=3):
        file, status = read(data)
        self.assertEqual((status, file["complete"], file["warnings"]), (0, True, []), file)
        (found,) = file["maps"]
        self.assertEqual((found["source"], found["line"], found["entries"]), ("e820", line, 5))
        self.assertEqual(found["usable_bytes"], 0xA0000 + 0x7FF00000 + 6 * GIB)

    def test_as_it_is(self):
        self.check(LOG)

    def test_encodings(self):
        for encoding in "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be":
            for mark in "", "\ufeff":
                with self.subTest((encoding, mark)):
                    self.check((mark + LOG).encode(encoding))
        # Characters of three and four bytes before the map.
        self.check(("\u4e2d\u6587 \U0001f600\n" + LOG).encode("utf-16"), 4)
        self.check(("\u4e2d\u6587 \U0001f600\n" + LOG).encode(), 4)
        # An odd byte is left of a file that was cut off.
        self.check(LOG.encode("utf-16") + b"x")

    def test_line_ends(self):
        for end in "\r\n", "\r", "\r\r\n", "\n\n":
            with self.subTest(end):
                self.check(LOG.replace("\n", end), 5 if end == "\n\n" else 3)
        for end in "\u2028", "\u0085", "\v", "\f":
            with self.subTest(end):
                self.check(LOG.replace("\n", end), 1)
        # A console that writes CR, LF and CR again.
        self.check(LOG.replace("\n", "\r\n\r").rstrip("\r"))

    def test_blanks(self):
        for code in 0xA0, 0x2002, 0x2007, 0x2009, 0x202F, 0x3000:
            with self.subTest(hex(code)):
                self.check(LOG.replace(" ", chr(code)))
                self.check(LOG.replace(" ", chr(code) + " "))
        # Windows-1252, and characters without a width.
        self.check(LOG.replace(" ", "\xa0").encode("latin-1"))
        self.check(LOG.replace("0x", "0x\u200b").replace("usable", "us\xadable"))

    def test_dashes(self):
        for code in 0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2212, 0xFE63, 0xFF0D:
            with self.subTest(hex(code)):
                self.check(LOG.replace("-", chr(code)))
        self.check(LOG.replace("-", "\x96").encode("latin-1"))

    def test_html(self):
        for line_end in "<br>", "<br/>", "<BR />", "</p><p>", "</div><div class='line'>", "</li><li>":
            with self.subTest(line_end):
                self.check("<html><body><pre>" + line_end.join(LINES) + "</pre>", 1)
        self.check("<pre>" + html.escape(LOG) + "</pre>")
        self.check(LOG.replace(" ", "&nbsp;").replace("-", "&#8211;").replace("[", "&#x5b;"))
        # Colours, as pages of logs have them.
        coloured = LOG.replace("BIOS-", "<span style='color: red'>BIOS-").replace("] ", "]</span> ")
        self.check(coloured)
        self.check(LOG.replace("BIOS-e820:", "<b>BIOS-e820:</b>"))

    def test_quoted_printable(self):
        # Each blank, and each line end in another; as programs for mail write it.
        whole = codecs.encode(LOG.encode(), "quopri", "strict").decode()
        self.assertIn("=20=20=20=200.000000]=20", whole)
        file, status = read(whole)
        self.assertEqual((status, file["warnings"], file["maps"][0]["entries"]), (0, [], 5))
        self.check(LOG.replace(" ", "=C2=A0").replace("-0x", "=E2=80=930x"))
        self.check(LOG.replace("[mem", "=5Bmem").replace(" ", "=20"))
        # What resembles it.
        smap = "".join(f"SMAP type=01 base=00000000{n:x}0000000 len=0000000010000000\n" for n in range(9))
        file, status = read(smap)
        self.assertEqual((status, file["maps"][0]["entries"]), (0, 9))

    def test_kernels_print_angle_brackets(self):
        file, _ = read("<6>" + LOG.replace("\n[", "\n<6>["))
        self.assertEqual(file["maps"][0]["entries"], 5)
        file, _ = read(LOG + "RIP: 0010:<a0000000> p<0\n<IRQ>\n<TASK>\n")
        self.assertEqual(file["maps"][0]["entries"], 5)

    def test_json(self):
        for line_end in "\n", "\r\n":
            text = LOG.replace("\n", line_end)
            once = json.dumps({"InstanceId": "i-0", "Output": text}, indent=4)
            self.check(once, 3)
            self.check(json.dumps({"Output": text}), 1)
            # A string within a string.
            self.check(json.dumps({"body": json.dumps({"Output": text})}), 1)
        # journalctl -o json, an object a line; and dmesg --json, compact.
        self.check("\n".join(json.dumps({"MESSAGE": line}) for line in LINES))
        self.check(json.dumps({"dmesg": [{"pri": 6, "msg": line[15:]} for line in LINES]}), 1)
        self.check(json.dumps([line[15:] for line in LINES], separators=(",", ":")), 1)
        # Escapes of characters that need none, and of a terminal's colours.
        text = json.dumps({"Output": "\x1b[1m" + LOG})
        self.check(text.replace("[mem", "\\u005bmem").replace(" usable", "\\u00a0usable"), 1)
        self.check(LOG.replace("BIOS-e820", "\\x1b[33mBIOS-e820"))

    def test_base64_is_named(self):
        file, status = read(base64.encodebytes(LOG.encode()))
        self.assertEqual((status, file["maps"]), (1, []))
        self.assertIn("base64 -d", file["error"])

    def test_hostile(self):
        for data in (b"\xff\xfe", b"\xff", b"\\", b"&", b"<", b"&#" * 40, b"\\u12", b"<br", b"\xf0\x9f",
                     b"\xd8\x00" * 40, b"<p " * 100000, b"\\" * 100000, b"\r" * 100000):  # fmt: skip
            with self.subTest(data[:8]):
                file, status = read(data)
                self.assertEqual((status, file["maps"]), (1, []))


if __name__ == "__main__":
    CVMEM, MAPS = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1])
