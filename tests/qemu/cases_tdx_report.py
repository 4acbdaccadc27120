# SPDX-License-Identifier: MIT
"""What is said of a boot: callers of accepts, the trace and its replay, reports on request."""

import json
import os
import re
import signal
import subprocess
import time

import mrtd
from machine import FIFTH, SECONDS, SHIM, SHORT, cache, expect, stop

UNIT = 2 << 20


def symbols_of_kernel(machine):
    """A file with the functions of the demonstration's kernel, as that kernel lists them."""
    path = machine.file("symbols")
    boot = machine.boot(*SHIM, "--append", "cvmem_symbols=ttyS2", "--", "-serial", "null",
                        "-serial", f"file:{path}")
    expect(boot.status == 0, "the kernel has not written its symbols")
    (count,) = re.findall(r"cvmem: wrote (\d+) functions", boot.console)
    with open(path, encoding="utf-8") as file:
        expect(len(file.readlines()) == int(count) > 10000, "not all symbols have arrived")
    return path


def total(rows, level):
    return sum(row[level] for row in rows)


def callers(machine):
    """The kernel of this boot lies elsewhere than the one whose symbols they are."""
    boot = machine.boot(*SHIM, "--symbols", symbols_of_kernel(machine), *FIFTH)
    boot.is_clean()
    by_caller = {row["function"]: row for row in boot.run["accepts_by_caller"]}
    kernel = boot.run["accept_calls_by_phase"]["kernel"]["2m"]
    # Linux accepts where it takes memory from its page allocator, and before that from memblock.
    expect(by_caller["get_page_from_freelist"]["2m"] > kernel // 2, "page allocator")
    expect("memblock_alloc_range_nid" in by_caller, "boot allocator")
    expect("(unknown)" not in by_caller, "an accept of the kernel has no caller")
    paths = boot.run["accept_paths"]
    for level in "4k", "2m":
        for rows in boot.run["accepts_by_caller"], paths:
            expect(total(rows, level) == boot.run["accept_calls"][level], "not all are counted")
    for row in paths:
        expect(not row["path"] or row["path"][:3] == ["__tdcall", "try_accept_one",
                                                      "tdx_accept_memory"], f"{row['path']}")
    # Who fills memory: the demonstration writes to tmpfs.
    expect(any("shmem_write_begin" in row["path"] for row in paths), "no write to tmpfs")


def replay(machine, trace, *options):
    """The only run of `cvmem boot` with a trace as workload."""
    done = subprocess.run([os.path.join(machine.build, "cvmem"), "boot", "--workload", trace,
                           "--json", "-", *options], check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)["runs"][0]


def trace_replays(machine):
    trace, page = machine.file("trace"), machine.file("html")
    boot = machine.boot("--trace", trace, "--vcpus", "2", *SHORT)
    boot.is_clean()
    accepted = {"firmware": 0, "stub": 0, "kernel": 0, "launch": 0}
    converted = 0
    with open(trace, encoding="utf-8") as file:
        lines = file.read().splitlines()
    expect(lines[0] == "cvmem-trace 1 tdx 2" and lines[-1] == "end", "the first or last line")
    last = 0
    for line in lines[1:-1]:
        at, vcpu, phase, event, _, size = line.split()
        expect(int(at) >= last and vcpu in "01", f"time or vCPU of '{line}'")
        last = int(at)
        if event == "accept":
            accepted[phase] += int(size, 16)
        converted += event == "share"
    for phase, calls in boot.run["accept_calls_by_phase"].items():
        expect(accepted[phase] == calls["4k"] * 4096 + calls["2m"] * UNIT, f"bytes of {phase}")
    expect(sum(accepted.values()) - accepted["launch"] == boot.run["accepted_bytes"], "all bytes")
    # The firmware shares device memory, too, which is no RAM and not in the trace.
    expect(converted > 100, "no conversions")
    run = replay(machine, trace, "--vcpus", "2", "--report", page)
    expect(run["ok"] and run["touch_before_accept"] == 0 and run["double_accepts"] == 0, "replay")
    expect(run["allocations"] == sum(boot.run["accept_calls_by_phase"]["kernel"][level]
                                     for level in ("4k", "2m")), "allocations of the replay")
    # Beside it: what the replay's own firmware, table and page descriptors take, and its reserve.
    more = run["accepted_bytes_at_shell"] - accepted["kernel"]
    expect(0 <= more < 256 << 20, f"the replay has accepted {more} bytes more")
    with open(page, encoding="utf-8") as file:
        expect("<svg" in file.read(), "no picture")


def on_request(machine):
    """SIGUSR1, twice, while the guest waits in a shell; then the same figures at its end."""
    command = [os.path.join(machine.build, "cvmem"), "vm", *SHIM, "--json", machine.json, "--append",
               f"{SHORT[1]} cvmem_shell=1"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as process:
        try:
            for line in process.stdout:
                if b"poweroff ends it" in line:
                    break
            reports = [requested(machine, process) for _ in range(2)]
            process.stdin.write(b"\npoweroff -f\n")
            process.stdin.flush()
            process.stdout.read()
        finally:
            stop(process)
    with open(machine.json, encoding="utf-8") as file:
        end = json.load(file)
    for report in reports:
        expect(report["runs"][0]["ok"], "the run is not ok")
        expect(0 < report["runs"][0]["accepted_bytes"] <= end["runs"][0]["accepted_bytes"], "bytes")
        expect(report.keys() == end.keys(), "a report on request has other keys")


def requested(machine, process):
    """The report appears whole; until then there is none of that name."""
    if os.path.exists(machine.json):
        os.remove(machine.json)
    process.send_signal(signal.SIGUSR1)
    deadline = time.monotonic() + SECONDS
    while not os.path.exists(machine.json):
        expect(time.monotonic() < deadline and process.poll() is None, "no report came")
        time.sleep(0.05)
    with open(machine.json, encoding="utf-8") as file:
        return json.load(file)


def stub_accepts(machine):
    """Memory ends in the middle of a unit, which the kernel's EFI stub accepts by itself."""
    boot = machine.boot("--memory", "4095M", *SHORT)
    boot.is_clean()
    stub = boot.run["accept_calls_by_phase"]["stub"]
    expect(stub == {"4k": 256, "2m": 0, "1g": 0}, f"the stub has accepted {stub}")


def measured(machine):
    """MRTD of the firmware's image, by hashlib alone."""
    boot = machine.boot(*SHORT, until="EFI stub|Linux version")
    with open(cache("guest", "usr", "share", "ovmf", "OVMF.fd"), "rb") as file:
        expect(boot.report["mrtd"] == mrtd.mrtd(file.read()), "not the firmware's MRTD")


CASES = [
    measured,
    callers,
    trace_replays,
    on_request,
    stub_accepts,
]
