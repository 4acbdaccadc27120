#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_page.py CVMEM

The page of `cvmem vm --report`, from a made-up report and trace, so that what it must show is known.
What its script draws is run by node, where that is installed."""

import json
import os
import re
import shutil
import subprocess
import sys
import unittest
import xml.etree.ElementTree as tree

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../common")]

from fake_qemu import VmTest, main  # noqa: E402
from report_page import Page  # noqa: E402

MIB, GIB = 1 << 20, 1 << 30
# 4 GiB: 2 GiB from 0 on, and 2 GiB from 4 GiB on.
EVENTS = [
    (100, "launch accept", 0xFFC00000, 4 * MIB),  # flash, which is no memory
    (200, "launch accept", 0x800000, 64 << 10),
    (1000, "firmware accept", 0x100000, MIB),
    (1100, "firmware accept", 0x200000, 1022 * MIB),  # 64 KiB of it are the launch's
    (1200, "firmware share", 0x40000000 - (1 << 20), MIB),
    (1300, "firmware unshare", 0x40000000 - (1 << 20), MIB),
    (1400, "firmware accept", 0x40000000 - (1 << 20), MIB),  # again
    (1500, "- touch", 0x100000, 4096),
    (3000, "kernel share", 0x7FE00000, 4096),
    (3500, "kernel accept", 4 * GIB, 2 * MIB),
    (4000, "kernel accept", 6 * GIB - 2 * MIB, 2 * MIB),
]
RUN = {
    "ok": True, "accepted_bytes": 1030 * MIB, "touch_before_accept": 0, "double_accepts": 0,
    "unaccepted_bytes": 3 * GIB,
    "accept_calls": {"4k": 512, "2m": 512, "1g": 0},
    "accept_calls_by_phase": {
        "firmware": {"4k": 512, "2m": 510, "1g": 0},
        "stub": {"4k": 0, "2m": 0, "1g": 0},
        "kernel": {"4k": 0, "2m": 2, "1g": 0},
    },
    "vmcalls": {"map_gpa": 77},
}


def trace(events=EVENTS, end="end\n"):
    lines = [f"{ms * 1000000} 0 {event} {gpa:#x} {size:#x}\n" for ms, event, gpa, size in events]
    return "".join(["cvmem-trace 1 tdx 1\n", *lines, end])


def report(memory=4 * GIB, **run):
    return json.dumps({"memory_bytes": memory, "vcpus": 1, "runs": [dict(RUN, **run)]})


class PageTest(VmTest):
    def page(self, *arguments, given=None, text=None, status=0, **environment):
        path = self.path("page.html")
        done = self.vm("--kernel", self.kernel, "--report", path, *arguments,
                       FAKE_TRACE=trace() if text is None else text,
                       FAKE_REPORT=given or report(), **environment)
        self.assertEqual(done.returncode, status, done.stderr)
        with open(path, encoding="utf-8") as file:
            page = Page(file.read())
        self.assertEqual(list(page.faults()), [])
        return page

    def drawn(self, page):
        program = self.make("draw.js", f"""{page.scripts["code"]}
console.log(render({page.scripts["application/json"]}, false))""".encode())
        if not shutil.which("node"):
            self.skipTest("node is not installed")
        done = subprocess.run(["node", program], capture_output=True, text=True, check=True)
        return tree.fromstring(f"<main>{done.stdout}</main>")


class Data(PageTest):
    def test_machine(self):
        data = self.page("--accept-cost", "tdx").data()
        self.assertEqual((data["machine"], data["platform"], data["memory_bytes"], data["vcpus"]),
                         ("vm", "tdx", 4 * GIB, 1))
        self.assertEqual(data["accept_ns_per_4k"], 2500)
        self.assertIn(self.kernel, data["map"])
        (run,) = data["runs"]
        for key in "accept_calls_by_phase", "unaccepted_bytes", "double_accepts":
            self.assertEqual(run[key], RUN[key])
        self.assertEqual((run["ok"], run["ended"], run["conversions"]), (True, "powered-off", 77))
        self.assertEqual(self.page("--platform", "snp").data()["platform"], "snp")

    def test_over_time(self):
        run = self.page().data()["runs"][0]
        timeline = run["timeline"]
        self.assertEqual(timeline["end_seconds"], 4)
        self.assertEqual({phase: steps[-1] for phase, steps in timeline["bytes"].items()}, {
            "launch": 4 * MIB + (64 << 10),
            "firmware": 1023 * MIB - (64 << 10),
            "kernel": 4 * MIB,
        })
        # 200 steps of 20 ms: the first accept of the kernel is in the 175th after the begin.
        kernel = timeline["bytes"]["kernel"]
        self.assertEqual((kernel[174], kernel[175], kernel[198], kernel[199]),
                         (0, 2 * MIB, 2 * MIB, 4 * MIB))
        self.assertEqual(run["stage_begins_seconds"], {"firmware": 1, "kernel": 3})
        # Also what the launch had added already.
        self.assertEqual(run["accepted_again_bytes"], MIB + (64 << 10))

    def test_in_memory(self):
        """Cells of 2 MiB; the flash below 4 GiB is in none."""
        timeline = self.page().data()["runs"][0]["timeline"]
        self.assertEqual((timeline["usable_bytes"], timeline["cell_bytes"]), (4 * GIB, 2 * MIB))
        cells = timeline["cells"]
        self.assertEqual(len(cells), 2048)
        self.assertEqual(cells[0], {"firmware": MIB})
        self.assertEqual(cells[4], {"launch": 64 << 10, "firmware": 2 * MIB - (64 << 10)})
        self.assertTrue(all(cell == {"firmware": 2 * MIB} for cell in cells[5:512]))
        self.assertTrue(all(cell == {} for cell in cells[512:1024]))
        self.assertEqual((cells[1024], cells[2047]), ({"kernel": 2 * MIB}, {"kernel": 2 * MIB}))
        self.assertEqual(sum(map(len, cells[1025:2047])), 0)

    def test_small_machine(self):
        """Memory below the hole alone, of the size that the plugin reports."""
        events = [(1, "kernel accept", GIB - 2 * MIB, 2 * MIB), (2, "kernel accept", GIB, 2 * MIB)]
        timeline = self.page(given=report(GIB), text=trace(events)).data()["runs"][0]["timeline"]
        self.assertEqual((timeline["usable_bytes"], len(timeline["cells"])), (GIB, 512))
        self.assertEqual(timeline["cells"][511], {"kernel": 2 * MIB})
        self.assertEqual(sum(map(len, timeline["cells"])), 1)

    def test_files(self):
        """The trace is the user's, or leaves nothing."""
        kept = self.path("kept")
        self.page("--trace", kept)
        with open(kept, encoding="utf-8") as file:
            self.assertEqual(file.read(), trace())
        self.page()
        self.assertEqual(os.listdir(self.path("tmp")), [])

    def test_broken_off(self):
        """Of a machine that was stopped: what there is, and how it ended."""
        page = self.page(text=trace(end=""), FAKE_DO="host-signal", status=1)
        (run,) = page.data()["runs"]
        self.assertEqual((run["ok"], run["ended"], run["timeline"]["events"]),
                         (False, "from-outside", 6))

    def test_no_trace(self):
        done = self.vm("--report", self.path("a.html"), "--kernel", self.kernel)
        self.assertEqual(done.returncode, 1)
        self.assertIn("no trace to draw", done.stderr)
        done = self.vm("--report", "/nonexistent/a.html", "--kernel", self.kernel,
                       FAKE_TRACE=trace())
        self.assertEqual(done.returncode, 1)
        self.assertIn("/nonexistent/a.html", done.stderr)

    def test_hostile_name(self):
        kernel = self.path("<!--<script>a")
        shutil.copy(self.kernel, kernel)
        page = self.page("--kernel", kernel)
        self.assertIn(kernel, page.data()["map"])
        self.assertIn(kernel, "".join(self.drawn(page).itertext()))


