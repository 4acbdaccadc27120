# SPDX-License-Identifier: MIT
"""The commands in the code blocks of the documentation, and how each is tried: tests/recipes.txt."""

import collections
import glob
import os
import re

DOCUMENTS = ["README.md", "CONTRIBUTING.md", "docs/*.md"]
TABLE = "tests/recipes.txt"

# Who runs a command: `check` scripts/check-recipes in every ./check; `slow` its --slow, with what
# `cvmem vm --setup` fetches; `guest` a test in a booted guest; `fresh` scripts/try-fresh, and
# `package` its part packages; `not` and `text` no test: a command that cannot be run as it stands,
# or a block that holds none.
KINDS = ["check", "slow", "guest", "fresh", "package", "not", "text"]
GIVEN = ["given-check", "given-slow"]

# text: as it stands, perhaps several lines. more: an Entry.
Recipe = collections.namedtuple("Recipe", "document line text kind more")


def blocks(text):
    """(number of the first line, lines) of each code block, indented or fenced as sh."""
    lines = text.split("\n")
    fence = found = None
    for number, line in enumerate([*lines, ""], 1):
        mark = re.match(r"```(\w*)", line)
        if fence is not None:
            if mark:
                if fence == "sh" and found:
                    yield found
                fence = found = None
            elif fence == "sh":
                found = found or (number, [])
                found[1].append(line)
        elif mark:
            fence, found = mark.group(1), None
        elif line.startswith("    ") and (found or number == 1 or not lines[number - 2].strip()):
            found = found or (number, [])
            found[1].append(line[4:])
        elif found and not line.strip() and number < len(lines) and lines[number].startswith("    "):
            found[1].append("")
        elif found:
            yield found
            found = None


def without_comment(line):
    return re.sub(r"(^|\s)\s*#.*", "", line).rstrip()


def commands(block):
    """(number of the first line, text) of each command: lines that a backslash or a quote joins."""
    number, lines = block
    text = first = None
    for at, line in enumerate(lines, number):
        line = without_comment(line)
        text, first = (line, at) if text is None else (text + "\n" + line, first)
        if not text:
            text = None
        elif not text.endswith("\\") and text.count("'") % 2 == 0:
            yield first, text
            text = None
    if text:
        yield first, text


class Entry:
    """A line of the table, and the lines below that say more about it."""

    def __init__(self, document, kind, text):
        self.document, self.kind, self.text = document, kind, text
        self.status, self.needs, self.why = 0, [], ""
        # Of try-fresh: the folder of the home folder, as root, an hour.
        self.folder, self.as_root, self.long = "cvmem", False, False

    def add(self, line):
        word, _, rest = line.partition(" ")
        if word == "status":
            self.status = int(rest)
        elif word == "needs":
            self.needs += rest.split()
        elif word == "why":
            self.why = rest
        elif word == "in":
            self.folder = rest
        elif line in ("root", "long"):
            self.as_root |= line == "root"
            self.long |= line == "long"
        else:
            raise ValueError(f"{TABLE}: {line}")


def read_table(text):
    """The entries, in order. Raises ValueError."""
    entries, document = [], None
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        if line.startswith("= "):
            document = line[2:]
        elif line.startswith("\t"):
            entries[-1].add(line.strip())
        else:
            kind, _, rest = line.partition(" ")
            if kind not in KINDS + GIVEN or not document:
                raise ValueError(f"{TABLE}: {line}")
            entries.append(Entry(document, kind, rest))
    for entry in entries:
        if entry.kind == "not" and not entry.why:
            raise ValueError(f"{TABLE}: {entry.document}: no reason: {entry.text}")
    return entries


class Recipes:
    """All commands of the documents in a tree, and what is wrong with documents and table."""

    def __init__(self, root):
        self.recipes, self.problems, self.given = [], [], {}
        with open(os.path.join(root, TABLE), encoding="utf-8") as file:
            entries = read_table(file.read())
        known = {}
        for entry in entries:
            if entry.kind in GIVEN:
                self.given.setdefault((entry.document, entry.kind[len("given-"):]), []).append(entry.text)
            else:
                known[entry.document, entry.text] = entry
        used = set()
        for pattern in DOCUMENTS:
            for path in sorted(glob.glob(os.path.join(root, pattern))):
                with open(path, encoding="utf-8") as file:
                    self.read(os.path.relpath(path, root), file.read(), known, used)
        self.problems += [f"{TABLE}: {document} has no such line: {text}"
                          for document, text in known if (document, text) not in used]

    def read(self, document, text, known, used):
        for number, lines in blocks(text):
            first = known.get((document, without_comment(lines[0]).strip()))
            if first and first.kind == "text":
                used.add((document, first.text))
                continue
            for at, command in commands((number, lines)):
                key = (document, command.split("\n")[0])
                entry = known.get(key)
                if not entry:
                    self.problems.append(f"{document}:{at}: add a line to {TABLE} for: {key[1]}")
                    continue
                used.add(key)
                self.recipes.append(Recipe(document, at, command, entry.kind, entry))
