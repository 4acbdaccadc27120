# SPDX-License-Identifier: MIT
"""A host that misbehaves, as an SNP guest's firmware and Linux 7.2 take it: docs/vm-snp.md."""

from machine import SHIM, SHORT, expect

# Opportunities, with one vCPU and 4 GiB: a region that Linux validates early and one of its
# page-state change requests, with this project's firmware; and a request of OVMF's.
VALIDATE, LINUX, OVMF = 140, 80, 60
# "For ever": after that many answers the emulated host gives in (emu/attacker.c).
ANSWERS = 1000000


def attacked(machine, name, at, *options):
    firmware = () if at == OVMF else SHIM
    boot = machine.boot("--platform", "snp", *firmware, "--attack", f"{name}@{at}", *options)
    expect(boot.run["attack"]["strikes"] > 0, "the attack has not struck")
    return boot


def taken_away(machine, name):
    boot = attacked(machine, name, VALIDATE, *SHORT)
    boot.was_caught(view="private", state="UNVALIDATED")


def remove(machine):
    taken_away(machine, "remove")


def remap(machine):
    taken_away(machine, "remap")


def swap(machine):
    taken_away(machine, "swap")


def terminates(machine, name):
    """Linux says that PVALIDATE has failed (set 1, reason 2), and ends."""
    boot = attacked(machine, name, VALIDATE, *SHORT)
    boot.says("asked to be terminated: reason set 1, code 2")
    expect(boot.run["touch_before_accept"] == 0, "memory was touched too soon")
    return boot


def already_accepted(machine):
    boot = terminates(machine, "already-accepted")
    expect(boot.run["double_accepts"] == 1, "the report has no double accept")


def size_mismatch(machine):
    terminates(machine, "size-mismatch")


def only_4k(machine):
    boot = attacked(machine, "4k-only", 1, *SHORT)
    boot.is_clean()
    expect(boot.run["accept_calls"]["2m"] == 0, "a 2 MiB PVALIDATE succeeded")


def believes(machine, name, at):
    """The guest takes the host's word; hardware does not."""
    boot = attacked(machine, name, at, *SHORT)
    boot.says("PVALIDATE of .*, which is not assigned to the guest")


def psc_lie(machine):
    believes(machine, "psc-lie", LINUX)


def psc_lie_to_firmware(machine):
    believes(machine, "psc-lie", OVMF)


def asks_for_ever(machine, at):
    """It neither gives up nor goes past the page: it makes as many requests for it as the host
    stalls, and a whole boot makes a few hundred. Then the host gives in, and the guest goes on."""
    boot = attacked(machine, "retry-stall", at, *SHORT)
    boot.is_clean()
    attack = boot.run["attack"]
    expect(attack["strikes"] == ANSWERS, f"the guest has asked {attack['strikes']} times")
    others = attack["opportunities"] - attack["strikes"]
    expect(at <= others < 1000, f"{others} requests were of something else")


def retry_stall(machine):
    asks_for_ever(machine, LINUX)


def retry_stall_of_firmware(machine):
    asks_for_ever(machine, OVMF)


def retry_past(machine):
    believes(machine, "retry-past", LINUX)


def retry_past_of_firmware(machine):
    believes(machine, "retry-past", OVMF)


def retry_back(machine):
    boot = attacked(machine, "retry-back", LINUX, *SHORT)
    boot.is_clean()


def attacks_have_cases(machine):
    """All that `cvmem vm` can do to an SNP guest."""
    lines = machine.text("--platform", "snp", "--attack", "list")
    # A name in Python does not begin with a digit.
    names = [line.split()[0].replace("4k-only", "only-4k").replace("-", "_") for line in lines]
    cases = [case.__name__ for case in CASES + MORE]
    missing = [name for name in names if name not in cases]
    expect(names and not missing, f"no case for {', '.join(missing)}")


CASES = [attacks_have_cases, already_accepted, size_mismatch, remove, retry_stall, psc_lie]
MORE = [
    remap,
    swap,
    only_4k,
    psc_lie_to_firmware,
    retry_stall_of_firmware,
    retry_past,
    retry_past_of_firmware,
    retry_back,
]
