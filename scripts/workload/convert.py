#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Converts a recording into the format of docs/workload.md: CONSOLE RECORDING OUTPUT."""

import struct
import sys

import blocks
import recording
from blocks import ALLOC, FREE

VERSION = 1


def number(value):
    """LEB128."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def encode_alloc(op, state, gap):
    _, _, ident, order = op
    step = ident - state["allocated"]
    head = order << 2 | (0x40 if step > 1 else 0) | (0x02 if gap else 0)
    state["allocated"] = ident
    return bytes([head]) + gap + (number(step - 2) if step > 1 else b"")


def encode_free(op, state, gap):
    _, _, ident, order = op
    step = ident - state["freed"]
    choices = [(0, step * 2 if step >= 0 else -step * 2 - 1)]
    if ident <= state["allocated"]:
        choices.append((0x08, state["allocated"] - ident))
    base, value = min(choices, key=lambda choice: choice[1])
    head = 0x01 | base | min(value, 15) << 4 | (0x04 if order else 0) | (0x02 if gap else 0)
    state["freed"] = ident
    rest = bytes([order]) if order else b""
    return bytes([head]) + gap + rest + (number(value - 15) if value >= 15 else b"")


def encode_streams(ops, cpus):
    streams = [bytearray() for _ in range(cpus)]
    counts = [0] * cpus
    states = [{"sequence": -1, "allocated": -1, "freed": -1} for _ in range(cpus)]
    for sequence, op in enumerate(ops):
        cpu, state = op[1], states[op[1]]
        step = sequence - state["sequence"]
        gap = number(step - 2) if step > 1 else b""
        state["sequence"] = sequence
        encode = encode_alloc if op[0] == ALLOC else encode_free
        streams[cpu] += encode(op, state, gap)
        counts[cpu] += 1
    return streams, counts


def replay(ops):
    """The highest and the last number of pages, after checking every operation."""
    live, pages, peak = {}, 0, 0
    for kind, _, ident, order in ops:
        if kind == ALLOC:
            assert ident not in live
            live[ident] = order
            pages += 1 << order
            peak = max(peak, pages)
        else:
            assert live.pop(ident) == order
            pages -= 1 << order
    return peak, pages


def check_progress(ops, cpus):
    """CPUs that only wait for the allocations they free always get to their ends."""
    queues = [[op for op in ops if op[1] == cpu] for cpu in range(cpus)]
    at, done = [0] * cpus, set()
    moved = True
    while moved:
        moved = False
        for cpu, queue in enumerate(queues):
            while at[cpu] < len(queue):
                kind, _, ident, _ = queue[at[cpu]]
                if kind == FREE and ident not in done:
                    break
                if kind == ALLOC:
                    done.add(ident)
                at[cpu] += 1
                moved = True
    assert sum(at) == len(ops), "the streams block each other"


def write(path, ops, ids, shell, sums, peak, end):
    cpus = 1 + max(op[1] for op in ops)
    check_progress(ops, cpus)
    streams, counts = encode_streams(ops, cpus)
    out = struct.pack("<8sII", b"CVMTRACE", VERSION, cpus)
    amounts = [sums[name] for name in ("kernel", "initrd", "early", "memmap", "ram")]
    out += struct.pack("<10Q", len(ops), ids, shell, *amounts, peak, end)
    offset = len(out) + 24 * cpus
    for stream, count in zip(streams, counts):
        out += struct.pack("<QQQ", offset, len(stream), count)
        offset += len(stream)
    out += b"".join(streams)
    with open(path, "wb") as file:
        file.write(out)
    return len(out)


def main():
    console, disk, output = sys.argv[1:]
    sections = recording.read_sections(disk)
    events = recording.read_events(sections)
    sums = recording.read_sums(console)
    machine = blocks.follow(events)
    ops, ids, shell = blocks.operations(machine)
    if shell is None:
        raise recording.Damaged("the shell's mark is missing")
    peak, end = replay(ops)
    size = write(output, ops, ids, shell, sums, peak, end)
    print(f"{len(events)} events, {len(ops)} operations in {size} bytes")
    for what, count in sorted(machine.counts.items()):
        print(f"{what}: {count}")
    buffer = machine.counts["dropped: pages of the trace buffer"]
    used = recording.used_pages(sections)
    used = recording.used_pages(sections)
    # The boot CPU's part of the trace buffer was allocated before the first event.
    unseen = used - end - buffer - buffer // max(op[1] for op in ops)
    print(f"pages used at the end according to the kernel: {used}; all but {unseen} are recorded "
          "or the trace buffer's")


if __name__ == "__main__":
    try:
        main()
    except recording.Damaged as damage:
        sys.exit(f"convert: {damage}")
