# SPDX-License-Identifier: MIT
"""What the cases share: a boot of `cvmem vm`, what it said, and what may be expected of it."""

import json
import os
import re
import resource
import selectors
import signal
import subprocess
import sys
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts"))

from cache_home import cache_home  # noqa: E402

# After that it hangs, on the slowest of hosts.
SECONDS = 900
STOP_SECONDS = 20
# Of the processor: from power-on to the report, for firmware of a few instructions. A machine that
# goes on after it was stopped takes more, also on a busy host, or has no end.
SOON_SECONDS = 5
# The plugin's line for a violation that ends the machine.
STOPPED = "cvmem.so: stopped: "
UNIT = 2 << 20
# The demonstration's first row: Linux has come to a shell.
FIRST_PROCESS = r"at the first process( +\d+){4}"
# The demonstration fills 80 % of memory. With OVMF and 4 GiB, half of it is nearly all that is
# unaccepted at its start. With this project's firmware a fifth is more than what Linux accepts
# before. A fiftieth is for cases that are about something else.
HALF = ("--append", "cvmem_fill=50")
FIFTH = ("--append", "cvmem_fill=20")
SHORT = ("--append", "cvmem_fill=2")
# A boot in less time than with OVMF: for all that is not about OVMF.
SHIM = ("--firmware", "shim")
# Ranges that are accepted before the demonstration, besides OVMF's: the kernel, the initrd, where
# the decompressor puts the kernel, and the firmware's pool.
SHIM_ENDS = 8


# So that nothing is left running when the tests are ended.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


class Failed(Exception):
    """An expectation that did not hold."""


class Skipped(Exception):
    """What the case needs is not on this machine."""


def expect(condition, what):
    """Fails the case, with what is wrong."""
    if not condition:
        raise Failed(what)


def cache(*path):
    """A path below the folder that `cvmem vm --setup` fills."""
    return os.path.join(cache_home(), "cvmem", "vm", *path)


