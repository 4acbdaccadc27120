# SPDX-License-Identifier: MIT
"""A hundred loads and unloads of the live patch in one boot, while every vCPU takes memory, and
programs take memory and give it back."""

import re

import linux_module
from linux_module import counts_agree, is_quiet, stats
from machine import UNIT, expect

# The blocks that the probe takes are kept, so that each transition sees memory accepted: 128 MiB and
# more a round. They are not touched (init_on_alloc=0), so the host needs no memory for them.
MEMORY = "22G"
PROGRAMS = 2
SCRIPT = """
stats=/sys/kernel/debug/cvmem/stats
insmod /bin/cvmem_probe.ko
# What is accepted already.
probe $(nproc) 10 200 0 >/dev/null
churn() {
	while [ ! -e /stop ]; do
		write_mib churn$1 16
		rm /tmp/churn$1
		echo x >>/churned
		sleep 0.1
	done
}
for program in PROGRAMS; do churn $program & done
settings() {
	case $(($1 % 3)) in
	0) echo policy=lazy ;;
	1) echo policy=background keep=48M ;;
	2) echo policy=eager rate=32M ;;
	esac
}
# While the probe takes a block on each vCPU every 40 ms.
beside() {
	probe $(nproc) 10 12 40000 >/dev/null &
	probing=$!
	"$@"
	wait $probing
}
begin rounds
round=0
while [ $round -lt ROUNDS ]; do
	beside load $(settings $round)
	# What a program has given back serves some.
	tries=0
	while tries=$((tries + 1)); [ $tries -le 20 ]; do
		probe $(nproc) 10 8 0 >/dev/null
		grep -q '^units 0$' $stats || break
	done
	echo "$(grep '^units ' $stats) $(grep '^scheme ' $stats)"
	beside unload
	[ -e /sys/module/cvmem ] || echo "round $((round += 1))"
done
touch /stop
wait
echo "churned $(wc -l </churned)"
begin last
load policy=lazy && stats
grep '^nr_unaccepted' /proc/vmstat
"""


def hundred_loads(machine, *options, kernel="linux", rounds=100):
    """Each load and unload is whole, and at the end Linux, the module and the platform have the same
    count of what is unaccepted."""
    script = SCRIPT.replace("ROUNDS", str(rounds)).replace(
        "PROGRAMS", " ".join(map(str, range(PROGRAMS))))
    done, parts = linux_module.boot(machine, script, "--vcpus", "4", "--memory", MEMORY, *options,
                                    kernel=kernel, append="init_on_alloc=0", seconds=7200)
    done.is_clean()
    is_quiet(parts)
    text = parts["rounds"]
    expect(text.count("round ") == rounds, f"{text.count('round ')} loads and unloads of {rounds}")
    expect("no room" not in text, "a program found no memory")
    units = [int(count) for count in re.findall(r"^units (\d+) scheme cvmem$", text, re.MULTILINE)]
    expect(len(units) == rounds and all(units), f"units accepted in each round: {units}")
    churned = re.search(r"^churned (\d+)$", text, re.MULTILINE)
    expect(churned and int(churned[1]) >= rounds // 2, f"the programs hardly ran: {churned}")
    last = stats(parts["last"])
    counts_agree(last)
    expect(last["unaccepted_bytes"] > 0, "nothing was left to accept in the last rounds")
    expect(last["nr_unaccepted"] * 4096 == last["meminfo_bytes"], "Linux's counts differ")
    expect(abs(done.run["unaccepted_bytes"] - last["unaccepted_bytes"]) <= 8 * UNIT,
           f"{done.run['unaccepted_bytes']} bytes are left, the module counts "
           f"{last['unaccepted_bytes']}")
