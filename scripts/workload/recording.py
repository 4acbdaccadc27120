# SPDX-License-Identifier: MIT
"""Reads the output of the recorded machine: its console and the text of its trace buffer."""

import re
from collections import namedtuple

Event = namedtuple("Event", "kind cpu pfn order gfp")

LINE = re.compile(
    r"\s*.+-\d+\s+\[(?P<cpu>\d+)\] \S+\s+(?P<time>\d+): (?P<event>\w+): (?P<rest>.*)"
)
KINDS = {"mm_page_alloc": "alloc", "mm_page_free": "free", "mm_page_free_batched": "batched"}
# Parts of the kernel's image, in its "Memory:" line.
IMAGE = ("kernel code", "rwdata", "rodata", "init", "bss")
SECTION = 128 << 20  # the unit in which x86-64 makes page descriptors
DESCRIPTOR = 64
PAGE = 4096


class Damaged(Exception):
    """The recording is incomplete, or does not have the expected form."""


def parse_event(line):
    match = LINE.match(line)
    if not match:
        raise Damaged(f"not an event: {line!r}")
    if match["event"] == "tracing_mark_write":
        return int(match["time"]), Event("mark", int(match["cpu"]), 0, 0, "")
    fields = dict(field.split("=", 1) for field in match["rest"].split() if "=" in field)
    event = Event(
        KINDS[match["event"]],
        int(match["cpu"]),
        int(fields["pfn"], 16),
        int(fields.get("order", "0")),
        fields.get("gfp_flags", ""),
    )
    return int(match["time"]), event


def read_sections(path):
    """The lines of the disk, by section name, up to the mark of the end."""
    sections, lines = {}, []
    with open(path, encoding="ascii", errors="replace") as file:
        for line in file:
            line = line.rstrip("\n")
            if line == "== end":
                return sections
            if line.startswith("== "):
                lines = sections.setdefault(line[3:], [])
            else:
                lines.append(line)
    raise Damaged("the recording has no end: the disk was too small")


def read_events(sections):
    """All events in the order of the machine, after checking that none is missing."""
    written = 0
    for name, lines in sections.items():
        if not name.startswith("stats "):
            continue
        stats = dict(line.split(": ", 1) for line in lines)
        for what in ("overrun", "commit overrun", "dropped events"):
            if int(stats[what]):
                raise Damaged(f"{name}: {what} {stats[what]}; enlarge trace_buf_size")
        written += int(stats["entries"])
    events, last = [], -1
    for line in sections["trace"]:
        if line.startswith("#") or not line.strip():
            continue
        time, event = parse_event(line)
        if time < last:
            raise Damaged(f"out of order: {line!r}")
        last = time
        events.append(event)
    if len(events) != written:
        raise Damaged(f"{len(events)} events read, {written} written")
    return events


def read_sums(console):
    """The memory that the kernel took before its page allocator existed, from its log."""
    with open(console, encoding="ascii", errors="replace") as file:
        log = file.read()
    memory = re.search(r"Memory: \d+K/(\d+)K available \((.*)\)", log)
    disk = re.search(r"RAMDISK: \[mem 0x([0-9a-f]+)-0x([0-9a-f]+)\]", log)
    if not memory or not disk:
        raise Damaged("the console has no Memory: or no RAMDISK: line")
    parts = {}
    for part in memory[2].split(", "):
        size, name = part.split("K ", 1)
        parts[name] = int(size) << 10
    ram = int(memory[1]) << 10
    kernel = sum(parts[name] for name in IMAGE)
    initrd = int(disk[2], 16) + 1 - int(disk[1], 16)
    memmap = -(-ram // SECTION) * SECTION // PAGE * DESCRIPTOR
    early = parts["reserved"] - kernel - initrd - memmap
    if early < 0:
        raise Damaged("less was reserved than its known parts take")
    return {"kernel": kernel, "initrd": initrd, "early": early, "memmap": memmap, "ram": ram}


def used_pages(sections):
    """Pages that the page allocator managed and did not hold when the recording was written."""
    used, zones = 0, 0
    for line in sections["zoneinfo"]:
        words = line.split()
        if words[:1] == ["managed"]:
            used += int(words[1])
            zones += 1
        elif words[:2] == ["pages", "free"]:
            used -= int(words[2])
        elif words[:1] == ["count:"]:
            used -= int(words[1])
    if not zones:
        raise Damaged("no zones")
    return used
