# SPDX-License-Identifier: MIT
"""A host that misbehaves, as an SNP guest's firmware and Linux 7.2 take it: docs/vm-snp.md."""

from machine import SHORT, expect

# Opportunities, with one vCPU and 4 GiB: a region that Linux validates early, and page-state
# change requests of the firmware and of Linux.
VALIDATE, FIRMWARE, LINUX = 1300, 60, 255
HALF = ("--append", "cvmem_fill=45")


def attacked(machine, name, at, *options):
    boot = machine.boot("--platform", "snp", "--attack", f"{name}@{at}", *options)
    expect(boot.run["attack"]["strikes"] > 0, "the attack has not struck")
    return boot


def taken_away(machine, name):
    boot = attacked(machine, name, VALIDATE, *HALF)
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
    believes(machine, "psc-lie", FIRMWARE)


def retry_past(machine):
    believes(machine, "retry-past", LINUX)


def retry_past_of_firmware(machine):
    believes(machine, "retry-past", FIRMWARE)


def retry_back(machine):
    boot = attacked(machine, "retry-back", LINUX, *SHORT)
    boot.is_clean()


CASES = [already_accepted, size_mismatch, remove, psc_lie]
MORE = [remap, swap, only_4k, psc_lie_to_firmware, retry_past, retry_past_of_firmware, retry_back]
