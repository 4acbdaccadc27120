# SPDX-License-Identifier: MIT
"""A host that misbehaves, as an SNP guest's firmware and Linux 7.2 take it: docs/vm-snp.md."""

from machine import SHORT, expect

# Opportunities, with one vCPU and 4 GiB: a region that Linux validates early, and a page-state
# change request of the firmware.
VALIDATE, CHANGE = 1300, 60
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


def lied_to_firmware(machine, name):
    """The firmware believes the host; hardware does not."""
    boot = attacked(machine, name, CHANGE, *SHORT)
    boot.says("PVALIDATE of .*, which is not assigned to the guest")


def psc_lie(machine):
    lied_to_firmware(machine, "psc-lie")


def retry_past(machine):
    lied_to_firmware(machine, "retry-past")


def retry_back(machine):
    boot = attacked(machine, "retry-back", CHANGE, *SHORT)
    boot.is_clean()


CASES = [already_accepted, size_mismatch, remove, psc_lie]
MORE = [remap, swap, only_4k, retry_past, retry_back]
