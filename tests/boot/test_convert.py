#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How page events become operations: test_convert.py SOURCE_ROOT"""

import sys
import unittest

sys.path.insert(0, sys.argv[1] + "/scripts/workload")

import blocks  # noqa: E402
import recording  # noqa: E402
from recording import Event  # noqa: E402

A, F = blocks.ALLOC, blocks.FREE


def alloc(pfn, order=0, cpu=0, gfp="GFP_KERNEL"):
    return Event("alloc", cpu, pfn, order, gfp)


def free(pfn, order=0, cpu=0):
    return Event("free", cpu, pfn, order, "")


def convert(*events):
    machine = blocks.follow(events)
    ops, _, _ = blocks.operations(machine)
    return ops, {what: count for what, count in machine.counts.items() if count}


class Convert(unittest.TestCase):
    def test_plain(self):
        ops, counts = convert(alloc(8, 3), alloc(3, cpu=1), free(8, 3, cpu=1), alloc(8))
        self.assertEqual(ops, [(A, 0, 0, 3), (A, 1, 1, 0), (F, 1, 0, 3), (A, 0, 2, 0)])
        self.assertEqual(counts, {})

    def test_split(self):
        ops, counts = convert(alloc(8, 3), free(14), free(15), alloc(15), free(8, 1))
        self.assertEqual(
            ops,
            # 8 and 9; 10 and 11; 12 and 13, never freed; 14; 15. And 15 once more.
            [(A, 0, 0, 1), (A, 0, 1, 1), (A, 0, 2, 1), (A, 0, 3, 0), (A, 0, 4, 0)]
            + [(F, 0, 3, 0), (F, 0, 4, 0), (A, 0, 5, 0), (F, 0, 0, 1)],
        )
        self.assertEqual(counts, {"split allocations": 1})

    def test_allocated_twice(self):
        ops, counts = convert(alloc(4, 1), alloc(4, cpu=1))
        self.assertEqual(ops, [(A, 0, 0, 0), (A, 0, 1, 0), (F, 1, 0, 0), (A, 1, 2, 0)])
        self.assertEqual(counts["repair: allocated twice, free inserted"], 1)

    def test_unknown_free(self):
        ops, counts = convert(alloc(1), free(2, 1), free(512, 9))
        self.assertEqual(ops, [(A, 0, 0, 0)])
        self.assertEqual(counts["dropped: pages freed, never seen allocated"], 2)
        self.assertEqual(counts["dropped: pages freed, handed over late"], 512)

    def test_partly_known_free(self):
        ops, counts = convert(alloc(5), free(4, 1))
        self.assertEqual(ops, [(A, 0, 0, 0), (F, 0, 0, 0)])
        self.assertEqual(counts, {"repair: partly known free": 1})

    def test_joined_free(self):
        ops, counts = convert(alloc(4), alloc(5), free(4, 1))
        self.assertEqual(ops, [(A, 0, 0, 0), (A, 0, 1, 0), (F, 0, 0, 0), (F, 0, 1, 0)])
        self.assertEqual(counts["repair: one free of several allocations"], 1)

    def test_batched(self):
        batched = Event("batched", 0, 1, 0, "")
        ops, counts = convert(alloc(1), free(1), batched)
        self.assertEqual((len(ops), counts), (2, {}))
        ops, counts = convert(alloc(1), batched)
        self.assertEqual(ops, [(A, 0, 0, 0), (F, 0, 0, 0)])
        self.assertEqual(counts["repair: freed in a batch only"], 1)

    def test_trace_buffer(self):
        flags = "GFP_KERNEL|__GFP_RETRY_MAYFAIL"
        ops, counts = convert(alloc(1, gfp=flags), alloc(2, cpu=1), alloc(3, gfp=flags))
        self.assertEqual(ops, [(A, 1, 0, 0), (A, 0, 1, 0)])
        self.assertEqual(counts["dropped: pages of the trace buffer"], 1)

    def test_line(self):
        time, event = recording.parse_event(
            "     kworker/u8:1-29      [002] d..1.        17: mm_page_alloc: page=00000000b1 "
            "pfn=0x1a2b order=3 migratetype=0 gfp_flags=GFP_KERNEL|__GFP_COMP"
        )
        self.assertEqual((time, event), (17, alloc(0x1A2B, 3, 2, "GFP_KERNEL|__GFP_COMP")))

    def test_lost_events(self):
        stats = ["entries: 1", "overrun: 1", "commit overrun: 0", "dropped events: 0"]
        with self.assertRaises(recording.Damaged):
            recording.read_events({"stats cpu0": stats, "trace": []})
        stats[1] = "overrun: 0"
        with self.assertRaises(recording.Damaged):
            recording.read_events({"stats cpu0": stats, "trace": []})


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
