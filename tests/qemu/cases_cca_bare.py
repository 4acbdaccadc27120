# SPDX-License-Identifier: MIT
"""A Realm with the library and nothing else, and what the host can do to it."""

import glob
import os
import re
import subprocess

from images import need
from machine import Skipped, cache, expect

SOURCES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "firmware", "cca")
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(SOURCES))))
FLAGS = ("-std=gnu11 -O2 -Wall -Wextra -Werror -march=armv8-a -mstrict-align -mgeneral-regs-only "
         "-mno-outline-atomics -ffreestanding -nostdlib -static -no-pie -fno-pic "
         "-fno-stack-protector -fno-asynchronous-unwind-tables "
         "-fno-tree-loop-distribute-patterns -Wl,--build-id=none "
         "-Wl,--no-warn-rwx-segments").split()
# It takes less than a second.
SECONDS = 60
# realm.h.
START, OFFSET, UNIT = 0x44000000, 0x128, 0x200000
PATTERN = 0x5a5a5a5a5a5a5a5a
IPA = START + OFFSET
# cvmem/base.h, as 64 bits; enum cvm_cca_reason.
EIO, EALREADY = (1 << 64) - 6, (1 << 64) - 7
REJECTED, STALLED, DESTROYED, BROKEN = 1, 2, 3, 4
BITS, END = ("ipa bits", 48), ("end", 0)
# Arm ARM, D24.2.40: a data abort of the same level, external and synchronous, by a write.
SEA_BY_WRITE = 0x96000250


def compile_and_link(sources, path, *flags):
    """In a file of its own first: other cases may be waiting for it, or be run at the same time."""
    new = f"{path}.{os.getpid()}"
    subprocess.run(["aarch64-linux-gnu-gcc", *FLAGS, "-I" + ROOT,
                    "-I" + os.path.join(ROOT, "include"), *flags, *sources, "-o", new], check=True)
    os.rename(new, path)


def library(machine):
    """The library and the platform as one object, which all cases share."""
    path = os.path.join(machine.build, "boots", "cca-library.o")
    folders = ("lib", os.path.join("platform", "cca"), os.path.join("include", "cvmem"))
    files = [file for folder in folders for file in glob.glob(os.path.join(ROOT, folder, "*.[ch]"))]
    newest = max(map(os.path.getmtime, [*files, os.path.abspath(__file__)]))
    if not os.path.exists(path) or os.path.getmtime(path) < newest:
        compile_and_link(sorted(file for file in files if file.endswith(".c")), path, "-r")
    return path


def build(machine, run):
    """The ELF file whose run() is the named function of runs.c; the path, and its symbols."""
    if not os.path.isdir(cache("qemu-arm")):
        raise Skipped("QEMU for arm64 has not been fetched: cvmem vm --setup --platform cca")
    need("aarch64-linux-gnu-gcc", "aarch64-linux-gnu-nm")
    path = machine.file("elf")
    compile_and_link([*sorted(glob.glob(os.path.join(SOURCES, "*.[cS]"))), library(machine)], path,
                     "-T", os.path.join(SOURCES, "realm.ld"), f"-Wl,--defsym=run={run}")
    symbols = subprocess.run(["aarch64-linux-gnu-nm", path], check=True, stdout=subprocess.PIPE,
                             universal_newlines=True).stdout
    return path, {name: int(value, 16) for value, name in
                  re.findall(r"^([0-9a-f]+) \w (\S+)$", symbols, re.MULTILINE)}


def start(machine, run, *options, ripas="image"):
    """A boot of it, with what it has said as (name, value), and its symbols."""
    path, symbols = build(machine, run)
    boot = machine.boot("--platform", "cca", "--memory", "256M", "--kernel", path, "--ripas", ripas,
                        *options, seconds=SECONDS)
    said = [(name, int(value, 16)) for name, value in
            re.findall(r"^([^:\n]+): 0x([0-9a-f]{16})\r?$", boot.console, re.MULTILINE)]
    return boot, said, symbols


def says(said, *expected):
    """Exactly these lines, after that which each Realm says first."""
    expect(said == [BITS, *expected], f"it says {said}")


def bare_accepted(machine):
    boot, said, _ = start(machine, "accepted")
    says(said, ("accept", 0), ("content", 0), ("unaccepted", 30 * UNIT), ("accept", 0),
         ("accept again", 0), ("content", PATTERN), END)
    boot.is_clean()
    # By the library once, and once more by the platform itself.
    expect(boot.run["calls"]["ipa_state_set"] == 2, f"RSI calls: {boot.run['calls']}")


def bare_converted(machine):
    boot, said, _ = start(machine, "converted")
    says(said, ("accept", 0), ("share", 0), ("shared", 0), ("shared", PATTERN), ("unshare", 0),
         ("private", 0), ("neighbour", 0), END)
    boot.is_clean()