class Drawing(PageTest):
    def said(self, *arguments, **more):
        lead = self.drawn(self.page(*arguments, **more)).find("p[@class='lead']")
        return "".join(lead.itertext())

    def test_conclusion(self):
        # 1022 MiB in 2 MiB pages and 512 pages of 4 KiB; 2.5 us for 4 KiB.
        self.assertEqual(
            self.said("--accept-cost", "tdx"),
            "Before the kernel ran, 1022 MiB were accepted (25 % of memory), which takes 654.1 ms "
            "at the modelled cost; the kernel accepted 4 MiB on demand. 3 GiB were never needed, "
            "and not accepted.")
        self.assertIn("accepted 4 MiB, all of it at once. At the end all memory was accepted.",
                      self.said("--policy", "eager", given=report(unaccepted_bytes=0)))
        firmware = {"firmware": {"4k": 0, "2m": 2048, "1g": 0}}
        none = {"4k": 0, "2m": 0, "1g": 0}
        self.assertIn("nothing was left to accept on demand", self.said(given=report(
            unaccepted_bytes=0, accept_calls_by_phase={**firmware, "stub": none, "kernel": none})))
        self.assertIn("touched before it was accepted 3 times, and accepted twice 2 times", self.said(
            given=report(ok=False, touch_before_accept=3, double_accepts=2), status=1))
        self.assertIn("did not end as it should: reset",
                      self.said(FAKE_DO="guest-reset", status=1))
        self.assertIn("The host attacked (swap)", self.said(
            given=report(attack={"name": "swap", "opportunities": 1, "strikes": 1})))

    def test_table(self):
        callers = [{"function": "a<b", "4k": 1, "2m": 0}, {"function": "c", "4k": 0, "2m": 7}]
        main_of = self.drawn(self.page(given=report(accepts_by_caller=callers)))
        tables = [[[cell.text for cell in row] for row in table] for table in main_of.iter("table")]
        self.assertEqual(tables[0][1], ["firmware", "1.000 s", "512", "510", "0", "1022 MiB"])
        self.assertEqual(tables[0][3], ["kernel", "3.000 s", "0", "2", "0", "4 MiB"])
        self.assertEqual(tables[1][1:], [["c", "0", "7", "14 MiB"], ["a<b", "1", "0", "4 KiB"]])

    def test_pictures(self):
        pictures = self.drawn(self.page()).findall("svg")
        self.assertEqual(len(pictures), 2)
        areas = [path.get("d") for path in pictures[0].iter("path")]
        self.assertEqual(len(areas), 3)
        labels = [label.text for label in pictures[0].iter("text")]
        for label in "0 s", "4 s", "0 B", "kernel":
            self.assertIn(label, labels)
        # The uppermost area ends at the top, to the right.
        points = [float(number) for number in re.findall(r"[\d.]+", areas[-1])]
        self.assertEqual((max(points[0::2]), min(points[1::2])), (948, 0))
        full = [square for square in pictures[1].iter("rect") if square.get("opacity") == "1.00"]
        self.assertEqual(len(full), 513 - 2 + 2)
        self.assertEqual(len(list(pictures[1].iter("rect"))), 2048)


if __name__ == "__main__":
    main()
