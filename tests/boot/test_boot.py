#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_boot.py CVMEM MAPS CASES

Boots with `cvmem boot` and checks what its JSON says against sums that this script makes itself
from the memory map and the emulator's counters. CASES: quick, threads,
hot-add, give-back, on-fault, maps, large.
"""
import json
import os
import subprocess
import sys
import tempfile

CVMEM, MAPS, CASES = sys.argv[1:]
MIB, GIB = 1 << 20, 1 << 30
LAUNCH = 256 << 10
failures = 0


def check(condition, what):
    global failures
    if not condition:
        failures += 1
        print("FAILED:", what)


def boot(*args, status=0):
    done = subprocess.run([CVMEM, "boot", "--json", "-", *args], capture_output=True, text=True)
    name = " ".join(args)
    check(done.returncode == status, f"{name}: exit status {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout) if done.stdout else None


def check_run(result, run, name):
    """What must hold for every boot that reached the shell."""
    check(run["ok"], f"{name}: not ok: {run}")
    check(run["touch_before_accept"] == 0, f"{name}: touched before accept")
    check(run["double_accepts"] == 0, f"{name}: accepted twice")
    check(run["corrupted_pages"] == 0, f"{name}: pages changed while they were allocated")
    calls = run["accept_calls"]
    total = calls["4k"] * 4096 + calls["2m"] * 2 * MIB + calls["1g"] * GIB
    check(total == run["accepted_bytes_at_shell"], f"{name}: calls sum up to {total}: {run}")
    # All that is not accepted is unaccepted; firmware's own memory was accepted at launch, and
    # on SNP one page a vCPU is shared, also of the one that accepts in the background.
    backed = run["accepted_bytes_at_shell"] + run["unaccepted_bytes"] + LAUNCH
    check(backed >= result["memory_bytes"] - 4096 * (result["vcpus"] + 1),
          f"{name}: memory is missing: {backed} of {result['memory_bytes']}")
    if run["policy"] == "eager":
        # Nothing is left but what no part of the boot owns: ACPI tables and NVS.
        left = run["unaccepted_bytes"] - max(0, backed - result["memory_bytes"])
        check(left <= 0, f"{name}: eager left {left} bytes")


    took = run["allocation_ns"]
    check(0 < took["p50"] <= took["p99"] <= took["p99_9"] <= took["p99_99"] <= took["max"],
          f"{name}: allocations took {took}")
    causes = run["accepted_bytes_by_cause"]
    background = run["policy"] == "background"
    check(background or not causes["background"], f"{name}: accepted in the background: {causes}")
    check(background == ("acceptor_busy_seconds" in run), f"{name}: acceptor: {run}")


def check_background(lazy, background, name):
    """A reserve is there, made by the acceptor, and it is bounded by its target."""
    causes, reserve = background["accepted_bytes_by_cause"], background["reserve"]
    check(causes["background"] > 0, f"{name}: nothing in the background: {causes}")
    check(reserve["steps"] > 0 and not reserve["refused"], f"{name}: {reserve}")
    check(32 * MIB <= reserve["target_bytes"] <= GIB, f"{name}: target {reserve}")
    check(background["acceptor_busy_seconds"] > 0, f"{name}: busy: {background}")
    more = background["accepted_bytes_at_shell"] - lazy["accepted_bytes_at_shell"]
    check(more <= GIB + 64 * MIB, f"{name}: {more} bytes more than lazy")


def check_on_fault(lazy, fault, name):
    """The allocators have accepted nothing, the handler what was touched, and a batch ahead of that."""
    causes, faults = fault["accepted_bytes_by_cause"], fault["faults"]
    check(not causes["pages"] and not causes["descriptors"], f"{name}: {causes}")
    check(causes["fault"] == faults["accepted_units"] * 2 * MIB + faults["ahead_bytes"],
          f"{name}: {causes}, {faults}")
    check(0 < faults["accepted_units"] <= faults["taken"] and faults["ahead_bytes"] > 0,
          f"{name}: {faults}")
    touched = lazy["accepted_bytes_by_cause"]["pages"] + lazy["accepted_bytes_by_cause"]["descriptors"]
    check(causes["fault"] <= touched + 8 * 2 * MIB, f"{name}: lazy {lazy}, on fault {fault}")
    check(fault["allocations"] == lazy["allocations"], f"{name}: {fault}")


def check_text_of_failure(option, value):
    """The workload ends before all memory has moved: the text says so, and shows no times."""
    done = subprocess.run([CVMEM, "boot", "--memory", "1G", option, value], capture_output=True, text=True)
    check(done.returncode == 1 and "not all memory" in done.stdout and "Times " not in done.stdout,
          f"{option} {value}: {done.returncode} {done.stdout}")


def boots(*args):
    result = boot(*args)
    for run in result["runs"]:
        check_run(result, run, f"{' '.join(args)} ({run['policy']})")
    return {run["policy"]: run for run in result["runs"]}


def hot_add():
    """A machine in which the workload has no room until memory is added."""
    with tempfile.TemporaryDirectory() as folder:
        small = os.path.join(folder, "map")
        with open(small, "w", encoding="utf-8") as file:
            file.write("BIOS-e820: [mem 0x0000000000100000-0x0000000008ffffff] usable\n")
        result = boot("--map", small, "--firmware-accepts", "16M", status=1)
        check(not result["runs"][0]["ok"], "the workload fits without hot memory")
        memory = result["memory_bytes"]
        for platform in ("tdx", "snp"):
            for more in ([], ["--vcpus", "3"], ["--policy", "background"],
                         ["--policy", "eager"], ["--firmware-accepts", "all"]):
                for at in ("", "@1", "@9000"):
                    name = f"hot-add: {platform} {more} {at}"
                    result = boot("--platform", platform, "--map", small, "--firmware-accepts",
                                  "16M", "--hot-add", "512M" + at, *more)
                    run = result["runs"][0]
                    check_run(result, run, name)
                    check(run["hot_added_bytes"] == 512 * MIB, f"{name}: {run}")
                    accepted = run["accepted_bytes_at_shell"]
                    check(memory < accepted + 4 * MIB < memory + 256 * MIB, f"{name}: {run}")
    late = boot("--memory", "1G", "--hot-add", "1G@1000000", status=1)["runs"][0]
    check(late["hot_added_bytes"] == 0 and not late["ok"], f"hot-add: too late: {late}")
    check_text_of_failure("--hot-add", "1G@1000000")
    for argument in ("1G@", "1G@0", "1G@x", "x@1", "@5", "9T", "1G@5x", "3M"):
        done = subprocess.run([CVMEM, "boot", "--hot-add", argument], capture_output=True,
                              text=True)
        check(done.returncode == 64 and "--hot-add" in done.stderr, f"hot-add: {argument}")
    boots("--memory", "1G", "--unit", "1G", "--hot-add", "2G@500")


def check_given_for_good(platform, policy, memory, removed, given):
    """What the host keeps is read by no crash kernel, and all else is as without."""
    options = ("--platform", platform, "--policy", policy, "--memory", str(memory), "--crash")
    plain = list(boots(*options).values())[0]
    result = boot(*options, "--vcpus", "3", "--hot-remove", f"{removed}@700", "--balloon", f"{given}@900")
    run, name = result["runs"][0], f"give-back: {platform} {policy} {memory}, for good"
    check(run["ok"] and run["hot_removed_bytes"] == removed and run["balloon_given_bytes"] == given, f"{name}: {run}")
    check(run["added_again_bytes"] == 0 and run["balloon_taken_bytes"] == 0, f"{name}: {run}")
    check(run["touch_before_accept"] == 0 and run["double_accepts"] == 0, f"{name}: {run}")
    crash, before = run["crash"], plain["crash"]
    check(crash["released_bytes"] == removed + given and before["released_bytes"] == 0, f"{name}: {crash}")
    # On SNP a vCPU's page is shared.
    check(abs(sum(crash.values()) - sum(before.values())) <= 2 * 4096, f"{name}: {crash}, {before}")
    if policy == "eager":
        check(before["read_bytes"] - crash["read_bytes"] - removed - given in range(0, 3 * 4096), f"{name}: {crash}")


def check_taken_again(platform, policy, memory, removed, given):
    """At the shell every page can be used. What was accepted when it was given is accepted once more."""
    options = ("--platform", platform, "--policy", policy, "--memory", str(memory), "--every-page", "--vcpus",
               "1" if policy == "lazy" else "3")
    plain = list(boots(*options).values())[0]
    run = list(boots(*options, "--hot-remove", f"{removed}@300..4000", "--balloon",
                     f"{given}@1500..4001").values())[0]
    name = f"give-back: {platform} {policy} {memory}"
    check(run["hot_removed_bytes"] == run["added_again_bytes"] == removed, f"{name}: {run}")
    check(run["balloon_given_bytes"] == run["balloon_taken_bytes"] == given, f"{name}: {run}")
    check(run["unaccepted_bytes"] == plain["unaccepted_bytes"], f"{name}: {run}")
    # The vCPUs' caches and the order of events differ.
    check(abs(plain["every_page_bytes"] - run["every_page_bytes"]) <= 16 * 4096, f"{name}: {run}, {plain}")
    again = run["accepted_bytes_at_shell"] - plain["accepted_bytes_at_shell"]
    least = removed + given if policy == "eager" else 0
    check(least <= again <= removed + given, f"{name}: {again} more were accepted")


def give_back():
    small, large = (512 * MIB, 64 * MIB, 32 * MIB), (GIB, 512 * MIB, 2 * MIB)
    for policy in ("lazy", "background", "eager"):
        check_given_for_good("tdx", policy, *small)
        check_given_for_good("snp", policy, *large)
        check_taken_again("tdx", policy, *large)
        check_taken_again("snp", policy, *small)
    for platform in ("tdx", "snp"):
        # No table is handed over, and later memory is behind all other.
        boots("--platform", platform, "--memory", "512M", "--firmware-accepts", "all", "--hot-remove",
              "64M@100..200", "--balloon", "16M@100..300", "--every-page")
        added = boots("--platform", platform, "--memory", "512M", "--hot-add", "256M@50", "--hot-remove",
                      "256M@60..5000", "--balloon", "16M@70..5000", "--vcpus", "2", "--every-page")["lazy"]
        check(added["added_again_bytes"] == 256 * MIB and added["every_page_bytes"] > 512 * MIB, f"{added}")
    boots("--memory", "512M", "--unit", "4K", "--hot-remove", "1M@99..100", "--balloon", "4M@100..5000",
          "--every-page")
    boots("--memory", "6G", "--unit", "1G", "--hot-remove", "1G@100..200", "--balloon", "1G@300..400")
    for option, value in (("--hot-remove", "64M@1000000"), ("--balloon", "64M@1..1000000"),
                          ("--hot-remove", "2G@5"), ("--balloon", "2G@5")):
        run = boot("--memory", "512M", option, value, status=1)["runs"][0]
        check(not run["ok"] and not run["touch_before_accept"], f"{option} {value}: {run}")
    check_text_of_failure("--hot-remove", "64M@1000000")
    check_text_of_failure("--balloon", "64M@1..1000000")
    for option in ("--hot-remove", "--balloon"):
        for value in ("1G", "1G@", "1G@0", "1G@x", "x@1", "@5", "9T@5", "1G@5x", "3M@5", "1G@5..5", "1G@5..",
                      "1G@5..6x", "1G@5.6", "0@5", "1G@-5"):
            done = subprocess.run([CVMEM, "boot", option, value], capture_output=True, text=True)
            check(done.returncode == 64 and option in done.stderr, f"{option} {value}: {done.stderr}")
        for wrong in (["--kexec", "2"], ["--engine", "vm"]):
            done = subprocess.run([CVMEM, "boot", option, "2M@5", *wrong], capture_output=True, text=True)
            check(done.returncode == 64 and option in done.stderr, f"{option} with {wrong}: {done.stderr}")


def check_hand_over(platform, *policies):
    """A chain of kernels, a crash kernel after the last, and at the end every page."""
    one = boots("--platform", platform, "--memory", "1G", "--crash")["lazy"]
    crash = one["crash"]
    for more in policies:
        name = f"{platform} hand-over {more}"
        options = ("--memory", "1G", "--vcpus", "2", "--kexec", "3", "--crash", *more)
        run = list(boots("--platform", platform, *options, "--every-page").values())[0]
        check(run["kexecs"] == 3 and run["kexec_bytes"] > 0, f"{name}: {run}")
        check(run["allocations"] == one["allocations"], f"{name}: {run}")
        # What firmware, loader and kernel keep is not free, nor what the workload has at the shell.
        check(GIB - 256 * MIB < run["every_page_bytes"] < GIB, f"{name}: {run}")
        check(run["unaccepted_bytes"] < 8 * MIB, f"{name}: {run}")
        ram = sum(run["crash"].values())
        check(abs(ram - sum(crash.values())) < MIB and ram > GIB - 2 * MIB, f"{name}: {run}, {one}")
    check(one["unaccepted_bytes"] - MIB < crash["unaccepted_bytes"] <= one["unaccepted_bytes"],
          f"{platform}: {one}")
    for wrong in (["--policy", "background"], ["--hot-add", "512M"], ["--compare"]):
        done = subprocess.run([CVMEM, "boot", "--kexec", "2", *wrong], capture_output=True, text=True)
        check(done.returncode == 64 and "--kexec" in done.stderr, f"--kexec with {wrong}")


def on_fault():
    for platform in ("tdx", "snp"):
        lazy = boots("--platform", platform, "--memory", "1G")["lazy"]
        fault = boots("--platform", platform, "--memory", "1G", "--policy", "on-fault")["on-fault"]
        check_on_fault(lazy, fault, platform)
        boots("--platform", platform, "--memory", "1G", "--policy", "on-fault", "--vcpus", "3")
        check_hand_over(platform, ["--policy", "on-fault"])
        check_given_for_good(platform, "on-fault", 512 * MIB, 64 * MIB, 32 * MIB)
        check_taken_again(platform, "on-fault", GIB, 512 * MIB, 2 * MIB)
    boots("--memory", "1G", "--policy", "on-fault", "--hot-add", "512M@500")


def threads():
    """Every thread of the hosted machine at once, with all that changes memory under them."""
    for platform in ("tdx", "snp"):
        boots("--platform", platform, "--memory", "1G", "--vcpus", "3", "--compare")
        check_hand_over(platform, [])
        check_taken_again(platform, "background", 512 * MIB, 64 * MIB, 32 * MIB)
        boots("--platform", platform, "--memory", "512M", "--vcpus", "3", "--policy", "background",
              "--host-4k", "--hot-add", "256M@500")


def quick():
    for platform in ("tdx", "snp"):
        one = boots("--platform", platform, "--memory", "2G", "--compare")
        check(one["lazy"]["accepted_bytes_at_shell"] < GIB, f"{platform}: lazy accepts {one}")
        check(one["eager"]["accepted_bytes_at_shell"] > 1.9 * GIB, f"{platform}: eager {one}")
        check_background(one["lazy"], one["background"], platform)
        boots("--platform", platform, "--memory", "1G", "--vcpus", "3", "--compare")
        small = boots("--platform", platform, "--memory", "1G", "--host-4k")["lazy"]
        check(small["accept_calls"]["2m"] == 0 and small["fell_back"] > 0,
              f"{platform}: a host of 4 KiB pages: {small}")
        low = boots("--platform", platform, "--memory", "6G", "--firmware-accepts", "4G")["lazy"]
        check(low["accepted_bytes_at_shell"] > 1.9 * GIB, f"{platform}: 4G: {low}")
        every = boots("--platform", platform, "--memory", "1G", "--firmware-accepts", "all")
        check(every["lazy"]["unaccepted_bytes"] < 2 * MIB and not
              every["lazy"]["accepted_bytes_by_cause"]["pages"], f"{platform}: all: {every}")
        ahead = boots("--platform", platform, "--memory", "1G", "--policy", "background",
                      "--vcpus", "2", "--host-4k")
        check(list(ahead) == ["background"], f"{platform}: policies {list(ahead)}")
        check_hand_over(platform, [], ["--policy", "eager"], ["--firmware-accepts", "all"])
    for unit in ("4K", "64K", "1G"):
        boots("--memory", "3G", "--unit", unit, "--policy", "background")
        boots("--memory", "3G", "--unit", unit, "--vcpus", "2")
    for args in (["--memory", "12"], ["--memory", "1X"], ["--policy", "both"], ["--vcpus", "0"],
                 ["--platform", "sgx"], ["--accept-cost", "fast"], ["--unit", "3M"], ["extra"],
                 ["--firmware-accepts", "1M"], ["--map", "x", "--memory", "1G"]):
        done = subprocess.run([CVMEM, "boot", *args], capture_output=True, text=True)
        check(done.returncode == 64 and args[-1] in done.stderr or "exclude" in done.stderr,
              f"{args}: {done.returncode} {done.stderr}")
    done = subprocess.run([CVMEM, "boot", "--map", "/nonexistent"], capture_output=True, text=True)
    check(done.returncode == 1 and "/nonexistent" in done.stderr, "a map that is not there")
    done = subprocess.run([CVMEM, "boot", "--workload", __file__], capture_output=True, text=True)
    check(done.returncode == 1 and __file__ in done.stderr, "a workload that is none")


def maps():
    """Every real map that has enough memory boots, on the platforms in turn."""
    booted = 0
    for number, name in enumerate(sorted(os.listdir(MAPS))):
        path = os.path.join(MAPS, name)
        if not name.endswith(".txt"):
            continue
        done = subprocess.run([CVMEM, "map", "--json", path], capture_output=True, text=True)
        found = json.loads(done.stdout)[0]["maps"]
        first = [entry for entry in found if entry["source"] == "e820"]
        if not first or max(entry["usable_bytes"] for entry in first) < 512 * MIB:
            continue
        boots("--map", path, "--platform", ("tdx", "snp")[number % 2])
        booted += 1
    check(booted > 30, f"only {booted} maps were booted")


def large():
    """Boot work does not grow with memory: counted, not timed."""
    for platform in ("tdx", "snp"):
        small = boots("--platform", platform, "--memory", "4G")["lazy"]
        big = boots("--platform", platform, "--memory", "1T")["lazy"]
        check(big["accepted_bytes_at_shell"] <= 1.1 * small["accepted_bytes_at_shell"],
              f"{platform}: 1T accepts {big}, 4G {small}")


{"quick": quick, "threads": threads, "on-fault": on_fault, "hot-add": hot_add, "give-back": give_back, "maps": maps, "large": large}[CASES]()
print("failures:", failures)
sys.exit(failures != 0)
