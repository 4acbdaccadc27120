#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""usage: test_token.py SAMPLE

SAMPLE prints the coordinates of the platform's public key and a token that a Realm is given, in
hexadecimal. It is decoded and verified here with other code, of which test_attestation.py checks
the signatures; and by openssl, where that is installed."""

import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
sys.dont_write_bytecode = True

import cca_token  # noqa: E402

# SubjectPublicKeyInfo of a key on P-384 that is not compressed, up to X: RFC 5480, section 2.
SPKI = bytes.fromhex("3076301006072a8648ce3d020106052b8104002203620004")


def check_decoder():
    """RFC 8949, appendix A; and RFC 9052's own name for a signature's context."""
    for text, value in (("1903e8", 1000), ("3903e7", -1000), ("3863", -100), ("17", 23),
                        ("1818", 24), ("6449455446", "IETF"), ("4401020304", b"\1\2\3\4"),
                        ("83010203", [1, 2, 3]), ("a201020304", {1: 2, 3: 4})):
        assert cca_token.decode(bytes.fromhex(text)) == value, text
    for text in ("1817", "190018", "62", "a101", "0000", "ff"):
        try:
            cca_token.decode(bytes.fromhex(text))
        except ValueError:
            continue
        raise AssertionError(f"{text} was decoded")


def der_integer(value):
    data = value.to_bytes(49, "big").lstrip(b"\0")
    if data[0] & 0x80:
        data = b"\0" + data
    return bytes([2, len(data)]) + data


def openssl_agrees(signed, key):
    """The same by `openssl dgst`."""
    if not shutil.which("openssl"):
        return True
    parts = b"".join(der_integer(int.from_bytes(part, "big"))
                     for part in (signed.signature[:48], signed.signature[48:]))
    data = (b"\x84\x6aSignature1" + cca_token.byte_string(signed.protected) + b"\x40" +
            cca_token.byte_string(signed.payload))
    with tempfile.TemporaryDirectory() as folder:
        files = {"key": SPKI + b"".join(part.to_bytes(48, "big") for part in key),
                 "signature": bytes([0x30, len(parts)]) + parts, "data": data}
        for name, content in files.items():
            with open(os.path.join(folder, name), "wb") as file:
                file.write(content)
        subprocess.run(["openssl", "pkey", "-pubin", "-inform", "DER", "-in", "key", "-out", "pem"],
                       cwd=folder, check=True)
        return not subprocess.run(["openssl", "dgst", "-sha384", "-verify", "pem", "-signature",
                                   "signature", "data"], cwd=folder, check=False,
                                  stdout=subprocess.DEVNULL).returncode


def main():
    check_decoder()
    for _ in range(2):
        x, y, text = subprocess.run([sys.argv[1]], check=True, stdout=subprocess.PIPE).stdout.split()
        key, data = (int(x, 16), int(y, 16)), bytearray.fromhex(text.decode())
        token = cca_token.Token(data)
        wrong = token.verify(key)
        assert wrong is None, wrong
        assert openssl_agrees(token.platform, key), "openssl does not verify it"
        claims = token.realm.claims
        assert claims[10] == bytes(range(64))
        assert claims[44235] == b"\x11" * 64
        assert claims[44238] == b"\x20" * 32
        assert claims[44239] == [bytes([0x21 + i]) * 32 for i in range(4)]
        # Whatever is changed of what is signed is noticed.
        for part in bytes(claims[10]), claims[44238], token.platform.claims[256]:
            changed = bytearray(data)
            changed[changed.index(part) + len(part) // 2] ^= 1
            assert cca_token.Token(changed).verify(key), "a change was not noticed"
        assert token.verify((key[1], key[0])), "another key verifies it"


main()
