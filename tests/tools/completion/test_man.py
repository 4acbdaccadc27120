#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_man.py CVMEM PAGE...

Each manual page lists the options that the command's --help does, with the same arguments, and
nothing else."""

import os
import re
import subprocess
import sys

CVMEM, *PAGES = sys.argv[1:]
failures = 0


def check(good, what):
    global failures
    if not good:
        failures += 1
        print(f"FAILED: {what}")


def of_help(command):
    shown = subprocess.run([CVMEM, command, "--help"], stdout=subprocess.PIPE, check=True,
                           universal_newlines=True).stdout
    found = re.findall(r"^ {2,6}(?:-(\S)(?:, |(?= )))?--([\w-]+)(?:=(\S+)|(\[=\S+\]))?", shown, re.MULTILINE)
    return {name: (letter, argument or optional) for letter, name, argument, optional in found
            if name not in ("help", "usage", "version")}


def of_page(text):
    """{name: (letter, argument)}, from mdoc(7)."""
    found = {}
    for line in re.findall(r"^\.It ((?:Fl \w , )?Fl -[\w-]+.*)$", text, re.MULTILINE):
        words = line.split()
        letter = words[1] if words[2:3] == [","] else ""
        name, *rest = words[4:] if letter else words[1:]
        is_optional = rest[:4] == ["Ns", "Op", "=", "Ns"]
        rest = rest[4:] if is_optional else rest
        argument = "".join(word.upper() if before == "Ar" else word
                           for before, word in zip(["", *rest], rest) if word not in ("Ar", "Cm", "Ns"))
        found[name[1:]] = (letter, f"[={argument}]" if is_optional else argument)
    return found


def main():
    check(len(PAGES) == 8, f"{len(PAGES)} pages")
    for path in PAGES:
        command = re.search(r"cvmem-(\w+)\.1$", path).group(1)
        with open(path, encoding="utf-8") as page:
            text = page.read()
        shown, listed = of_help(command), of_page(text)
        check(shown and shown == listed, f"{os.path.basename(path)}: {sorted(listed.items())}, not {sorted(shown.items())}")
        check("@option" not in text and "\t" not in text, f"{os.path.basename(path)}: what was to be replaced")
        check(len(re.findall(r"^\.Bl", text, re.MULTILINE)) == len(re.findall(r"^\.El", text, re.MULTILINE)),
              f"{os.path.basename(path)}: a list has no end")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
