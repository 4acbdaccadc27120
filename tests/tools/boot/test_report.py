#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_report.py CVMEM data|drawing

The page that `cvmem boot --report` writes. data: it needs nothing from outside, and its data
equals the output of --json. drawing: the pictures that its script makes of the data, run by node,
where that is installed."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as tree

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../common"))

from report_page import Page  # noqa: E402

CVMEM, PART = sys.argv[1:]
MIB = 1 << 20
# The causes of `cvmem vm` beside "firmware".
PHASES = ["launch", "stub", "kernel"]
failures = 0


def check(condition, what):
    global failures
    if not condition:
        failures += 1
        print("FAILED:", what)


def run(*arguments, status=0):
    done = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
    check(done.returncode == status, f"{arguments}: {done.returncode}, {done.stderr}")
    return done


def boot(folder, *arguments):
    """The page, what --json says, and the output."""
    page, data = os.path.join(folder, "a.html"), os.path.join(folder, "a.json")
    shown = run(CVMEM, "boot", "--report", page, "--json", data, *arguments).stdout
    with open(page, encoding="utf-8") as file:
        text = file.read()
    with open(data, encoding="utf-8") as file:
        return text, json.load(file), shown


def data():
    with tempfile.TemporaryDirectory() as folder:
        text, result, shown = boot(folder, "--memory", "1G", "--compare", "--vcpus", "2")
        page = Page(text)
        for fault in page.faults():
            check(False, fault)
        for run_of, number in zip(json.loads(page.scripts["application/json"])["runs"], range(3)):
            timeline = run_of.pop("timeline")
            check(run_of == result["runs"][number], f"the run of {run_of['policy']} in both")
            check_timeline(timeline, run_of)
            check(run_of["virtual_seconds_to_shell"] is None and "virtual_stage_begins_seconds" not in run_of,
                  "with two vCPUs, no virtual time")
            check(run_of["policy"] in shown and "over time" in shown, "the same as text")
        given = json.loads(page.scripts["application/json"])
        coloured = re.findall(r"(\w+): \"#", re.search("const CAUSES = {(.*?)}", text, re.DOTALL).group(1))
        check(sorted(coloured) == sorted([*result["runs"][0]["accepted_bytes_by_cause"], *PHASES]), f"colours of {coloured}")
        check({**given, "runs": 0} == {**result, "runs": 0}, "the data of all runs in both")
        hostile(folder)
        for run_of in boot(folder, "--memory", "512M", "--accept-cost", "tdx")[1]["runs"]:
            check_time(run_of)
        text, result, shown = boot(folder, "--memory", "3G", "--accept-cost", "tdx", "--compare")
        for run_of in result["runs"]:
            check_time(run_of)
            check(run_of["boots"] == (9 if run_of["policy"] != "eager" else 1), f"boots of {run_of['policy']}: {run_of['boots']}")
        check(shown.count("the quickest of 9 boots") == 2, "the text names how many boots there were")
    done = run(CVMEM, "boot", "--memory", "512M", "--report", "/nonexistent/a.html", status=1)
    check("/nonexistent/a.html" in done.stderr, "nowhere to report")


def check_timeline(timeline, run_of):
    name = run_of["policy"]
    totals = {cause: steps[-1] for cause, steps in timeline["bytes"].items()}
    for cause, steps in timeline["bytes"].items():
        check(len(steps) == timeline["steps"] and sorted(steps) == steps and steps[-1],
              f"{name}: {cause} over time: {steps}")
    in_cells = {}
    for cell in timeline["cells"]:
        check(sum(cell.values()) <= timeline["cell_bytes"], f"{name}: a cell of {cell}")
        for cause, count in cell.items():
            in_cells[cause] = in_cells.get(cause, 0) + count
    check(in_cells == totals, f"{name}: by cell {in_cells}, over time {totals}")
    # The tables and the loader's own memory are accepted without an event.
    check(abs(sum(totals.values()) - run_of["accepted_bytes_at_shell"]) < 8 * MIB,
          f"{name}: {totals} of {run_of['accepted_bytes_at_shell']}")
    check(timeline["usable_bytes"] <= len(timeline["cells"]) * timeline["cell_bytes"] and not timeline["lost"],
          f"{name}: cells")


