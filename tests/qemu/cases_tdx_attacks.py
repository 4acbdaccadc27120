# SPDX-License-Identifier: MIT
"""A host that misbehaves, as a TD's firmware and Linux 7.2 take it: the table in docs/vm.md."""

from machine import FIRST_PROCESS, SHIM, SHORT, expect

# Opportunities, with one vCPU, 4 GiB and this project's firmware, which takes 36, Linux's
# decompressor 30 more: one of Linux's, and the conversion of its last DMA pool.
ACCEPT, CONVERSION = 140, 6
# Linux shows a panic so early only with this.
EARLY = ("--append", "earlyprintk=ttyS0")


def struck(boot, *counts):
    """The attack has struck, so often."""
    strikes = boot.run["attack"]["strikes"]
    expect(strikes in counts if counts else strikes > 0, f"the attack has struck {strikes} times")


def panics(machine, name):
    """Linux does not try again, and does not go past it."""
    boot = machine.boot(*SHIM, "--attack", f"{name}@{ACCEPT}", *EARLY,
                        until="TDX: Failed to accept memory")
    expect(boot.matched, "Linux did not panic")
    # At 2 MiB, and then at 4 KiB.
    struck(boot, 2)
    expect(boot.run["touch_before_accept"] == 0, "memory was touched too soon")
    return boot


def reaches_first_process(machine, attack):
    """The boot goes on, and the rules are kept."""
    boot = machine.boot(*SHIM, "--attack", attack, *SHORT, until=FIRST_PROCESS)
    expect(boot.matched, "Linux did not come to its first process")
    boot.kept_the_rules()
    boot.says("Memory Encryption Features active: Intel TDX")
    return boot


def attack_busy(machine):
    panics(machine, "busy")


def attack_busy_forever(machine):
    panics(machine, "busy-forever")


def attack_size_mismatch(machine):
    boot = panics(machine, "size-mismatch")
    expect(boot.run["fell_back"] == 2, "the 4 KiB accept was not refused")


def attack_already_accepted(machine):
    boot = panics(machine, "already-accepted")
    expect(boot.run["double_accepts"] == 2, "the double accepts were not counted")


def attack_4k_only(machine):
    boot = reaches_first_process(machine, f"4k-only@{ACCEPT}")
    struck(boot)
    attack, fell_back = boot.run["attack"], boot.run["fell_back"]
    expect(fell_back == attack["strikes"] == attack["opportunities"] - (ACCEPT - 1),
           "not each 2 MiB accept from the attack on has failed")
    # Before it: four opportunities are accepts of no whole 2 MiB, and firmware's share is above all
    # what it puts the kernel and its initrd into.
    accepts = boot.run["accept_calls_by_phase"]
    expect(ACCEPT - 8 < boot.run["accept_calls"]["2m"] < ACCEPT, "2 MiB accepts before the attack")
    expect(accepts["firmware"]["2m"] >= 28 and accepts["stub"]["2m"] >= 28,
           f"the host gave 4 KiB pages too soon: {accepts}")
    expect(accepts["kernel"]["4k"] == 512 * fell_back, "not all of them were done by 4 KiB accepts")


def attack_interrupt_2m(machine):
    boot = reaches_first_process(machine, f"interrupt-2m@{ACCEPT}")
    struck(boot, 3)
    expect(boot.run["fell_back"] == 0, "it fell back to 4 KiB")


def attack_zero_step(machine):
    boot = reaches_first_process(machine, f"zero-step@{ACCEPT}")
    struck(boot, 8)


def attack_remove(machine):
    boot = machine.boot(*SHIM, "--attack", f"remove@{ACCEPT}", *SHORT)
    boot.was_caught(view="private", state="PENDING", gpa=machine_gpa(boot))


def attack_remap(machine):
    boot = machine.boot(*SHIM, "--attack", f"remap@{ACCEPT}", *SHORT)
    boot.was_caught(view="private", state="FREE", gpa=machine_gpa(boot))


def machine_gpa(boot):
    """Where the attack has struck."""
    struck(boot, 1)
    return boot.run["attack"]["gpa"]


def attack_swap(machine):
    boot = reaches_first_process(machine, f"swap@{ACCEPT}")
    struck(boot, 2)


def gives_up(machine, name, strikes):
    """Linux does without the memory that it wanted to share."""
    boot = reaches_first_process(machine, f"{name}@{CONVERSION}")
    struck(boot, strikes)
    boot.says("DMA: failed to allocate .* pool for atomic allocation")
    return boot


def attack_retry_stall(machine):
    boot = gives_up(machine, "retry-stall", 3)
    expect(boot.run["map_gpa_retries"] == 3, "not three retries")


def attack_retry_past(machine):
    gives_up(machine, "retry-past", 1)


def attack_retry_back(machine):
    gives_up(machine, "retry-back", 1)


def attack_retry_unaligned(machine):
    gives_up(machine, "retry-unaligned", 1)


def attack_psc_lie(machine):
    boot = reaches_first_process(machine, f"psc-lie@{CONVERSION}")
    struck(boot, 1)
    expect("pool for atomic allocation" not in boot.console, "Linux noticed it")


def attack_firmware_retry_stall(machine):
    boot = machine.boot("--attack", "retry-stall@4", *SHORT)
    boot.was_caught(view="shared", write=True)
    struck(boot)


def attacks_have_cases(machine):
    """All that `cvmem vm` can do to a guest."""
    names = [line.split()[0].replace("-", "_") for line in machine.text("--attack", "list")]
    cases = [case.__name__ for case in CASES + MORE]
    missing = [name for name in names if "attack_" + name not in cases]
    expect(names and not missing, f"no case for {', '.join(missing)}")


CASES = [
    attacks_have_cases,
    attack_busy,
    attack_busy_forever,
    attack_size_mismatch,
    attack_already_accepted,
    attack_interrupt_2m,
    attack_zero_step,
    attack_remove,
    attack_retry_stall,
    attack_psc_lie,
    attack_firmware_retry_stall,
]
MORE = [
    attack_4k_only,
    attack_remap,
    attack_swap,
    attack_retry_past,
    attack_retry_back,
    attack_retry_unaligned,
]
