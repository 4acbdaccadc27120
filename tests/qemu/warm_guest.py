# SPDX-License-Identifier: MIT
"""What the cases of `cvmem status` and `cvmem warm` share: a guest that runs them, beside a workload
that minds latency. The emulated module or firmware is the judge of what is accepted."""

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
# Firmware may have left the cursor anywhere.
begin() { echo; echo "=== $1"; }
SCRIPT
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
    initrd.write(image, INIT.replace("SCRIPT", script), programs)
    done, parts = initrd.boot(machine, image, "--memory", memory, *options, kernel=vmlinuz,
                              seconds=420)
    done.is_clean()
    return done, parts


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


def accepted_all(done, warm, parts, beyond=0):
    """Warm, the kernel and the module agree that nothing is left, and nobody suffered for it. beyond:
    bytes that nobody accepts, since the kernel does not count them as memory."""
    expect(warm["end"] == "done" and warm["unaccepted_bytes"] == 0, f"warm ended so: {warm}")
    expect(warm["accepted_bytes"] > 1 << 30, "there was little to accept")
    expect(warm["yields"] == {}, f"warm had to yield: {warm['yields']}")
    expect(done.run["unaccepted_bytes"] <= beyond, "the module has unaccepted memory")
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


def beside_a_workload(machine, platform, evidence, *options, kernel="linux", beyond=0):
    """status names the platform by that evidence, which is a set of sources; warm ends; and the
    workload hardly notices it."""
    done, parts = boot(machine, BESIDE, *options, kernel=kernel)
    before = find_json(parts["before"])
    expect(before["platform"]["name"] == platform, f"status sees {before['platform']}")
    sources = {item["source"] for item in before["platform"]["evidence"]}
    expect(evidence <= sources, f"status has looked at {sources}")
    expect(before["memory"]["unaccepted_bytes"] > 1 << 30, "nothing was left to accept")
    accepted_all(done, find_json(parts["warm"]), parts, beyond)
    expect("nothing to do" in parts["again"], "a second run found something")
    steady = paced(parts["workload"], "accepted")
    expect(steady["operations"] > 100, "the workload hardly ran")
    expect(steady["p50"] == 0 and steady["max"] <= 8192, f"the workload had to accept: {steady}")
    expect(paced(parts["growing"], "accepted")["max"] == 0, "memory was accepted once more")
