# SPDX-License-Identifier: MIT
"""bench/RESULTS.md: an introduction, and a section for each topic."""
import os

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


def write(introduction, sections):
    """Rewrites the file."""
    with open(RESULTS, "w", encoding="utf-8") as file:
        file.write("\n".join([introduction, *sections.values()]))
