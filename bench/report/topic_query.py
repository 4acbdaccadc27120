# SPDX-License-Identifier: MIT
"""Questions to the table, and calls that have nothing or little to do."""
from statistics import median

from measure import HEADS, count, instructions, met, nanoseconds, samples, significant, table

TITLE = "questions to the table, and what a call costs"
TIMES = 5
SIZES = {"4K": "4 KiB", "4M": "4 MiB", "64G": "64 GiB", "4T": "4 TiB"}
CONTENTS = {"clean": "all accepted", "first": "first unit unaccepted", "last": "last unit unaccepted"}
PUBLISHED = {"4M.clean": "12.1 ns", "4T.clean": "5 ms"}
TARGETS = {"4M.clean": (5, "5 ns"), "4T.clean": (30000, "30 us")}

NOTES = """
Times are CPU times of one thread. Each is the fastest of several chunks of about a millisecond,
which excludes other programs on the machine. The samples are whole runs of the program.

The limit of a call that accepts: one atomic operation takes {atomic} here. A run costs two of them in
each word of the table, the claim and the bits, and a third if it is not for the page allocator: a
counter that all CPUs share (`docs/claim.md`, *Counters*). Whole words are claimed 32 at a time. The
peer's scheme takes its lock twice for a run, and claims nothing; in exchange for the claims a CPU
that comes later shares the work, and waits for the units that it needs alone (see *parallel*).
Accepting a unit itself takes some 100 000 times as long: on TDX 1.28 ms for 2 MiB in pages of 4 KiB.
"""


def report():
    found = samples(["bench/bench-query"], TIMES)

    def row(what, name, target=None):
        ours = found[name.format("cvmem")]
        return [what, PUBLISHED.get(name[9:], "-"), nanoseconds(found[name.format("linux")]), nanoseconds(ours),
                target[1] if target else "-", met(median(ours) <= target[0]) if target else "-"]

    rows = [row(f"is any of {SIZES[size]} unaccepted? ({CONTENTS[content]})", f"query.{{}}.{size}.{content}",
                TARGETS.get(f"{size}.{content}")) for size in SIZES for content in CONTENTS]
    rows.append(row("accept 4 MiB that are accepted already", "accept.{}.4M.done", (15, "15 ns")))
    accept = row("accept one unit, platform only counting", "accept.{}.2M", (15, "15 ns"))
    rows.append(accept)
    other = row("the same, not for the page allocator", "accept.{}.2M")
    other[3] = nanoseconds(found["accept.other.2M"])
    rows.append(other)
    accept = row("accept 4 MiB, two units", "accept.{}.4M")
    accept[1] = "26.8 ns"
    rows.append(accept)
    for runs, name in ("128 MiB, the default", "cvmem"), ("1 GiB", "cvmem.1G"), ("any length", "cvmem.all"):
        calls = median(found[f"calls.{name}.4T"])
        rows.append([f"accept 4 TiB by one call, runs of {runs} ({calls:.0f} calls of the platform; peer: 1)",
                     "25 to 110 us", nanoseconds(found["accept.linux.4T"]), nanoseconds(found[f"accept.{name}.4T"]),
                     "-", "-"])

    counts = []
    for what, ours, theirs, few, many in (
            ("is any of 4 MiB unaccepted?", "query-4M", "query-linux-4M", 1000, 3000),
            ("is any of 4 TiB unaccepted?", "query-4T", None, 10, 30),
            ("accept 4 MiB that are accepted already", "accept-done-4M", None, 1000, 3000),
            ("accept 4 MiB, two units", "accept-4M", "accept-linux-4M", 1000, 3000)):
        numbers = [count(f"instructions.{name}", instructions(["bench/bench-query", "count", name], few, many))
                   if name else None for name in (theirs, ours)]
        counts.append([what] + [significant(number, 4) if number else "-" for number in numbers])
    return "\n".join([
        "`bench/run query`; by hand: `build-bench/bench/bench-query`\n", table(HEADS, rows),
        NOTES.format(atomic=nanoseconds(found["atomic"])),
        "Instructions for one call, counted by callgrind "
        "(`valgrind --tool=callgrind build-bench/bench/bench-query count query-4M N` for two N):\n",
        table(["what", "peer's scheme", "cvmem"], counts)])
