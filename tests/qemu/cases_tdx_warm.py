# SPDX-License-Identifier: MIT
"""`cvmem status` and `cvmem warm` in a TD: what they say and do there. The emulated module is the
judge of what is accepted."""

import os
import re

import initrd
import warm_guest
from machine import cache, expect
from warm_guest import INIT, accepted_all, find_json, no_reclaim, paced

TDX = ("--accept-cost", "tdx")


def boot(machine, script, *options, memory="4G"):
    return warm_guest.boot(machine, script, *TDX, *options, memory=memory)


def beside_a_workload(machine, kernel):
    warm_guest.beside_a_workload(machine, "tdx", {"CPUID 0x21"}, *TDX, kernel=kernel)


def warm(machine):
    beside_a_workload(machine, "linux")


def warm_6_12(machine):
    beside_a_workload(machine, "linux-6.12")


def workload_alone(machine):
    """Without warm, a workload that grows has to accept memory: what it measures is real."""
    _, parts = boot(machine, """
dd if=/dev/zero of=/tmp/fill bs=1M count=560 2>/dev/null
begin workload
paced growing 1200 256 40000 1000
""")
    found = paced(parts["workload"], "accepted")
    expect(found["p99.9"] >= 4096, "the workload did not have to accept anything")


def warm_eight(machine):
    """8 GiB, four vCPUs, two workers."""
    done, parts = boot(machine, """
begin warm
cvmem warm --json --workers 2 --max-cpu 100
begin after
cvmem status --json --sample 0
""", "--vcpus", "4", memory="8G")
    accepted_all(done, find_json(parts["warm"]), parts)


def warm_two_nodes(machine):
    """Both nodes have unaccepted memory, and none is left on either."""
    done, parts = boot(machine, """
begin before
cvmem status --json --sample 0
begin warm
cvmem warm --json --max-cpu 100
begin after
cvmem status --json --sample 0
""", "--nodes", "2", "--vcpus", "2", memory="6G")
    before, after = (find_json(parts[name])["nodes"] for name in ("before", "after"))
    expect([node["node"] for node in before] == [0, 1], f"nodes: {before}")
    expect(all(node["unaccepted_bytes"] > 256 << 20 for node in before), f"nodes: {before}")
    expect(not any(node["unaccepted_bytes"] for node in after), f"nodes: {after}")
    accepted_all(done, find_json(parts["warm"]), parts)


GIVES_WAY = """
rss() { sed -n 's/^VmRSS:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/$warm/status; }
begin keeping
cvmem warm --json --attempts 4 --keep 2600M --rate 50M/s >/warm.json 2>/warm.log & warm=$!
while size=$(rss); [ -n "$size" ] && [ "$size" -lt 65536 ]; do :; done
dd if=/dev/zero of=/tmp/most bs=1M count=1300 2>/dev/null && echo filled & fill=$!
while [ -n "$(rss)" ] && ! grep -q 'gave all back' /warm.log; do sleep 0.1; done
echo "holds $(rss)"
wait $fill; wait $warm; echo "status $?"
begin gave_up
cat /warm.json
begin left
cvmem status --json --sample 0
begin crowded
rm /tmp/most
cvmem warm --json --attempts 1 --max-cpu 100 >/warm.json 2>/warm.log & warm=$!
while size=$(rss); [ -n "$size" ] && [ "$size" -lt 65536 ]; do :; done
dd if=/dev/zero of=/tmp/all bs=1M count=3300 2>/dev/null && echo filled
wait $warm; echo "status $?"
begin crowd
cat /warm.log /warm.json
"""


