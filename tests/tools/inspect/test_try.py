#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_try.py CVMEM

What `cvmem inspect --try` rejects before it starts a machine: what is not one thing to boot, and
files that no guest starts with. The machine itself is tested by tests/qemu/cases_tdx_try.py.
"""
import json
import os
import subprocess
import sys
import tempfile

import inspect_images as make

CVMEM = sys.argv[1]
RISCV = 0x5064


def inspect(*arguments):
    return subprocess.run([CVMEM, "inspect", "--try", *arguments], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL)


def refused(folder, name, image, read):
    """An image that `cvmem vm` refuses: what is wrong with the report of it."""
    path = os.path.join(os.fsencode(folder), name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(image)
    done = subprocess.run([CVMEM, "inspect", "--try", "--json", path], capture_output=True,
                          stdin=subprocess.DEVNULL)
    report = json.loads(done.stdout.decode("utf-8")) if done.stdout else {}
    shown = path.decode("utf-8", "replace").replace("\ufffd", "?").replace("\x85", "??")
    if done.returncode != 1 or report["files"][0]["name"] != shown.replace("\x1b", "?"):
        yield f"{name}: status {done.returncode}: {done.stderr}, {report}"
    for one in report.get("try", []):
        if (one["outcome"], one["ran"], one.get("read"), one["agree"]) != ("does-not-boot", False, read, True):
            yield f"{name}: {one}"
    for locale, letter in ("C", b"??"), ("C.UTF-8", "ö".encode()):
        done = subprocess.run([CVMEM, "inspect", "--try", path], capture_output=True,
                              stdin=subprocess.DEVNULL, env={**os.environ, "LC_ALL": locale})
        if b"(null)" in done.stdout or b"not what the files say" in done.stdout:
            yield f"{name}: {done.stdout}"
        if "ö".encode() in path and b"j" + letter + b"rg/" not in done.stdout:
            yield f"{name}, {locale}: {done.stdout}"


def main():
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        text = os.path.join(folder, "notes")
        with open(text, "w", encoding="utf-8") as file:
            file.write("no image\n")
        for arguments, message in (([text], "--try: "), (["-"], "the standard input cannot be booted"),
                                   ([folder], "name a kernel or a disk image"),
                                   ([os.path.join(folder, "none")], "not readable")):
            done = inspect(*arguments)
            if done.returncode != 3 or message not in done.stderr:
                print(f"FAILED: {arguments}: status {done.returncode}: {done.stderr}")
                bad += 1
        riscv = make.zboot(make.gzip(b"x" * 100), "gzip", RISCV)
        pvh = make.pvh(make.note(18, b"Xen\0", b"1234"))
        for name, image, read in (("plain/riscv.bin", riscv, "does-not-boot"), ("plain/pvh.elf", pvh, "starts-by-pvh"),
                                  ("jörg/riscv.bin", riscv, "does-not-boot"), ("jörg/pvh.elf", pvh, "starts-by-pvh"),
                                  # No UTF-8, and characters that control a terminal.
                                  (b"\xff\xc3(/\xed\xa0\x80", riscv, "does-not-boot"),
                                  ("\x1b[1m\x85/a", riscv, "does-not-boot")):
            for what in refused(folder, os.fsencode(name), image, read):
                print(f"FAILED: {what}")
                bad += 1
        for option in ("--memory=1", "--timeout=0"):
            done = inspect(option, text)
            if done.returncode != 64:
                print(f"FAILED: {option}: status {done.returncode}")
                bad += 1
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
