#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""usage: test_attestation.py SAMPLE

SAMPLE prints the public key's coordinates and a report that a guest was given, in hexadecimal. It is
verified here with other code, which is checked against RFC 6979's example first."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
sys.dont_write_bytecode = True

import snp_report  # noqa: E402


def check_verifier():
    # RFC 6979, A.2.6: P-384, SHA-384, message "sample".
    key = (0xEC3A4E415B4E19A4568618029F427FA5DA9A8BC4AE92E02E06AAE5286B300C64DEF8F0EA9055866064A254515480BC13,
           0x8015D9B72D7D57244EA8EF9AC0C621896708A59367F9DFB9F54CA84B3F1C9DB1288B231C3AE0D4FE7344FD2533264720)
    r = 0x94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C81A648152E44ACF96E36DD1E80FABE46
    s = 0x99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94FA329C145786E679E7B82C71A38628AC8
    assert snp_report.ecdsa_verify(key, b"sample", r, s)
    assert not snp_report.ecdsa_verify(key, b"Sample", r, s)


def main():
    check_verifier()
    for _ in range(4):
        x, y, text = subprocess.run([sys.argv[1]], check=True, stdout=subprocess.PIPE).stdout.split()
        key, data = (int(x, 16), int(y, 16)), bytearray.fromhex(text.decode())
        report = snp_report.Report(data)
        assert report.is_signed_by(key), "the signature is not the key's"
        assert report.version == 3 and report.vmpl == 1 and report.guest_svn == 0
        assert report.policy == 0x30000
        assert report.report_data == bytes(range(64))
        assert report.measurement == b"\x11" * 48
        assert report.host_data == b"\x22" * 32
        assert report.report_id == b"\x33" * 32
        assert (report.family, report.model, report.stepping) == (0x19, 0x11, 2)
        assert not any(report.reserved)
        for offset in 0x50, 0x90, 0x29F, 0x2A0, 0x2E8:
            data[offset] ^= 1
            assert not snp_report.Report(data).is_signed_by(key), f"byte {offset} is not signed"
            data[offset] ^= 1


main()
