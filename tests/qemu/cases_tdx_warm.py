# SPDX-License-Identifier: MIT
"""`cvmem status` and `cvmem warm` in a TD: what they say and do there, beside a workload that minds
latency. The emulated module is the judge of what is accepted."""

import json
import os
import re

import initrd
from machine import Skipped, cache, expect

INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tmpfs -o size=95% tmpfs /tmp
mkdir -p /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
begin() {{ echo "=== $1"; }}
{script}
begin reclaim
grep -e pgscan_kswapd -e pgscan_direct -e allocstall -e oom_kill /proc/vmstat
begin end
poweroff -f
"""

# Few enough operations for an emulated CPU that others use as well.
PACED = "256 40000 16"


def boot(machine, script, *options, kernel="linux", memory="4G"):
    """Boots the script as init, with cvmem and the workload at hand. The boot, and what the console
    said under each heading."""
    vmlinuz = cache(kernel, "vmlinuz")
    if not os.path.exists(vmlinuz):
        raise Skipped(f"{vmlinuz} is not there")
    image = machine.log + ".cpio"
    programs = [os.path.join(machine.build, "cvmem"),
                os.path.join(machine.build, "tests", "qemu", "paced")]
    initrd.write(image, INIT.format(script=script), programs)
    try:
        done = machine.boot("--kernel", vmlinuz, "--initrd", image, "--append",
                            "console=ttyS0 quiet panic=-1 no_timer_check", "--memory", memory,
                            "--accept-cost", "tdx", *options, seconds=420)
    finally:
        os.remove(image)
    done.is_clean()
    parts = re.split(r"^=== (\S+)$", done.console.replace("\r", ""), flags=re.MULTILINE)
    return done, dict(zip(parts[1::2], parts[2::2]))


def find_json(text):
    """The JSON object in a part of the console."""
    return json.loads(text[text.index("{"):text.rindex("}") + 1])


def no_reclaim(parts):
    for name, count in re.findall(r"^(\w+) (\d+)$", parts["reclaim"], re.MULTILINE):
        expect(count == "0", f"{name} is {count}")


def paced(part, what):
    """{percentile: value} of the workload's line."""
    line = re.search(rf"^paced: \S+ {what} (.*)$", part, re.MULTILINE)
    expect(line, f"the workload says nothing of {what}")
    return {key: int(value) for key, value in re.findall(r"(\S+)=(\d+)", line[1])}


def accepted_all(done, warm, parts):
    """Warm, the kernel and the module agree that nothing is left, and nobody suffered for it."""
    expect(warm["end"] == "done" and warm["unaccepted_bytes"] == 0, f"warm ended so: {warm}")
    expect(warm["accepted_bytes"] > 1 << 30, "there was little to accept")
    expect(warm["yields"] == {}, f"warm had to yield: {warm['yields']}")
    expect(done.run["unaccepted_bytes"] == 0, "the module has unaccepted memory")
    expect(find_json(parts["after"])["memory"]["unaccepted_bytes"] == 0, "status disagrees")
    no_reclaim(parts)


BESIDE = f"""
begin before
cvmem status --json --sample 0
begin workload
(cvmem warm --json >/warm.json 2>/warm.log; touch /done) &
paced steady 20000 {PACED} /done
begin warm
cat /warm.log /warm.json
begin after
cvmem status --json --sample 0
begin again
cvmem warm && echo nothing to do
begin growing
paced growing 600 256 1000 1000
"""


def beside_a_workload(machine, kernel):
    done, parts = boot(machine, BESIDE, kernel=kernel)
    before = find_json(parts["before"])
    expect(before["platform"]["name"] == "tdx", "status does not see the TD")
    expect(before["platform"]["evidence"][0]["source"] == "CPUID 0x21", "nobody asked CPUID")
    expect(before["memory"]["unaccepted_bytes"] > 1 << 30, "nothing was left to accept")
    accepted_all(done, find_json(parts["warm"]), parts)
    expect("nothing to do" in parts["again"], "a second run found something")
    steady = paced(parts["workload"], "accepted")
    expect(steady["operations"] > 100, "the workload hardly ran")
    expect(steady["p50"] == 0 and steady["max"] <= 8192, f"the workload had to accept: {steady}")
    expect(paced(parts["growing"], "accepted")["max"] == 0, "memory was accepted once more")


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


def warm_gives_way(machine):
    """Somebody wants nearly all memory while warm holds much of it: he gets it, nobody is killed,
    and warm says that it could not end."""
    done, parts = boot(machine, """
begin fill
cvmem warm --json --attempts 1 --max-cpu 100 >/warm.json 2>/warm.log &
until cvmem status --json --sample 0 | grep -q '"unaccepted_bytes":.[0-9]\\{1,9\\},*$'; do :; done
dd if=/dev/zero of=/tmp/all bs=1M count=3300 2>/dev/null && echo filled
wait $! ; echo "status $?"
begin warm
cat /warm.log /warm.json
""", "--vcpus", "2")
    expect("filled" in parts["fill"], "memory was not to be had")
    expect("oom_kill 0" in parts["reclaim"], "somebody was killed")
    found = find_json(parts["warm"])
    expect(found["held_most_bytes"] > 512 << 20, "warm held little")
    expect(found["end"] == "done" or "status 1" in parts["fill"], "warm ended silently")


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
    initrd.write(image, INIT.format(script="""
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


CASES = [warm, warm_in_a_group]
MORE = [workload_alone, warm_6_12, warm_eight, warm_gives_way, plain_machine]
