# SPDX-License-Identifier: MIT
"""The commands in the code blocks of README.md, and where and how scripts/try-fresh runs each."""

import collections
import re

# folder: of the home folder, where it runs. status: with which it must end. long: it takes an hour.
Command = collections.namedtuple("Command", "text folder status long as_root")

# What a line begins with: the folder that it is for. "cvmem" is the clone, "library" another one,
# "own" somebody's sources with the tree in the folder cvmem.
FOLDERS = [
    ("./run", "cvmem"),
    ("./check", "cvmem"),
    ("build/cvmem ", "cvmem"),
    ("scripts/", "cvmem"),
    ("meson ", "library"),
    ("cc ", "own"),
    ("cvmem/", "own"),
]
# Lines for a makefile, a meson.build, or to look at. The tests of tests/install/ try the first two.
OTHERS = ["include ", "dependency("]
# They show how a guest ends that is at fault.
STATUS = {"build/cvmem vm --forget-accept 3100": 1}
# "ARGS" stands for something else.
PLACEHOLDER = re.compile(r"\b[A-Z]{3,}\b")


def blocks(text):
    """The lines of each indented code block, without fenced ones."""
    text = re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)
    for block in re.findall(r"(?<=\n\n)((?:    .*\n)+)", text):
        yield [line[4:] for line in block.splitlines()]


def is_figure(lines):
    return any("──" in line for line in lines)


def command_of(line):
    """None: not a command."""
    text = re.sub(r"\s+#.*", "", line).rstrip()
    for beginning, folder in FOLDERS:
        if (text + " ").startswith(beginning):
            return Command(text, folder, STATUS.get(text, 0), text == "./check", "meson install" in text)
    return None


def read(text):
    """The commands, and the lines that are neither a command nor known."""
    commands, unknown = [], []
    for lines in blocks(text):
        if is_figure(lines):
            continue
        for line in lines:
            command = command_of(line)
            if command and not PLACEHOLDER.search(command.text):
                commands.append(command)
            elif not command and not line.startswith(tuple(OTHERS)):
                unknown.append(line)
    return commands, unknown
