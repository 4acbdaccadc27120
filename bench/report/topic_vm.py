# SPDX-License-Identifier: MIT
"""Boots of unmodified Linux in `cvmem vm`."""
import resource
import statistics
import sys

from machine import FIRST_PROCESS, SHORT, cache, expect
from measure import HEADS, met, size, significant, spread, table

# tools/common/accept_cost.c, which says where it is from.
COST = {"tdx": 2500, "snp": 6100}
PUBLISHED = {("tdx", "4G"): "2.5x", ("tdx", "64G"): "4x"}
PLUGIN_LIMIT = {"tdx": 1.3, "snp": 1.3, "cca": 1.1}
VCPUS = {"tdx": [1], "snp": [1], "cca": [1, 4]}
# A Realm's memory costs nothing that the demonstration could show: it fills little, so that the boot
# is what is measured.
FILL = {"tdx": (), "snp": (), "cca": SHORT}
SHELL_LIMIT = 1.15


def show(text):
    print(text, file=sys.stderr, flush=True)


def platform_option(options):
    return [] if options.platform == "tdx" else ["--platform", options.platform]


def boot_to_shell(machine, options, *more):
    """A boot that ends at the shell; one that breaks a rule is no sample."""
    boot = machine.boot(*platform_option(options), "--append", "cvmem_fill=0", *more,
                        until=FIRST_PROCESS)
    expect(boot.matched, "Linux did not reach its first process")
    boot.kept_the_rules()
    show(f"{' '.join(more)}: {boot.seconds:.2f} s")
    return boot


def count_of(vcpus):
    return "one vCPU" if vcpus == 1 else f"{vcpus} vCPUs"


def averaged(runs):
    return "one boot" if runs == 1 else f"medians of {runs} boots"


def modelled(boot, platform):
    """Seconds that the cost of all accepts makes."""
    return boot.run["accepted_bytes"] / 4096 * COST[platform] * 1e-9


def headline(machine, options):
    rows = []
    for memory in options.memory.split(","):
        kinds = {
            "eager": ("--policy", "eager", "--accept-cost", options.platform),
            "lazy": ("--policy", "lazy", "--accept-cost", options.platform),
            "free": ("--policy", "lazy", "--accept-cost", "none"),
        }
        boots = {kind: [] for kind in kinds}
        for _ in range(options.runs or 5):
            for kind, words in kinds.items():
                boots[kind].append(boot_to_shell(machine, options, "--memory", memory, *words))
        seconds = {kind: [boot.seconds for boot in boots[kind]] for kind in kinds}
        median = {kind: statistics.median(seconds[kind]) for kind in kinds}
        cost = {kind: statistics.median(modelled(boot, options.platform) for boot in boots[kind])
                for kind in kinds}
        rows.append([
            memory, spread(seconds["eager"], 1, " s"), spread(seconds["lazy"], 1, " s"),
            f"{median['eager'] / median['lazy']:.2f}x", PUBLISHED.get((options.platform, memory), "-"),
            f"{significant(cost['eager'])} s, {significant(cost['lazy'])} s",
            f"{cost['eager'] / cost['lazy']:.1f}x", spread(seconds["free"], 1, " s")])
    heads = ["memory", "eager", "lazy", "eager / lazy", "published", "accepts alone, modelled",
             "their ratio", "lazy, accepts at no cost"]
    return "boot to shell on real Linux, eager against lazy", f"""
{table(heads, rows)}

From power-on to the first process: OVMF, EFI stub, Debian's Linux 7.2, one vCPU,
{options.platform}; {averaged(options.runs or 5)} of each kind, in turn. Accepting 4 KiB takes
{COST[options.platform]} ns (`--accept-cost {options.platform}`, its source is in the summary of `cvmem boot`).
*Published*: the cover letters of Linux's patches, on hardware.

Everything except the accepts is emulated, and much slower than on hardware. The last column is the
time of that part; both policies contain it, so the ratio is smaller than on hardware. *Accepts
alone* is the memory accepted before the shell, times the cost. OVMF accepts all memory below 4 GiB
itself, under either policy of the kernel: half of 4 GiB.
"""


def phase_bytes(boot, *phases):
    calls = [boot.run["accept_calls_by_phase"][phase] for phase in phases]
    return sum(call["4k"] * 4096 + call["2m"] * (2 << 20) for call in calls)


