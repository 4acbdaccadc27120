# SPDX-License-Identifier: MIT
"""bench/RESULTS.md: an introduction, and a section for each topic."""
import os
import re
import textwrap

COLUMNS = 100
RESULTS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "RESULTS.md")


def read():
    """The introduction, and the sections by topic, in the file's order."""
    if not os.path.exists(RESULTS):
        return "", {}
    with open(RESULTS, encoding="utf-8") as file:
        introduction, *parts = file.read().split("\n## ")
    sections = {}
    for part in parts:
        name = part.split("\n", 1)[0].split(":")[0]
        sections[name] = "## " + part.rstrip("\n") + "\n"
    return introduction.rstrip("\n") + "\n", sections


def fill(text, **indents):
    """One paragraph; neither code nor a number and its unit are broken."""
    whole = r"`[^`]*`|\d (?:[KMGT]iB|[num]?s|%)"
    text = re.sub(whole, lambda match: match.group().replace(" ", "\0"), " ".join(text.split()))
    return textwrap.fill(text, COLUMNS, break_long_words=False, break_on_hyphens=False, **indents).replace("\0", " ")


def wrap(text):
    """Paragraphs and items of lists in lines of at most 100 columns; tables and headings as they are."""
    paragraphs = []
    for paragraph in text.strip("\n").split("\n\n"):
        if paragraph.startswith("- "):
            items = ("\n" + paragraph).split("\n- ")[1:]
            paragraph = "\n".join(fill(item, initial_indent="- ", subsequent_indent="  ") for item in items)
        elif not paragraph.startswith(("|", "#")):
            paragraph = fill(paragraph)
        paragraphs.append(paragraph)
    return "\n\n".join(paragraphs) + "\n"


def write(introduction, sections):
    """Rewrites the file."""
    with open(RESULTS, "w", encoding="utf-8") as file:
        file.write("\n".join(wrap(part) for part in [introduction, *sections.values()]))
