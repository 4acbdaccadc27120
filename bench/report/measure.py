# SPDX-License-Identifier: MIT
"""Runs the programs, gathers samples, writes tables."""
import json
import os
import re
import statistics
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, "build-bench")
COUNTED = os.path.join(BUILD, "counted.json")

# When the program starts. Later it would be that of the benchmark itself.
LOAD_BEFORE = os.getloadavg()[1]

counted = {}


def machine():
    return (f"{os.cpu_count()} CPUs of a virtual machine, with a load of {LOAD_BEFORE:.1f} in the five "
            "minutes before")


def output(command, stream="stdout"):
    done = subprocess.run(command, capture_output=True, text=True, cwd=BUILD)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: status {done.returncode}\n{done.stderr}")
    return getattr(done, stream)


def samples(command, times=1, into=None):
    """Every name that the program prints, with its numbers over the given number of runs."""
    found = {} if into is None else into
    for _ in range(times):
        for line in output(command).splitlines():
            name, number = line.rsplit(" ", 1)
            found.setdefault(name, []).append(float(number))
    return found


def instructions(command, few, many):
    """Instructions for each turn of a loop: the difference between two counts of turns."""
    totals = []
    for turns in few, many:
        text = output(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
                      + command + [str(turns)], "stderr")
        totals.append(int(re.search(r"Collected : (\d+)", text).group(1)))
    return (totals[1] - totals[0]) / (many - few)


def count(name, value):
    """Remember a counted figure."""
    counted[name] = value
    return value


def compare_counted():
    """With the run before. 1: a figure has not repeated within 1 %."""
    before = {}
    if os.path.exists(COUNTED):
        with open(COUNTED, encoding="utf-8") as file:
            before = json.load(file)
    status, largest = 0, 0
    for name, value in counted.items():
        if name not in before:
            continue
        change = abs(value - before[name]) / (abs(before[name]) or 1)
        largest = max(largest, change)
        if change > 0.01:
            print(f"{name}: {before[name]} in the run before, now {value}", file=sys.stderr)
            status = 1
    both = len(set(before) & set(counted))
    print(f"{both} counted figures compared with the run before: "
          f"{largest:.2%} is the largest difference", file=sys.stderr)
    with open(COUNTED, "w", encoding="utf-8") as file:
        json.dump({**before, **counted}, file, indent=1)
    return status


def spread(values, scale=1, unit="", digits=3):
    """Median, and the range if there is one."""
    median = statistics.median(values) * scale
    text = f"{significant(median, digits)}{unit}"
    low, high = min(values) * scale, max(values) * scale
    if significant(low, digits) != significant(high, digits):
        text += f" ({significant(low, digits)} to {significant(high, digits)})"
    return text


def bounded(what, speed_ups):
    """The speed-ups of real work, which end at the number of CPUs: more means that its baseline is wrong."""
    most = statistics.median(speed_ups)
    if most > os.cpu_count() * 1.1:
        sys.exit(f"{what}: {most:.3g} times as fast as one thread, on {os.cpu_count()} CPUs: "
                 "the figure of one thread is wrong, or the machine is too busy to measure")
    return speed_ups


def significant(value, digits=3):
    if value == 0:
        return "0"
    if abs(value) >= 10 ** (digits - 1):
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.{digits}g}"


def nanoseconds(values):
    median = statistics.median(values)
    for limit, scale, unit in (1e3, 1, " ns"), (1e6, 1e-3, " us"), (1e9, 1e-6, " ms"):
        if median < limit:
            return spread(values, scale, unit)
    return spread(values, 1e-9, " s")


def size(value):
    for unit, name in (1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"):
        if value >= unit:
            return f"{significant(value / unit)} {name}"
    return f"{value:.0f} bytes"


def met(yes):
    return "yes" if yes else "**no**"


def table(heads, rows):
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


HEADS = ["what", "peer, published", "peer, this run", "cvmem", "target", "met?"]
