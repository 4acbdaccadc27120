# SPDX-License-Identifier: MIT
"""Many threads accept the same memory."""
import os
from statistics import median

from measure import HEADS, bounded, count, instructions, met, samples, spread, table

TITLE = "acceptance by many threads"
TIMES = 7
THREADS = (1, 2, 4, 8, 16, 32)

# Speed-up of Linux's unmodified file, 256 blocks of 4 MiB, 1 ms a unit.
PUBLISHED = {"list": {2: 1.11, 4: 2.02, 8: 4.10, 16: 7.58}, "disjoint": {2: 2.04, 4: 4.02, 8: 7.81, 16: 15.60}}

NOTES = """
256 blocks. *List order*: each thread takes the next block, so that neighbouring blocks are accepted
at the same time. *Disjoint*: each thread has a part of the memory for itself. Accepting is
modelled: the platform's call is a sleep of 1 ms per unit (absolute time, no timer slack), so more
threads than CPUs can make progress, and the speed-up may exceed the CPUs. In both schemes a thread
that waits for another one yields; otherwise it would keep the others from the CPUs. Linux itself
spins with interrupts off. The speed-up is relative to the median of one thread with the same scheme
in the same run.

The limit of the worst call: with the guard, a call for one unit needs two units, one after the
other unless another thread is accepting the second: 2 ms. It never takes longer than its own units
and the guard take, because a thread that others wait for accepts that one unit only. Without the
guard, as in a kernel that does not read past the end of its memory, a call for one unit takes 1 ms.
The rest is scheduling: the largest sample is the worst of {calls} calls, on a machine with two CPUs
that other programs also use.
"""

# cvmem before it accepted in runs (commit 36bb058), by the same program.
BEFORE_RUNS = {1: 210.7, 4: 210.7, 16: 210.8}

COUNT_NOTES = """
Instructions for a unit, in list order, 4 MiB a call, guard, counted by callgrind
(`valgrind --tool=callgrind build-bench/bench/bench-parallel count cvmem THREADS N` for two N; the
platform's call counts units, and nothing else). *Before*: one unit after the other, up to commit
36bb058.

{rows}

The work for a unit does not grow with the number of threads. Callgrind runs one thread at a time:
what threads cost each other by cache misses, and by waiting, is not in the counts. The speed-up in
the tables above is that of the platform's calls. Its limit is the number of threads and the guard:
256 calls of two units take 513 ms on one thread and 33 on 16 threads, 15.5 times less. What is
above it comes from the scheduling of the single thread. Timed figures of two versions can be
compared only on a machine without other load, the counts on any.
"""

ZERO_NOTES = """
The same with real work, clearing the memory. The limit is the speed of {cpus} CPUs and their common
memory; no scheme exceeds it, and `bench/run` fails if a figure does. All of the memory is written
once before anything is measured, and one thread is measured first and last.
"""


def report():
    found = samples(["bench/bench-parallel", "sleep"], TIMES)
    samples(["bench/bench-parallel", "zero"], TIMES, found)

    def get(what, scheme, units, guard, order, threads):
        name = f"{what}.{scheme}.{units}.{guard}.{order}.{threads}"
        alone = median(found[f"{what}.{scheme}.{units}.{guard}.{order}.1.took_ms"])
        return [alone / took for took in found[name + ".took_ms"]], found[name + ".worst_ms"]

    def pair(what, units, guard, order, threads):
        return get(what, "linux", units, guard, order, threads), get(what, "cvmem", units, guard, order, threads)

    linux, ours = pair("sleep", 2, "guard", "list", 16)
    bare_linux, bare = pair("sleep", 1, "bare", "list", 16)
    one_linux, one = pair("sleep", 1, "guard", "list", 16)
    rows = [
        ["16 threads, list order, 4 MiB a call, guard: speed-up (modelled)", "7.58", spread(linux[0]), spread(ours[0]), "15.5",
         met(median(ours[0]) >= 15.5)],
        ["its worst call (two units and the guard)", "7 to 11 ms", spread(linux[1], unit=" ms"),
         spread(ours[1], unit=" ms"), "-", "-"],
        ["one unit a call, no guard: worst call", "-", spread(bare_linux[1], unit=" ms"), spread(bare[1], unit=" ms"),
         "1.3 ms", met(median(bare[1]) <= 1.3)],
        ["one unit a call, guard: worst call", "-", spread(one_linux[1], unit=" ms"), spread(one[1], unit=" ms"),
         "2 x 1.3 ms: it needs two", met(median(one[1]) <= 2.6)],
        ["one unit a call, guard: speed-up (modelled)", "-", spread(one_linux[0]), spread(one[0]), "-", "-"],
    ]
    scaling = []
    for order in "list", "disjoint":
        for threads in THREADS:
            linux, ours = pair("sleep", 2, "guard", order, threads)
            published = PUBLISHED[order].get(threads)
            scaling.append([f"{order}, {threads}", f"{published:.2f}" if published else "-", spread(linux[0]),
                            spread(ours[0]), spread(linux[1], unit=" ms"), spread(ours[1], unit=" ms")])
    counts = []
    for threads in BEFORE_RUNS:
        peer, now = (count(f"parallel.{scheme}.{threads}", instructions(["bench/bench-parallel", "count", scheme, str(threads)], 4, 12) / 512)
                     for scheme in ("linux", "cvmem"))
        counts.append([str(threads), f"{peer:.1f}", f"{BEFORE_RUNS[threads]:.1f}", f"{now:.1f}"])
    zero = []
    for order in "list", "disjoint":
        for threads in THREADS[:5]:
            linux, ours = pair("zero", 2, "guard", order, threads)
            zero.append([f"{order}, {threads}"] + [spread(bounded(f"clearing, {order}, {threads} threads, {scheme}", found))
                                                   for scheme, (found, _) in (("peer", linux), ("cvmem", ours))])
    return "\n".join([
        "`bench/run parallel`; by hand: `build-bench/bench/bench-parallel sleep`, `... zero`\n",
        table(HEADS, rows), NOTES.format(calls=256),
        table(["order, threads", "peer, published", "peer", "cvmem", "peer: worst call", "cvmem: worst call"], scaling),
        COUNT_NOTES.format(rows=table(["threads", "peer's scheme", "cvmem before", "cvmem"], counts)),
        ZERO_NOTES.format(cpus=os.cpu_count()),
        table(["order, threads", "peer: speed-up", "cvmem: speed-up"], zero)])