def accepted(machine, options):
    rows = []
    for memory in options.memory.split(","):
        for vcpus in 1, 4:
            boots = [boot_to_shell(machine, options, "--memory", memory, "--vcpus", str(vcpus))
                     for _ in range(options.runs or 3)]
            kernel = [phase_bytes(boot, "kernel") for boot in boots]
            before = [phase_bytes(boot, "firmware", "stub") for boot in boots]
            firmware = statistics.median(before)
            row = size(statistics.median(kernel))
            if min(kernel) != max(kernel):
                row += f" ({size(min(kernel))} to {size(max(kernel))})"
            left = statistics.median(boot.unaccepted[0] for boot in boots)
            rows.append([memory, str(vcpus), size(firmware), row, size(left)])
    heads = ["memory", "vCPUs", "by firmware and stub", "by Linux", "unaccepted at the shell"]
    return "bytes accepted before the shell", f"""
{table(heads, rows)}

At the first process of Debian's Linux 7.2, lazy; {averaged(options.runs or 3)}. Counted by the
plugin; the last column is from the guest's `/proc/meminfo`. Linux accepts its page descriptors (1.6
% of memory) and, until its watermarks are set, 4 MiB at every allocation.
"""


# What is compared: OVMF and this project's own, lazy, and with all memory accepted at boot: by Linux,
# or by the firmware.
FIRMWARES = {
    ("OVMF", "lazy"): ("--policy", "lazy"),
    ("shim", "lazy"): ("--policy", "lazy", "--firmware", "shim"),
    ("OVMF", "eager"): ("--policy", "eager"),
    ("shim", "eager"): ("--firmware", "shim", "--",
                        "-fw_cfg", "name=opt/org.cvmem/accept,string=all"),
}


def firmware(machine, options):
    """What is accepted before the first process, and the processor's time up to there."""
    rows = []
    for memory in options.memory.split(","):
        boots = {kind: [] for kind in FIRMWARES}
        for _ in range(options.runs or 3):
            for kind, words in FIRMWARES.items():
                boot = boot_to_shell(machine, options, "--memory", memory, *words)
                show(f"{' '.join(kind)}: {boot.cpu_seconds:.2f} s of the processor")
                boots[kind].append(boot)
        seconds = {kind: statistics.median(boot.cpu_seconds for boot in boots[kind])
                   for kind in FIRMWARES}
        for name, policy in FIRMWARES:
            kind = name, policy
            phases = [statistics.median(phase_bytes(boot, phase) for boot in boots[kind])
                      for phase in ("firmware", "stub", "kernel")]
            ratios = ["-", "-", "-"]
            if policy == "lazy":
                ratios = [f"{(int(memory.rstrip('G')) << 30) / sum(phases):.1f}x",
                          f"{seconds[name, 'eager'] / seconds[kind]:.2f}x",
                          PUBLISHED.get((options.platform, memory), "-")]
            rows.append([memory, name, policy, *map(size, phases), size(sum(phases)),
                         spread([boot.cpu_seconds for boot in boots[kind]], 1, " s"), *ratios])
    heads = ["memory", "firmware", "policy", "by it", "by stub or decompressor", "by Linux",
             "together", "processor time", "bytes: eager / lazy", "time: eager / lazy", "published"]
    return "OVMF and this project's own firmware", f"""
{table(heads, rows)}

Debian's Linux 7.2, one vCPU, {options.platform}; {averaged(options.runs or 3)} of each kind in turn.
Bytes accepted before the first process, counted by the plugin. *Eager*: Linux accepts all at boot
(`accept_memory=eager`), or with the shim the firmware does (its policy `all`). *Processor time*: user
and system time of QEMU from power-on to the first process; an accept costs next to nothing in the
emulator. What of it is Linux's own, and the same with both, is in [docs/shim.md](../docs/shim.md).
*Bytes: eager / lazy*: all memory, divided by what a lazy boot accepts: the ratio of the times that
the accepts alone take. *Published*: of all of a boot by OVMF, on hardware (the cover letters of
Linux's patches).
"""


