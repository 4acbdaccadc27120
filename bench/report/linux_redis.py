# SPDX-License-Identifier: MIT
"""Redis in a guest, while its memory is being accepted: by Linux, by the library ahead of need, and
after everything was accepted."""
import os
import re
import statistics
import subprocess

import initrd
import linux_module
import measure
from machine import Skipped, cache, expect

SETUP = os.path.join(measure.ROOT, "scripts", "vm-setup")
KINDS = {"linux": "Linux", "reserve": "the library, with the reserve",
         "accepted": "the library, all before the run"}
SETS, BYTES = 16000, 16384
BLOCK, PAGE = 4 << 20, 4096
# Of the percentiles that redis-benchmark prints, the first that is not below 99.9.
PERCENTILES = [50, 99, 99.9]

# A server keeps its memory while the next one is measured. The first run, which is not counted, is
# for what the emulation has to do once for each instruction of the guest's.
SCRIPT = """
insmod /bin/cvmem_probe.ko
serve() {
	redis-server --port 0 --unixsocket /tmp/$1.socket --save '' >/dev/null 2>&1 &
	until [ "$(redis-cli -s /tmp/$1.socket ping 2>/dev/null)" = PONG ]; do sleep 0.1; done
	begin $1
	before=$(vmstat nr_unaccepted)
	redis-benchmark -s /tmp/$1.socket -c 1 -t set -r 1000000 -n $2 -d BYTES >/tmp/$1
	tr '\\r' '\\n' </tmp/$1 | grep -e milliseconds -e completed -e 'throughput summary'
	echo "accepted_pages $((before - $(vmstat nr_unaccepted)))"
	kill -STOP $!
}
serve first 2000
take_accepted
serve linux SETS
load policy=background
reserve_is_full
echo 1 >/sys/kernel/debug/cvmem/reset
serve reserve SETS
grep '^allocation_calls ' /sys/kernel/debug/cvmem/stats
echo eager >/sys/module/cvmem/parameters/policy
until grep -q '^Unaccepted: *0 kB' /proc/meminfo; do sleep 0.1; done
unload
serve accepted SETS
"""


def figures(part):
    """What redis-benchmark says of a run; times in milliseconds."""
    spectrum = re.findall(r"^(\d+\.\d+)% <= (\d+\.\d+) milliseconds \(cumulative count (\d+)\)$",
                          part, re.MULTILINE)
    # The second table is by round times; the first ends with 100 %.
    end = next((i for i, row in enumerate(spectrum) if float(row[0]) == 100), None)
    expect(end is not None, f"redis-benchmark has no percentiles: {part[-400:]}")
    spectrum = [(float(share), float(ms)) for share, ms, _ in spectrum[:end + 1]]
    expect(f"{SETS} requests completed" in part, "not all requests were completed")
    found = {wanted: next(ms for share, ms in spectrum if share >= wanted)
             for wanted in PERCENTILES}
    found["longest"] = spectrum[-1][1]
    found["rate"] = float(re.search(r"throughput summary: (\S+) requests per second", part)[1])
    # By the library, in an allocation.
    calls = re.search(r"^allocation_calls (\d+)$", part, re.MULTILINE)
    found["calls"] = int(calls[1]) if calls else None
    found["pages"] = int(re.search(r"^accepted_pages (-?\d+)$", part, re.MULTILINE)[1])
    return found


def boot(machine, options, cost):
    """{kind: figures} of one boot."""
    if subprocess.run([SETUP, cache(), "redis"], check=False).returncode:
        raise Skipped("Redis cannot be fetched")
    programs = [f"bin/redis-{name}" for name in ("server", "cli", "benchmark")]
    script = SCRIPT.replace("SETS", str(SETS)).replace("BYTES", str(BYTES))
    done, parts = linux_module.boot(
        machine, script, "--platform", options.platform, "--vcpus", "4", "--memory", "6G",
        "--accept-cost", str(cost), kernel=options.kernel, append="init_on_alloc=0",
        copies=initrd.unpacked(cache("redis", "usr"), *programs))
    done.is_clean()
    linux_module.is_quiet(parts)
    found = {kind: figures(parts[kind]) for kind in KINDS}
    least = SETS * BYTES * 3 // 4 // PAGE
    for kind in "linux", "reserve":
        expect(found[kind]["pages"] >= least, f"{kind}: the memory had been accepted before")
    expect(found["accepted"]["pages"] == 0, "something was left to accept")
    return found


def report(machine, options, cost):
    """Title and text of the section."""
    boots = [boot(machine, options, cost) for _ in range(options.rounds)]
    lines = []
    for kind, name in KINDS.items():
        runs = [found[kind] for found in boots]
        blocks = statistics.median(run["pages"] for run in runs) * PAGE / BLOCK
        lines.append([name, *(measure.nanoseconds([run[key] * 1e6 for run in runs])
                              for key in (*PERCENTILES, "longest")),
                      measure.spread([run["rate"] for run in runs]), f"{blocks:.0f}"])
    calls = statistics.median_low(found["reserve"]["calls"] for found in boots)
    heads = ["memory is accepted by", "p50", "p99", "p99.9", "longest", "requests a second",
             "4 MiB blocks accepted"]
    return "Redis while its memory is being accepted", measure.table(heads, lines) + f"""

Medians of {options.rounds} boots with 4 vCPUs; in each the three in turn, each with a server of its
own. `redis-benchmark -c 1 -t set -r 1000000 -n {SETS} -d {BYTES}`, both of Debian, on a Unix socket:
one client sets keys to values of {BYTES >> 10} KiB, and the server's memory grows by
{SETS * BYTES >> 20} MiB. One in {BLOCK // BYTES} requests needs a block of 4 MiB that no request has
needed before. Accepting 4 KiB takes {cost} ns (`--accept-cost {options.platform}`), 4 MiB
{cost * 1024 / 1e6:.2f} ms.

*p99.9* is the first percentile of redis-benchmark's that is not below 99.9. The last column is what
Linux's counter says was accepted meanwhile, by whomever. Counted, so that the host's other programs
do not matter: with the reserve {calls} allocations had to accept memory, in the median boot.
"""