def children_seconds():
    """User and system time of all processes that were started from here and have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def stop(process):
    """Ends a command that may have ended by itself; at the third signal, whatever QEMU is at."""
    for _ in range(3):
        if process.poll() is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            pass
    process.wait()


class Machine:
    """Boots for one case. Console and report of the last one stay in the build folder."""

    def __init__(self, build, name):
        self.build, self.name = build, name
        # Of each boot that was stopped: seconds of the clock from there to its end, and of the
        # processor from power-on to its end.
        self.stops = []
        # Images of our own firmware that were built, so that each is once.
        self.built = set()
        self.platform = name.split(".")[0]
        os.makedirs(os.path.join(build, "boots"), exist_ok=True)
        self.log = self.file("log")
        self.json = self.file("json")

    def file(self, suffix):
        """A path for the case to make a file at."""
        return os.path.join(self.build, "boots", f"{self.name}.{suffix}")

    def text(self, *options):
        """The lines that `cvmem vm` prints, with options that boot nothing."""
        done = subprocess.run([os.path.join(self.build, "cvmem"), "vm", *options], check=True,
                              stdout=subprocess.PIPE, universal_newlines=True)
        return done.stdout.splitlines()

    def exec(self, command, *options):
        """`cvmem vm --exec`: exit status, standard output and standard error, as bytes."""
        done = subprocess.run(
            [os.path.join(self.build, "cvmem"), "vm", "--exec", command, "--json", self.json,
             *options], check=False, timeout=SECONDS, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with open(self.log, "wb") as log:
            log.write(done.stdout + done.stderr)
        return done.returncode, done.stdout, done.stderr

    def boot(self, *options, until=None, seconds=SECONDS, on_hang=None):
        """Runs `cvmem vm` with the options, to its end or until its console matches. When neither
        has come in time, on_hang gets the process first, which is ended afterwards."""
        return Boot(self, options, until, seconds, on_hang)


class Boot:
    """One boot: its console, exit status and report, and how many seconds it took to its end or to
    what was awaited."""

    def __init__(self, machine, options, until, seconds, on_hang):
        for path in machine.log, machine.json:
            if os.path.exists(path):
                os.remove(path)
        report = [] if "--plain" in options else ["--json", machine.json]
        command = [os.path.join(machine.build, "cvmem"), "vm", *report, *options]
        # Standard output, then standard error: a message of the plugin may come in the middle of a
        # line of the guest's. The log has both as they came.
        self.console, self.matched = "", False
        self.stopped_at = None
        start, cpu_start = time.monotonic(), children_seconds()
        with open(machine.log, "wb", buffering=0) as log, subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE) as process:
            try:
                if not self.read(process, until, start + seconds, log):
                    if on_hang:
                        on_hang(process)
                    raise Failed(f"no end within {seconds} seconds")
            finally:
                self.seconds = time.monotonic() - start
                stop(process)
            self.status = process.returncode
            self.cpu_seconds = children_seconds() - cpu_start
            if self.stopped_at:
                machine.stops.append((time.monotonic() - self.stopped_at, self.cpu_seconds))
        self.report = self.run = None
        if report:
            with open(machine.json, encoding="utf-8") as file:
                self.report = json.load(file)
            self.run = self.report["runs"][0]
        # Rows of the demonstration's table: MemTotal, MemFree, Unaccepted in kB, nr_unaccepted.
        self.unaccepted = [int(row) * 1024 for row in re.findall(
            r"^cvmem: .*? +\d+ +\d+ +(\d+) +\d+\r?$", self.console, re.MULTILINE)]

    def parts(self):
        """What the console said under each heading, a line of "=== " and a word."""
        parts = re.split(r"^=== (\S+)$", self.console.replace("\r", ""), flags=re.MULTILINE)
        return dict(zip(parts[1::2], parts[2::2]))

    def read(self, process, until, deadline, log):
        """Gathers the console until its end or the pattern; False: the deadline came first."""
        streams = {process.stdout: b"", process.stderr: b""}
        with selectors.DefaultSelector() as selector:
            for stream in streams:
                selector.register(stream, selectors.EVENT_READ)
            while selector.get_map():
                left = deadline - time.monotonic()
                ready = selector.select(left) if left > 0 else []
                if not ready:
                    return False
                for key, _ in ready:
                    chunk = os.read(key.fd, 65536)
                    streams[key.fileobj] += chunk
                    log.write(chunk)
                    if not chunk:
                        selector.unregister(key.fileobj)
                self.console = b"".join(streams.values()).decode(errors="replace")
                if not self.stopped_at and STOPPED in self.console:
                    self.stopped_at = time.monotonic()
                if until and re.search(until, self.console):
                    self.matched = True
                    break
        return True

    def is_clean(self):
        """The guest came to its end and kept the rules."""
        expect(self.status == 0, f"exit status {self.status}")
        self.kept_the_rules()

    def kept_the_rules(self):
        """Nothing was touched too soon or accepted twice."""
        good = self.run["ok"] or (self.matched and "stopped" not in self.run)
        expect(good, "the run is not ok")
        expect(self.run["touch_before_accept"] == 0, "memory was touched too soon")
        expect(self.run["double_accepts"] == 0, "memory was accepted twice")

    def is_lazy(self, ends=0):
        """The demonstration's table shows memory that is accepted as it fills, from a lot on."""
        expect(self.unaccepted and self.unaccepted[0] > 1 << 30,
               "nothing was left unaccepted at the first process")
        self.accepts_while_it_fills(ends)

    def accepts_while_it_fills(self, ends=0):
        """The same, from anything on. Linux counts a block of 4 MiB of which a part is accepted as
        unaccepted: one at each end of a range that was accepted before, of which there are `ends`
        besides OVMF's."""
        expect(len(self.unaccepted) > 2, "the demonstration has printed no table")
        expect(self.unaccepted == sorted(self.unaccepted, reverse=True), "unaccepted memory grew")
        expect(self.unaccepted[-1] < self.unaccepted[0], "nothing was accepted while it filled")
        slack = UNIT * (self.report["vcpus"] + 1 + ends)
        expect(abs(self.run["unaccepted_bytes"] - self.unaccepted[-1]) <= slack,
               "guest and report disagree")

    def ended_soon(self):
        """It did not go on after what ended it."""
        expect(self.cpu_seconds < SOON_SECONDS,
               f"{self.cpu_seconds:.1f} s of the processor to its end")

    def was_caught(self, **violation):
        """An access that hardware would not allow ended the machine."""
        expect(self.status == 1, f"exit status {self.status}")
        expect(self.run["touch_before_accept"] == 1, "the access was not caught")
        for key, value in violation.items():
            found = self.run["violation"][key]
            expect(found == value, f"the violation's {key} is {found}, not {value}")

    def says(self, *patterns):
        """The console has a match of each."""
        for pattern in patterns:
            expect(re.search(pattern, self.console), f"the console has no '{pattern}'")