def wall(machine, options):
    """The clock is what a user sees; on a machine that does other work as well, processor time is
    what tells."""
    runs = options.runs or 10
    limit = PLUGIN_LIMIT[options.platform]
    kinds = {"plugin": [], "plain": ["--plain"]}
    filled = ", with " + FILL[options.platform][-1] if FILL[options.platform] else ""
    rows = []
    for vcpus in VCPUS[options.platform]:
        boots = {kind: [] for kind in kinds}
        for _ in range(runs):
            for kind, words in kinds.items():
                boot = machine.boot(*platform_option(options), "--vcpus", str(vcpus),
                                    *FILL[options.platform], *words)
                expect(boot.status == 0, f"{kind}: exit status {boot.status}")
                boot.says("cvmem: done")
                show(f"{vcpus} vCPUs, {kind}: {boot.seconds:.2f} s, "
                     f"processor time {boot.cpu_seconds:.2f} s")
                boots[kind].append(boot)
        for what, of in (("wall time", "seconds"), ("processor time", "cpu_seconds")):
            seconds = {kind: [getattr(boot, of) for boot in boots[kind]] for kind in kinds}
            ratio = statistics.median(seconds["plugin"]) / statistics.median(seconds["plain"])
            rows.append([f"the demonstration, 4 GiB, {count_of(vcpus)}: {what}", "no such emulator",
                         f"without the plugin: {spread(seconds['plain'], 1, ' s')}",
                         f"{spread(seconds['plugin'], 1, ' s')}: {ratio:.2f}x", f"{limit}x",
                         met(ratio <= limit)])
    return "what the plugin costs", f"""
{table(HEADS, rows)}

From power-on to power-off, {options.platform}, enforcement on, {runs} boots of each in turn{filled}.
Processor time is user and system time of `cvmem vm` and QEMU; on a machine that does other work as
well it varies less than the wall time. Without the plugin the same firmware
and kernel run in an ordinary machine (`cvmem vm --plain`). That machine has nothing to accept or to
convert, which is part of the difference.
"""


def processor_time(machine, *words):
    """User and system time of `cvmem vm` and QEMU for a command in the guest."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    boot = machine.boot(*words)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    expect(boot.status == 0, f"exit status {boot.status}")
    user, system = after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime
    show(f"{' '.join(words)[:40]}: {user:.2f} and {system:.2f} s")
    return user, system


# What Linux sets up by itself in each confidential guest of 4 GiB: 256 MiB that it clears at boot, by
# which devices reach all other memory.
BOUNCE = ["--append", "swiotlb=131072,force"]


# CPUID, the APIC and so on without an exception, as in a machine without the plugin.
NATIVE = {"tdx": ["--ve", "off"], "snp": ["--vc", "off"]}


def cpu(machine, options):
    runs = options.runs or 5
    native = " ".join(NATIVE[options.platform])
    kinds = {"plugin": [], "native": NATIVE[options.platform], "plain": ["--plain"],
             "bounced": ["--plain", *BOUNCE]}
    ovmf = cache("guest", "usr", "share", "ovmf", "OVMF.fd")
    times = {kind: [] for kind in kinds}
    for _ in range(runs):
        for kind, words in kinds.items():
            # Else the firmware that starts a kernel soonest, which an ordinary machine has not.
            words = (*platform_option(options), *words, "--firmware", ovmf)
            times[kind].append(processor_time(machine, *words, "--exec", "true"))
    whole = {kind: [user + system for user, system in times[kind]] for kind in kinds}
    user = {kind: statistics.median(user for user, _ in times[kind]) for kind in kinds}
    host = {kind: f"{statistics.median(system for _, system in times[kind]):.2f} s"
            for kind in kinds}

    rows = []
    for kind, peer, what, name in (
            ("plugin", "plain", "", "without the plugin"),
            ("plugin", "bounced", "", "without it, with a bounce buffer"),
            ("native", "bounced", f"; `{native}`", "without it, with a bounce buffer")):
        ratio = statistics.median(whole[kind]) / statistics.median(whole[peer])
        rows.append([f"boot to shell and end{what}", "no such emulator",
                     f"{name}: {spread(whole[peer], 1, ' s')}",
                     f"{spread(whole[kind], 1, ' s')}: {ratio:.2f}x", f"{SHELL_LIMIT}x",
                     met(ratio <= SHELL_LIMIT)])
    return "processor time of a boot that the plugin costs", f"""
{table(HEADS, rows)}

User and system time of QEMU, {options.platform}, 4 GiB, one vCPU, enforcement on, {averaged(runs)} of
each kind in turn, with the same firmware, kernel and CPU model. In a confidential guest Linux has a
bounce buffer of 256 MiB, clears it at boot, and copies what devices read and write. Without the
plugin it has none, or it is told to have one as well (`{BOUNCE[1]}`): then both machines do the same
work. With `{native}` Linux handles no exception for CPUID, ports and the APIC, as without the plugin.

User time alone is {user["plugin"] / user["plain"]:.2f} and {user["plugin"] / user["bounced"]:.2f} times that of the two machines without the
plugin, and {user["native"] / user["plain"]:.2f} and {user["native"] / user["bounced"]:.2f} times with `{native}`. The rest is the host's kernel,
which clears what a guest touches for the first time, in a time that depends on the host: {host["plugin"]} with
the plugin, {host["plain"]} without it, {host["bounced"]} without it and with the bounce buffer.
"""
