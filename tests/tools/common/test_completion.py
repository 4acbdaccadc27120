#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_completion.py CVMEM COMPLETION

What Bash offers for a command line: what the command itself says that it takes."""

import os
import re
import shutil
import subprocess
import sys

CVMEM, COMPLETION = sys.argv[1:]
failures = 0

# What bash-completion does before and after, for command lines without quotes.
SCRIPT = """
_init_completion() {
	words=("${COMP_WORDS[@]}")
	cword=$COMP_CWORD cur=${words[cword]} prev=${words[cword - 1]}
}
_filedir() {
	COMPREPLY=('(a file)')
}
COMPREPLY=()
. "$0"
COMP_WORDS=(cvmem "$@")
COMP_CWORD=$#
_cvmem
printf '%s\\n' "${COMPREPLY[@]}"
"""


def expect(found, expected, what):
    global failures
    if sorted(found) != sorted(expected):
        failures += 1
        print(f"FAILED: {what}: offered {sorted(found)}, not {sorted(expected)}")


def cvmem(*arguments):
    return subprocess.run([CVMEM, *arguments], stdout=subprocess.PIPE, check=True,
                          universal_newlines=True).stdout


def offered(*words):
    """For the last of the words, which are what follows `cvmem`."""
    path = os.path.dirname(os.path.abspath(CVMEM)) + os.pathsep + os.environ.get("PATH", os.defpath)
    done = subprocess.run(["bash", "--norc", "-c", SCRIPT, COMPLETION, *words], check=True,
                          stdout=subprocess.PIPE, universal_newlines=True,
                          env={**os.environ, "PATH": path})
    return done.stdout.split("\n")[:-1]


def commands():
    listed = re.findall(r"^  (\w+)  ", cvmem("--help"), re.MULTILINE)
    expect(offered(""), listed + ["--help", "--version"], "commands")
    return listed


def options(command):
    """All long ones of its help, but for the one that argp adds for itself."""
    known = set(re.findall(r"^ +(?:-\S, )?(--[\w-]+)", cvmem(command, "--help"), re.MULTILINE))
    expect(offered(command, "--"), known - {"--usage"}, command)


def names(text):
    return [line.split()[0] for line in text.splitlines()]


def attacks():
    of_vm = {name: names(cvmem("vm", "--platform", name, "--attack", "list"))
             for name in ("tdx", "snp")}
    table = [line.split() for line in cvmem("boot", "--attack", "list").splitlines()]
    of_boot = {name: [line[0] for line in table if name in line[1:3]] for name in ("tdx", "snp")}
    for command, known in (("vm", of_vm), ("boot", of_boot)):
        assert set(known["snp"]) < set(known["tdx"])
        for platform, before, after in (("tdx", [], []), ("tdx", ["--platform", "tdx"], []),
                                        ("snp", ["--platform", "snp", "--json", "x"], []),
                                        ("snp", ["--platform", "=", "snp"], [])):
            expect(offered(command, *before, "--attack", *after, ""), [*known[platform], "list"],
                   f"{command} {' '.join(before)} --attack")
    expect(offered("vm", "--platform", "snp", "--attack", "re"),
           [name for name in of_vm["snp"] if name.startswith("re")], "attacks in re")


def main():
    if not shutil.which("bash"):
        print("skipped: bash is not installed")
        return 77
    for command in commands():
        options(command)
    attacks()
    expect(offered("inspect", ""), ["(a file)"], "what is no option")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
