# SPDX-License-Identifier: MIT
"""Boots of the kernel of guest/, `cvmem boot --engine vm`: what grows with memory."""
import json
import os
import statistics
import subprocess
import sys

from machine import expect
from measure import significant, size, table

# QEMU's clock is its count of instructions then, a nanosecond each.
COUNTED = ("--", "--", "-icount", "shift=0")
# To QEMU's monitor, behind the serial console.
QUIT = b"\001cquit\n"


def run(machine, command, text=b""):
    """What it prints, and what it and the processes it waited for have used."""
    with open(machine.log, "wb") as log, \
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=log) as process:
        process.stdin.write(text)
        process.stdin.close()
        output = process.stdout.read()
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
    return output, usage


def boot(machine, options, memory, *more):
    output, usage = run(machine, [os.path.join(machine.build, "cvmem"), "boot", "--engine", "vm",
                                  "--platform", options.platform, "--memory", memory,
                                  "--json", "-", *more])
    report = json.loads(output or "{}").get("runs", [{}])[0]
    expect(report.get("ok"), f"{memory}: the shell was not reached")
    print(f"{memory} {' '.join(more)}: {report['seconds_to_shell']:.6f} s", file=sys.stderr)
    return report, usage


def alone(machine, options, memory):
    """The same machine, which executes nothing, and without plugin."""
    disk = machine.file("disk")
    with open(disk, "wb") as file:
        file.truncate(256 << 10)
    rom = os.path.join(machine.build, "guest", f"guest-{options.platform}.rom")
    usage = run(machine, [os.path.join(machine.build, "cvmem"), "vm", "--plain", "--quiet",
                          "--platform", options.platform, "--firmware", rom, "--disk", disk,
                          "--memory", memory, "--", "-S"], QUIT)[1]
    os.remove(disk)
    return usage


def times(value, base):
    return f"{value / base:.3f}"


def guest_rows(machine, options, sizes):
    rows, first = [], None
    for memory in sizes:
        report, _ = boot(machine, options, memory, *COUNTED)
        count, accepted = report["seconds_to_shell"], report["accepted_bytes_at_shell"]
        first = first or (count, accepted)
        rows.append([memory, f"{count * 1000:.1f} million", times(count, first[0]),
                     str(report["exits"]), str(report["conversions"]),
                     size(accepted), times(accepted, first[1]), size(report["table_bytes"])])
    return rows


def host_rows(machine, options, sizes, runs):
    used = {memory: ([], []) for memory in sizes}
    for _ in range(runs):
        for memory in sizes:
            used[memory][0].append(boot(machine, options, memory)[1])
            used[memory][1].append(alone(machine, options, memory))
    rows, first = [], None
    for memory in sizes:
        row = [[statistics.median(of(usage) for usage in kind) for kind in used[memory]]
               for of in (lambda usage: usage.ru_minflt, lambda usage: usage.ru_maxrss << 10)]
        first = first or row
        cells = [memory]
        for (whole, qemu), (base, base_qemu), show in zip(row, first, (significant, size)):
            cells += [show(whole), show(qemu), times(whole - qemu, base - base_qemu)]
        rows.append(cells)
    return rows


def metal(machine, options):
    sizes = options.memory.split(",")
    runs = options.runs or 3
    guest = ["memory", "instructions to the shell", "ratio", "exits", "conversions",
             "accepted at the shell", "ratio", "table"]
    host = ["memory", "page faults", "of QEMU alone", "difference, ratio", "peak memory",
            "of QEMU alone", "difference, ratio"]
    return "lazy boots of the kernel of guest/, from little memory to much", f"""
{table(guest, guest_rows(machine, options, sizes))}

`cvmem boot --engine vm --platform {options.platform} --memory SIZE -- -- -icount shift=0`: one vCPU.
QEMU's clock, which is the guest's, counts instructions, so that the time to the shell does not depend
on what else the machine does. *Ratio*: to the first row. *Exits*: TDVMCALLs or VMGEXITs.
*Conversions*: MapGPA calls, or entries of page state change requests.

{table(host, host_rows(machine, options, sizes, runs))}

The whole program, without `-icount`, in turn with the same machine of QEMU alone, without plugin and
started with `-S`; medians of {runs} boots. *Difference, ratio*: what the boot adds to QEMU's start, to
that of the first row. QEMU sets three bits for each page of RAM when it starts.
"""
