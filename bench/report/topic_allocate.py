# SPDX-License-Identifier: MIT
"""The page allocator: instructions in the steady state, latency while memory is being accepted."""
from statistics import median

from measure import HEADS, count, instructions, met, nanoseconds, samples, significant, spread, table

TITLE = "allocation"
TIMES = 3
POLICIES = {"linux": "peer's scheme", "lazy": "lazy", "background": "background", "eager": "all accepted before"}

NOTES = """
Both are the same program and the same loop: with memory in a table of unaccepted units, or with an
acceptor that has no table, for which all memory is accepted. *One page*: the same page allocated and freed. *Mixed*: 256 blocks
of 4 to 32 KiB at a time, the oldest replaced.
"""

LATENCY_NOTES = """
One thread takes 64 000 pages of 4 KiB at 128 MiB/s from a cache. Accepting a unit is a sleep of
1.28 ms, the time on TDX with pages of 4 KiB. *Background*: a second thread runs the loop of
`docs/reserve.md`; it spent {share} of one CPU accepting. *Peer's scheme*: at every 4 MiB, the next
4 MiB are accepted within the allocation. *All accepted before*: memory still enters the allocator
and gets descriptors when an allocation needs it; in *background* the second thread does that ahead
of need. The largest values cannot be compared between runs: one preemption of the thread is enough.
With background acceptance the largest is the first allocation, which accepts its own unit when it
comes before the second thread.
"""


def report():
    rows = []
    for kind, mode, what in (("cache", "same", "one page, from a CPU's cache"), ("cache", "mixed", "mixed, from a CPU's cache"),
                             ("pages", "mixed", "mixed, from the allocator")):
        without, ours = (count(f"instructions.{program}.{kind}.{mode}",
                               instructions(["bench/bench-allocate", acceptor, kind, mode], 20000, 60000))
                         for program, acceptor in (("bench-allocate-without", "no-table"), ("bench-allocate", "table")))
        rows.append([f"allocate and free, {what}: instructions", "-", f"{significant(without, 4)} (no table)",
                     f"{significant(ours, 4)} ({ours / without:.4f}x)", "1.01x", met(ours <= 1.01 * without)])
    found = {}
    for _ in range(TIMES):
        for policy in POLICIES:
            samples(["bench/bench-latency", policy], 1, found)
    ratio = median(found["latency.background.p999"]) / median(found["latency.eager.p999"])
    rows.append(["p99.9 with the reserve, against all accepted", "4 MiB accepted inline",
                 nanoseconds(found["latency.eager.p999"]) + " (all accepted)",
                 f"{nanoseconds(found['latency.background.p999'])}: {ratio:.2f}x", "2x", met(ratio <= 2)])
    latency = [[name] + [nanoseconds(found[f"latency.{policy}.{which}"]) for which in ("p50", "p99", "p999", "max")]
               for policy, name in POLICIES.items()]
    return "\n".join([
        "`bench/run allocate`; by hand: `valgrind --tool=callgrind build-bench/bench/bench-allocate table cache mixed N` for two N, "
        "`build-bench/bench/bench-latency background`\n",
        table(HEADS, rows), NOTES,
        table(["latency while memory is accepted", "p50", "p99", "p99.9", "largest"], latency),
        LATENCY_NOTES.format(share=spread(found["latency.background.share"], 100, " %")).rstrip("\n")])
