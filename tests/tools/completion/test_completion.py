#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_completion.py CVMEM SHELL COMPLETION

Bash, Zsh or Fish offers the commands, options and words that --help lists."""

import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import tempfile

CVMEM, SHELL, COMPLETION = sys.argv[1:]
COMPLETION = os.path.abspath(COMPLETION)
PATH = os.path.dirname(os.path.abspath(CVMEM)) + os.pathsep + os.environ.get("PATH", os.defpath)
failures = 0

# What bash-completion does before and after, for command lines without quotes.
BASH = """
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

# Completion works in an interactive shell alone. Each match goes to a file.
ZSH = """
fpath=(%s $fpath)
autoload -Uz compinit
compinit -D -u
compadd() {
	local -a matches
	if [[ " ${@[1,(i)(-|--)]} " == *" -"[OAD]" "* ]]; then
		builtin compadd "$@"
		return
	fi
	builtin compadd -A matches "$@"
	((${#matches})) && print -rl -- $matches >>"$MATCHES"
	builtin compadd "$@"
}
zstyle ':completion:*' insert-tab false
PS1='ready> '
"""


def bash(*words):
    return run("bash", "--norc", "-c", BASH, COMPLETION, *words).split("\n")[:-1]


def fish(*words):
    line = " ".join(["cvmem", *words[:-1]])
    script = 'source $argv[1]; complete -C "$argv[2]"'
    found = run("fish", "--no-config", "-c", script, COMPLETION, f"{line} {words[-1]}").splitlines()
    return [line.split("\t")[0] for line in found]


def zsh(*words):
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, ".zshrc"), "w", encoding="utf-8") as setup:
            setup.write(ZSH % os.path.dirname(COMPLETION))
        matches = os.path.join(folder, "matches")
        open(matches, "w", encoding="utf-8").close()
        typed = " ".join(["cvmem", *words]) + "\t" + "\x15" + "print typed$((1 + 1))\n"
        child, terminal = pty.fork()
        if not child:
            os.execvpe("zsh", ["zsh", "-d", "-i"],
                       {**os.environ, "PATH": PATH, "ZDOTDIR": folder, "MATCHES": matches, "TERM": "dumb"})
        # Before the prompt the terminal's driver would edit the line.
        await_text(terminal, b"ready> ")
        os.write(terminal, typed.encode())
        await_text(terminal, b"typed2")
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(terminal)
        with open(matches, encoding="utf-8") as found:
            return found.read().splitlines()


def await_text(terminal, text):
    shown = b""
    while text not in shown:
        shown += os.read(terminal, 4096)


def run(*arguments):
    return subprocess.run(arguments, check=True, stdout=subprocess.PIPE, universal_newlines=True,
                          env={**os.environ, "PATH": PATH}).stdout


OFFERED = {"bash": bash, "fish": fish, "zsh": zsh}[SHELL]


def expect(words, expected, what):
    """For the last of the words, which are what follows `cvmem`."""
    global failures
    found = OFFERED(*words)
    if sorted(set(found)) != sorted(expected):
        failures += 1
        print(f"FAILED: {what}: offered {sorted(set(found))}, not {sorted(expected)}")


def commands():
    listed = re.findall(r"^  (\w+)  ", run(CVMEM, "--help"), re.MULTILINE)
    assert len(listed) == 8
    expect([""], [*listed, "help"] + (["--help", "--version"] if SHELL == "bash" else []), "commands")
    expect(["help", ""], listed, "help of commands")
    expect(["help", "bo"], ["boot"], "help of commands")
    return listed


def options(command):
    """All long ones of its help, and the words that an option takes."""
    shown = run(CVMEM, command, "--help")
    known = set(re.findall(r"^ +(?:-\S, )?(--[\w-]+)", shown, re.MULTILINE))
    expect([command, "--"], known, command)
    for name, argument in re.findall(r"^ +(?:-\S, )?(--[\w-]+)=(\S+)", shown, re.MULTILINE):
        words = argument.split("|")
        if all(word[0].islower() or word[0].isdigit() for word in words) and ":" not in argument:
            expect([command, name, ""], words, f"{command} {name}")


def costs():
    known = ["tdx", "snp", "tdx-early", "tdx-late", "none"]
    for command in "boot", "vm":
        expect([command, "--accept-cost", ""], known, f"{command} --accept-cost")
        for name in known:
            run(CVMEM, command, "--accept-cost", name, "--attack", "list")


def names(text):
    return [line.split()[0] for line in text.splitlines()]


def attacks():
    of_vm = {name: names(run(CVMEM, "vm", "--platform", name, "--attack", "list"))
             for name in ("tdx", "snp")}
    table = [line.split() for line in run(CVMEM, "boot", "--attack", "list").splitlines()]
    of_boot = {name: [line[0] for line in table if name in line[1:3]] for name in ("tdx", "snp")}
    for command, known in (("vm", of_vm), ("boot", of_boot)):
        assert set(known["snp"]) < set(known["tdx"])
        cases = [("tdx", []), ("tdx", ["--platform", "tdx"]), ("snp", ["--platform", "snp", "--json", "x"])]
        if SHELL == "bash":
            cases.append(("snp", ["--platform", "=", "snp"]))
        for platform, before in cases:
            expect([command, *before, "--attack", ""], [*known[platform], "list"],
                   f"{command} {' '.join(before)} --attack")
    if SHELL == "bash":
        expect(["vm", "--platform", "snp", "--attack", "re"],
               [name for name in of_vm["snp"] if name.startswith("re")], "attacks in re")


def main():
    if not shutil.which(SHELL):
        print(f"skipped: {SHELL} is not installed")
        return 77
    for command in commands():
        options(command)
    costs()
    attacks()
    if SHELL == "bash":
        expect(["inspect", ""], ["(a file)"], "an argument")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