def check_time(run_of):
    """Of one vCPU, both clocks; and the same stages in both, in the same order."""
    wall, virtual = run_of["stage_begins_seconds"], run_of["virtual_stage_begins_seconds"]
    check(list(virtual) == list(wall) and sorted(virtual.values()) == list(virtual.values()),
          f"{run_of['policy']}: {virtual}")
    check(virtual["shell"] == run_of["virtual_seconds_to_shell"] and wall["shell"] == run_of["seconds_to_shell"]
          and run_of["host_busy"] in (False, True), f"{run_of['policy']}: times of the shell")


def hostile(folder):
    """A name of a file that would end the script."""
    path = os.path.join(folder, "<script>&'\"a")
    with open(path, "w", encoding="utf-8") as log:
        log.write("BIOS-e820: [mem 0x0000000000000000-0x000000000009ffff] usable\n"
                  "BIOS-e820: [mem 0x0000000000100000-0x000000001fffffff] usable\n")
    page = Page(boot(folder, "--map", path)[0])
    check(sorted(page.scripts) == ["application/json", "code"], "scripts with a hostile name")
    check(json.loads(page.scripts["application/json"])["map"].startswith(path), "a hostile name")
    return page


def draw(page, folder, own="false"):
    """What the script makes of the data, as a tree."""
    program = os.path.join(folder, "draw.js")
    with open(program, "w", encoding="utf-8") as file:
        file.write(f"{page.scripts['code']}\nconsole.log(render({page.scripts['application/json']}, {own}))\n")
    return tree.fromstring(f"<main>{run('node', program).stdout}</main>")


def concluded(page, folder, runs, **more):
    """The sentence for such data, and what the page says of clocks."""
    def complete(policy, seconds, accepted, ok=True, p99_9=100, busy=False):
        return {"policy": policy, "ok": ok, "seconds_to_shell": seconds * 1.5 if seconds else None,
                "virtual_seconds_to_shell": seconds, "host_busy": busy, "accepted_bytes_at_shell": accepted,
                "allocation_ns": {"p99_9": p99_9}}
    given = json.dumps({"memory_bytes": 64 << 30, "runs": [complete(*one) for one in runs], **more})
    program = os.path.join(folder, "conclude.js")
    with open(program, "w", encoding="utf-8") as file:
        file.write(f"{page.scripts['code']}\nconst given = {given}\nconsole.log(conclusion(given) + clocks(given))\n")
    return run("node", program).stdout


def conclusions(page, folder):
    """Each follows from the numbers; they are calculated here."""
    gib = 1 << 30
    three = [("lazy", 0.5, gib, True, 30000), ("background", 0.5, gib, True, 10000), ("eager", 42.0, 64 * gib)]
    for runs, more, words in [
            (three, {}, ["84 times as fast", "after 500 ms with 1 GiB accepted (2 % of memory) instead of 42 s",
                         "a thousand 3.0 times shorter", "Times to the shell are virtual"]),
            ([*three[:2], ("eager", 0.52, gib)], {}, ["gains little"]),
            ([three[0]], {}, ["reached the shell after 500 ms"]),
            ([("lazy", None, gib, False), *three[1:]], {}, ["lazy: the boot broke the rules"]),
            ([("lazy", None, gib, True)], {"attack": {}}, ["reacted as documented", "wall clock's"]),
            ([("lazy", None, gib, False)], {"attack": {}}, ["did not react as documented"]),
            ([("lazy", 0.5, gib, True, 100, True)], {}, ["host was busy"])]:
        said = concluded(page, folder, runs, **more)
        for word in words:
            check(word in said, f"{word}: {said}")
        check(("busy" in said) == any(len(one) > 5 for one in runs), said)


def numbers(text):
    return [float(number) for number in re.findall(r"[\d.]+", text)]


