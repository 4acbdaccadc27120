# SPDX-License-Identifier: MIT
"""Boots of all sizes, and the first allocations of many CPUs."""
import json
from statistics import median

from measure import HEADS, count, met, nanoseconds, output, samples, size, spread, table

TITLE = "boots of all sizes, and the first allocations of many CPUs"
TIMES = 15
SIZES = ("4G", "16G", "64G", "256G", "1T", "4T")
CPUS = (1, 4, 16, 64, 256)

NOTES = """
`cvmem boot` in this process: firmware, loader, kernel and the recorded workload of a Debian boot.
*Table* and *descriptors*: the bytes of the unaccepted table and of the page descriptors. Times of
whole boots include the time of the emulation, so a lazy boot takes some {lazy} even where accepting
costs nothing. Eager against lazy is in virtual time (`docs/workload.md`), by `cvmem boot --memory 64G
--accept-cost tdx --compare`: of nine lazy boots the quickest.
"""

STORM_NOTES = """
Nothing is configured and no watermark is set. Every CPU allocates 16 pages while the reserve (32
MiB) is kept. Linux accepts one block of 4 MiB at each of these allocations. *In turn*: one CPU
after the other, page by page; counted. *At once*: one thread for each CPU, 1 ms per unit. The bound
is the reserve, 2 MiB of descriptors, 2 MiB more that are begun, and for each CPU 2 MiB and the
contents of its cache.
"""


def boots(memory, *options):
    return json.loads(output(["./cvmem", "boot", "--memory", memory, "--json", "-", *options]))["runs"]


def boot(memory, *options):
    return boots(memory, *options)[0]


def name(memory):
    return f"{memory[:-1]} {memory[-1]}iB"


def report():
    # One of each size after the other, so that what else the machine does concerns all of them.
    rounds = [{memory: boot(memory) for memory in SIZES} for _ in range(TIMES)]
    runs = {memory: [one[memory] for one in rounds] for memory in SIZES}
    seconds = {memory: [run["seconds_to_shell"] * 1e9 for run in runs[memory]] for memory in SIZES}

    def counted(memory, field):
        return count(f"boot.{memory}.{field}", runs[memory][0][field])

    accepted = {memory: counted(memory, "accepted_bytes_at_shell") for memory in SIZES}
    cost = {}
    for memory, times in ("4G", 3), ("64G", 1):
        for _ in range(times):
            for run in boots(memory, "--accept-cost", "tdx", "--compare"):
                cost.setdefault((memory, run["policy"]), []).append(run["virtual_seconds_to_shell"] * 1e9)

    rows = []
    for memory, published, target in ("4G", "2.5x", None), ("64G", "4x", 10):
        eager, lazy = cost[memory, "eager"], cost[memory, "lazy"]
        ratio = median(eager) / median(lazy)
        rows.append([f"time to shell, eager / lazy, {name(memory)}, TDX's cost", published, f"eager: {nanoseconds(eager)}",
                     f"lazy: {nanoseconds(lazy)}: {ratio:.1f}x", f"{target}x" if target else "-",
                     met(ratio >= target) if target else "-"])
    ratios = [large / small for large, small in zip(seconds["1T"], seconds["4G"])]
    rows.append(["lazy boot, 1 TiB against 4 GiB: time", "grows", "-", spread(ratios, 1, "x"), "1.1x",
                 met(median(ratios) <= 1.1)])
    ratio = accepted["1T"] / accepted["4G"]
    rows.append(["lazy boot, 1 TiB against 4 GiB: bytes accepted", "grows: descriptors are 1.6 % of memory", "-",
                 f"{ratio:.3f}x", "1.1x", met(ratio <= 1.1)])
    storm = samples(["bench/bench-storm"], 3)
    for cpus in CPUS:
        for scheme in "cvmem", "linux":
            count(f"storm.turn.{scheme}.{cpus}", storm[f"storm.turn.{scheme}.{cpus}"][0])

    sizes = [[name(memory), nanoseconds(seconds[memory]), size(accepted[memory]),
              size(counted(memory, "table_bytes")), size(counted(memory, "descriptor_bytes"))] for memory in SIZES]
    early = [[str(cpus), size(storm[f"storm.turn.linux.{cpus}"][0]), size(storm[f"storm.turn.cvmem.{cpus}"][0]),
              spread(storm[f"storm.once.cvmem.{cpus}"], 1 / (1 << 20), " MiB"),
              size((36 << 20) + cpus * (17 << 17))] for cpus in CPUS]
    return "\n".join([
        "`bench/run boot`; by hand: `build-bench/cvmem boot --memory 1T --json -`, "
        "`build-bench/cvmem boot --memory 64G --policy eager --accept-cost tdx --json -`, `build-bench/bench/bench-storm`\n",
        table(HEADS, rows), NOTES.format(lazy=nanoseconds([median(seconds["4G"])])),
        table(["memory, lazy", "time to shell", "accepted at the shell", "table", "descriptors"], sizes),
        "\nBytes accepted by the first allocations of each CPU:\n",
        table(["CPUs", "peer's rule, in turn", "cvmem, in turn", "cvmem, at once", "bound"], early), STORM_NOTES.rstrip("\n")])