def caught(machine, run, symbol, write, fetch, gpa=IPA):
    """Stopped at the instruction, before the access."""
    boot, said, symbols = start(machine, run)
    says(said)
    rip = symbols[symbol] if symbol else gpa
    boot.was_caught(view="private", state="EMPTY", gpa=gpa, rip=rip, write=write, fetch=fetch)
    boot.ended_soon()


def bare_store_too_early(machine):
    caught(machine, "touch_empty", "store_here", True, False)


def bare_load_too_early(machine):
    caught(machine, "load_empty", "load_here", False, False)


def bare_fetch_too_early(machine):
    caught(machine, "fetch_empty", None, False, True, START)


def bare_sea(machine):
    """The Realm gets the abort, with the address."""
    boot, said, symbols = start(machine, "touch_empty", "--violation", "sea")
    says(said, ("abort", SEA_BY_WRITE), ("address", IPA), ("pc", symbols["store_here"]))
    expect(boot.run["touch_before_accept"] == 1, "not one violation")


def bare_symbols(machine):
    """With the program's symbols the violation has its function, by the first name of its
    address."""
    path, symbols = build(machine, "touch_empty")
    listed = machine.file("symbols")
    with open(listed, "w", encoding="utf-8") as file:
        subprocess.run(["aarch64-linux-gnu-nm", path], check=True, stdout=file)
    boot, _, _ = start(machine, "touch_empty", "--symbols", listed)
    boot.was_caught(gpa=IPA, rip=symbols["store_here"], function="store")
    boot.says(f"at PC {symbols['store_here']:#x} .store.")


def bare_log(machine):
    boot, said, symbols = start(machine, "touch_empty", "--violation", "log")
    says(said, END)
    boot.says(f"cvmem.so: vCPU 0 wrote IPA {IPA:#x} .private view, state: EMPTY. "
              f"at PC {symbols['store_here']:#x}")


def attacked(machine, attack, run, *expected, ripas="image"):
    boot, said, symbols = start(machine, run, "--attack", attack, ripas=ripas)
    says(said, *expected)
    expect(boot.run["attack"]["strikes"] > 0, "the host did not attack")
    return boot, symbols


def bare_rejected(machine):
    attacked(machine, "reject@2", "host", ("accept", 0), ("accept", EIO), ("reason", REJECTED), END)


def bare_stalled(machine):
    """The platform gives up by itself."""
    boot, _ = attacked(machine, "stall@2", "host", ("accept", 0), ("accept", EIO),
                       ("reason", STALLED), END)
    expect(boot.run["calls"]["ipa_state_set"] < 2000, f"RSI calls: {boot.run['calls']}")


def bare_back(machine):
    attacked(machine, "back@2", "host", ("accept", 0), ("accept", EIO), ("reason", BROKEN), END)


def bare_past(machine):
    attacked(machine, "past@2", "host", ("accept", 0), ("accept", EIO), ("reason", BROKEN), END)


def bare_destroyed(machine):
    """It is told each time that the page is gone; a touch ends the machine, at the instruction."""
    boot, symbols = attacked(machine, "destroy", "destroyed", ("accept", 0), ("accept", 0),
                             ("accept again", EALREADY), ("reason", DESTROYED),
                             ("accept again", EALREADY), ("reason", DESTROYED))
    expect(boot.run["destroyed_pages"] == 1, "not one page")
    boot.says(f"stopped: vCPU 0: an access to IPA {IPA:#x} .protected half, RIPAS DESTROYED., "
              f"at PC {symbols['load_here']:#x}")
    boot.ended_soon()


def bare_destroyed_again(machine):
    """Taken just before it is accepted again: the platform does not ask for it back."""
    attacked(machine, "destroy-again", "accepted", ("accept", 0), ("content", 0),
             ("unaccepted", 30 * UNIT), ("accept", 0), ("accept again", EALREADY),
             ("reason", DESTROYED))


def bare_library_ends(machine):
    """The library's default is to end the Realm when a page that it accepts is gone."""
    boot, _ = attacked(machine, "destroy", "terminated", ("accept", 0), ("accept", 0))
    boot.is_clean()


def bare_empty_start(machine):
    """What is loaded is RAM; the rest is not, though the host was to make it so."""
    boot, symbols = attacked(machine, "empty-start", "touch_empty", ripas="all")
    boot.was_caught(view="private", state="EMPTY", gpa=IPA, rip=symbols["store_here"])


CASES = [
    bare_accepted,
    bare_converted,
    bare_store_too_early,
    bare_sea,
    bare_destroyed,
]
MORE = [
    bare_symbols,
    bare_load_too_early,
    bare_fetch_too_early,
    bare_log,
    bare_rejected,
    bare_stalled,
    bare_back,
    bare_past,
    bare_destroyed_again,
    bare_library_ends,
    bare_empty_start,
]
