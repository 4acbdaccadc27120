#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_attack.py CVMEM DOCS [on-fault]

Every attack on `cvmem boot`, on both platforms. What must come of each is written down here again,
and compared with the table of docs/attacks.md.
"""
import json
import re
import subprocess
import sys

CVMEM, DOCS = sys.argv[1:3]
ON_FAULT = "on-fault" in sys.argv[3:]
failures = 0

# Attack: reaction on TDX, on SNP; None: no such attack there.
EXPECTED = {
    "busy": ("unharmed", None),
    "busy-forever": ("refused", None),
    "4k-only": ("unharmed", "unharmed"),
    "size-mismatch": ("refused", "refused"),
    "already-accepted": ("stopped", "stopped"),
    "interrupt-2m": ("unharmed", None),
    "zero-step": ("unharmed", None),
    "remove": ("faulted", "faulted"),
    "remap": ("faulted", "faulted"),
    "swap": ("unharmed", "faulted"),
    "retry-stall": ("refused", "refused"),
    "retry-past": ("refused", "refused"),
    "retry-back": ("refused", "refused"),
    "retry-unaligned": ("refused", None),
    "psc-lie": ("faulted", "faulted"),
    "map-vanish": ("refused", "refused"),
    "map-overlap": ("refused", "refused"),
    "map-grow": ("faulted", "faulted"),
    "map-table": ("refused", "refused"),
    "map-high": ("refused", "refused"),
}


def check(condition, what):
    global failures
    if not condition:
        failures += 1
        print("FAILED:", what)


def cvmem(*args):
    return subprocess.run([CVMEM, "boot", *args], capture_output=True, text=True)


def attack(platform, name, *args, status=0):
    """The run's attack object, and the run."""
    done = cvmem("--platform", platform, "--attack", name, "--json", "-", *args)
    check(done.returncode == status, f"{platform} {name}: exit status {done.returncode}\n{done.stderr}")
    result = json.loads(done.stdout)
    return result["attack"], result["runs"]


def check_harmless(name, run):
    """Whatever the reaction: nothing that the guest has read was wrong."""
    check(run["corrupted_pages"] == 0, f"{name}: the guest read what it had not written: {run}")
    reached = run["seconds_to_shell"] is not None
    check(not (reached and run["double_accepts"]), f"{name}: accepted twice, and went on: {run}")


def each(platform, column):
    for name, reactions in EXPECTED.items():
        expected = reactions[column]
        if expected is None:
            done = cvmem("--platform", platform, "--attack", name)
            check(done.returncode == 64 and name in done.stderr and platform in done.stderr,
                  f"{platform} {name}: not refused: {done.returncode} {done.stderr}")
            continue
        found, runs = attack(platform, name, "--memory", "3G")
        name = f"{platform} {name}"
        check(found["reaction"] == expected and found["as_documented"],
              f"{name}: {found}, expected {expected}")
        check(found["strikes"] > 0, f"{name}: did not strike: {found}")
        reached = runs[0]["seconds_to_shell"] is not None
        check(reached == (expected == "unharmed"), f"{name}: shell reached: {reached}")
        if expected == "refused" and " map-" in name:
            # Before any of it is used.
            check(runs[0]["error"] == "the kernel checks what the loader hands over",
                  f"{name}: {runs[0].get('error')}")
        if expected == "faulted":
            check("stopped" in runs[0], f"{name}: the machine did not stop: {runs[0]}")
        if expected == "stopped":
            check(runs[0]["double_accepts"] == 1, f"{name}: {runs[0]}")
        check_harmless(name, runs[0])


def on_fault():
    for platform in ("tdx", "snp"):
        # The handler of faults: the guest ends itself when it finds the page gone.
        for name, reaction in ("remove", "faulted"), ("already-accepted", "stopped"):
            found, runs = attack(platform, name, "--memory", "3G", "--policy", "on-fault")
            check(found["reaction"] == reaction, f"{platform} on-fault {name}: {found}")
            check_harmless(name, runs[0])
        found, runs = attack(platform, "size-mismatch", "--memory", "3G", "--policy", "on-fault")
        check(found["reaction"] == "faulted" and found["as_documented"],
              f"{platform} on-fault size-mismatch: {found}")


def elsewhere():
    """At other times, by more vCPUs, under the other policies."""
    for platform in ("tdx", "snp"):
        for name in ("remove", "already-accepted", "size-mismatch"):
            for at in (2, 70, 90):
                found, runs = attack(platform, f"{name}@{at}", "--memory", "1G", "--vcpus", "3")
                check(found["at"] == at, f"{platform} {name}@{at}: {found}")
                check_harmless(name, runs[0])
        # What the sweep is refused, which takes more than the workload.
        for name in ("busy-forever", "size-mismatch"):
            if not EXPECTED[name][platform == "snp"]:
                continue
            found, runs = attack(platform, f"{name}@300", "--memory", "1G", "--every-page")
            check(found["reaction"] == "refused" and runs[0].get("error") == "every page is taken",
                  f"{platform} {name}@300 --every-page: {found}, {runs[0].get('error')}")
            check_harmless(name, runs[0])
        found, runs = attack(platform, "remove@300", "--memory", "1G", "--compare", status=1)
        by_policy = {run["policy"]: run for run in runs}
        # A page that is not touched again does no harm.
        check(by_policy["eager"]["attack"]["reaction"] == "unharmed" and by_policy["eager"]["ok"]
              and by_policy["eager"]["attack"]["strikes"] == 1, f"{platform} eager: {by_policy}")
        # Laziness accepts too little for a 300th region.
        check(by_policy["lazy"]["attack"]["reaction"] == "not struck" and
              found["reaction"] == "not struck" and not found["as_documented"],
              f"{platform} lazy: {by_policy['lazy']['attack']}")


def usage():
    listed = cvmem("--attack", "list")
    names = [line.split()[0] for line in listed.stdout.splitlines()]
    check(listed.returncode == 0 and names == list(EXPECTED), f"list: {listed.stdout}")
    check(all(len(line.split()) > 3 for line in listed.stdout.splitlines()), "list: one line each")
    for wrong in ("removed", "", "remove@", "remove@0", "remove@-1", "remove@1x", "@1", "remove@1@2"):
        done = cvmem("--attack", wrong)
        check(done.returncode == 64 and all(name in done.stderr.replace("\n", " ") for name in EXPECTED),
              f"--attack '{wrong}': {done.returncode} {done.stderr}")
    text = cvmem("--attack", "remove", "--memory", "1G").stdout
    check("remove@80" in text and "(as documented)" in text, f"text: {text}")


def documented():
    """The table of docs/attacks.md has the same attacks with the same reactions."""
    rows = {}
    with open(DOCS, encoding="utf-8") as page:
        for line in page:
            match = re.match(r"\| `([a-z0-9-]+)` (?:† )?\|", line)
            if match:
                rows[match.group(1)] = line
    check(list(rows) == list(EXPECTED), f"docs: {list(rows)}")
    for name, row in rows.items():
        for reaction in set(EXPECTED[name]) - {None}:
            check(f"*{reaction}*" in row, f"docs: {name} does not say {reaction}")


each("tdx", 0)
each("snp", 1)
elsewhere()
if ON_FAULT:
    on_fault()
usage()
documented()
print("failures:", failures)
sys.exit(failures != 0)