def warm_gives_way(machine):
    """Somebody wants so much memory that less is available than warm is to keep: it gives back what
    it holds, and after the last attempt says why it could not end. Then somebody wants nearly all
    there is. Either time he gets it, and nobody waits for it or is killed."""
    done, parts = boot(machine, GIVES_WAY, "--vcpus", "2")
    expect("filled" in parts["keeping"], "memory was not to be had")
    held = re.search(r"^holds (\d+)$", parts["keeping"], re.MULTILINE)
    # A program that holds nothing takes 2 MiB or so for itself.
    expect(held and int(held[1]) < 16384, f"warm says it gave all back, and {held and held[0]} KiB")
    gave_up = find_json(parts["gave_up"])
    expect(gave_up["held_most_bytes"] > 64 << 20, "warm held little")
    expect(gave_up["end"] == "available" and "status 1" in parts["keeping"],
           f"warm ended so: {gave_up}")
    # What is accepted for the other one meanwhile is progress, too, after which it counts anew.
    expect(list(gave_up["yields"]) == ["available"] and gave_up["yields"]["available"] >= 4,
           f"warm gave back so: {gave_up['yields']}")
    left = find_json(parts["left"])["memory"]["unaccepted_bytes"]
    expect(0 < left <= gave_up["unaccepted_bytes"], f"{left} bytes are left")

    expect("filled" in parts["crowded"], "memory was not to be had")
    found = find_json(parts["crowd"])
    if found["end"] == "done":
        # What he took was accepted for him, and that was all.
        expect("status 0" in parts["crowded"] and found["unaccepted_bytes"] == 0,
               f"warm ended so: {found}")
        expect(done.run["unaccepted_bytes"] == 0, "the module has unaccepted memory")
    else:
        expect(found["end"] in ("available", "mark", "reclaim", "pressure", "refused"),
               f"warm ended so: {found}")
        expect("status 1" in parts["crowded"] and found["unaccepted_bytes"] > 0,
               f"warm ended so: {found}")
        expect(sum(found["yields"].values()) >= 1 and "gave all back" in parts["crowd"],
               "warm ended without giving back first")
    for name, count in re.findall(r"^(\w+) (\d+)$", parts["reclaim"], re.MULTILINE):
        # kswapd may take from warm what it has not given back yet: nobody waits for that.
        expect(count == "0" or name == "pgscan_kswapd", f"{name} is {count}")


def warm_in_a_group(machine):
    """The limit of a control group is kept, and named."""
    _, parts = boot(machine, """
mkdir -p /sys/fs/cgroup
echo +memory >/sys/fs/cgroup/cgroup.subtree_control
mkdir /sys/fs/cgroup/small
echo 800M >/sys/fs/cgroup/small/memory.max
begin warm
sh -c 'echo $$ >/sys/fs/cgroup/small/cgroup.procs; exec cvmem warm --json --attempts 0'
echo "status $?"
begin events
cat /sys/fs/cgroup/small/memory.events
""", "--vcpus", "2")
    found = find_json(parts["warm"])
    expect(found["end"] == "group" and "status 1" in parts["warm"], f"warm ended so: {found}")
    expect(found["held_most_bytes"] <= 800 << 20, "the limit was exceeded")
    expect(re.search(r"^oom_kill 0$", parts["events"], re.MULTILINE), "the group ran out of memory")
    expect(re.search(r"^max 0$", parts["events"], re.MULTILINE), "the limit was hit")
    no_reclaim(parts)


def plain_machine(machine):
    """Nothing to do on an ordinary machine."""
    image = machine.log + ".cpio"
    initrd.write(image, INIT.replace("SCRIPT", """
begin warm
cvmem status --sample 0 && cvmem warm && echo "both are content"
"""), [os.path.join(machine.build, "cvmem")])
    try:
        done = machine.boot("--plain", "--kernel", cache("linux", "vmlinuz"), "--initrd", image,
                          "--append", "console=ttyS0 quiet panic=-1 no_timer_check")
    finally:
        os.remove(image)
    expect(done.status == 0, f"exit status {done.status}")
    done.says("both are content", "platform +none known", "this machine has no unaccepted memory")


CASES = [warm]
MORE = [warm_in_a_group, workload_alone, warm_6_12, warm_eight, warm_two_nodes, warm_gives_way, plain_machine]