def drawing():
    if not shutil.which("node"):
        print("skipped: node is not installed")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        text, result, _ = boot(folder, "--memory", "1G", "--compare", "--vcpus", "2")
        page = Page(text)
        main = draw(page, folder)
        titles = [title.text for title in main.iter("h2")]
        check(titles[1:] == ["lazy", "background", "eager"], f"a section for each policy: {titles}")
        rows = main.findall("div/table/tr")[1:]
        check(len(rows) == 3, f"{len(rows)} rows")
        for row, run_of in zip(rows, result["runs"]):
            cells = ["".join(cell.itertext()) for cell in row]
            check(cells[0] == run_of["policy"] and [int(cell) for cell in cells[5:8]] == list(run_of["accept_calls"].values())
                  and cells[1] == f"{run_of['seconds_to_shell']:.3f} s", f"the row of {run_of['policy']}: {cells}")
        check(cells[2] == "-", f"no second clock: {cells}")
        conclusions(page, folder)
        pictures = main.findall("svg")
        check(len(pictures) == 7, f"{len(pictures)} pictures")
        latency(pictures[0], result["runs"])
        timelines = [run_of["timeline"] for run_of in json.loads(page.scripts["application/json"])["runs"]]
        ends = [chart(picture, timeline) for picture, timeline in zip(pictures[1::2], timelines)]
        longest = max(timeline["end_seconds"] for timeline in timelines)
        for (right, top), timeline in zip(ends, timelines):
            check(abs(right - 72 - timeline["end_seconds"] / longest * 876) < 0.2, f"one scale of time: {right}")
        most = [sum(steps[-1] for steps in timeline["bytes"].values()) for timeline in timelines]
        for (right, top), total in zip(ends, most):
            check(abs(220 - top - 220 * total / max(most)) < 0.2, f"one scale of memory: {top}")
        for picture, run_of in zip(pictures[2::2], result["runs"]):
            # Squares that are coloured, weighted by how full they are: what was accepted.
            squares = [float(square.get("opacity")) for square in picture.iter("rect") if square.get("opacity")]
            full = sum((opacity - 0.35) / 0.65 for opacity in squares) * 2 * MIB
            check(abs(full - run_of["accepted_bytes_at_shell"]) < 8 * MIB,
                  f"the squares of {run_of['policy']} come to {full}, accepted {run_of['accepted_bytes_at_shell']}")
        for picture in draw(page, folder, "true").findall("svg")[1::2]:
            right, top = chart(picture, None)
            check(abs(right - 948) < 0.2 and abs(top) < 0.2, f"its own scale: {right}, {top}")
        shown = "".join(draw(hostile(folder), folder).itertext())
        check("<script>&'\"a" in shown, "a hostile name is text")
    return 0


def latency(picture, runs):
    lines = [numbers(line.get("points")) for line in picture.iter("polyline")]
    check(len(lines) == len(runs), f"{len(lines)} curves")
    for line, run_of in zip(lines, runs):
        x, y = line[0::2], line[1::2]
        check(len(x) == len(y) == 5 and sorted(x) == x and sorted(y, reverse=True) == y, f"a curve of {line}")
        # Ten times as long is a seventh of the height further up, from 10 ns on.
        longest = min(max(run_of["allocation_ns"]["max"], 10), 10 ** 8)
        check(abs(10 ** (1 + (220 - y[-1]) * 7 / 220) / longest - 1) < 0.02, f"the longest: {y}, {longest} ns")


def chart(picture, timeline):
    """Where the areas end, to the right and at the top."""
    areas = [path.get("d") for path in picture.iter("path")]
    for area in areas:
        x, y = numbers(area)[0::2], numbers(area)[1::2]
        check(area.startswith("M72 220L") and area.endswith("Z") and len(x) == len(y) == 401, f"an area of {area[:80]}")
        check(min(x) >= 72 and max(x) <= 948.1 and min(y) >= -0.1 and max(y) <= 220.1, "an area within its axes")
    if timeline:
        check(len(areas) == len(timeline["bytes"]), f"{len(areas)} areas of {list(timeline['bytes'])}")
    labels = [label.text for label in picture.iter("text")]
    check("0 s" in labels and "0 B" in labels and "shell" in labels and "loader" in labels, f"axes: {labels}")
    last = numbers(areas[-1])
    return max(last[0::2]), min(last[1::2])


status = {"data": data, "drawing": drawing}[PART]()
if status != 77:
    print("failures:", failures)
sys.exit(status or failures != 0)
