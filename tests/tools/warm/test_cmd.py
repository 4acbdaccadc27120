#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_cmd.py CVMEM CONTRIB

The command line of `cvmem warm`, what it does where there is nothing to do, and the units in
CONTRIB. What it does in a guest is tested there: tests/qemu/cases_tdx_warm.py."""

import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

CVMEM = CONTRIB = None


def run(*command):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False, text=True, timeout=600)


class Command(subprocess.Popen):
    """One that is not waited for when the test has failed."""

    def __exit__(self, kind, *more):
        if kind:
            self.kill()
        super().__exit__(kind, *more)


class Made:
    """A machine made of files, with 16 MiB unaccepted and the module loaded: they are mounted over
    this machine's, for one run of the command."""

    FILES = {
        "proc/meminfo": "MemTotal: 65536 kB\nMemFree: 32768 kB\nMemAvailable: 32768 kB\n"
                        "Unaccepted: 16384 kB\n",
        "proc/vmstat": "pgscan_kswapd 0\n",
        "proc/zoneinfo": "Node 0, zone   Normal\n      nr_free_pages 8192\n"
                         "        min      10\n        low      20\n        high     30\n"
                         "        promo    40\n        managed  16384\n"
                         "      nr_unaccepted 4096\n        protection: (0)\n",
        "module/cvmem/parameters/policy": "background\n",
        "module/cvmem/parameters/rate": "0\n",
        "debug/cvmem/stats": "scheme cvmem\nunaccepted_bytes 16777216\n",
    }
    MOUNTS = {"proc/meminfo": "/proc/meminfo", "proc/vmstat": "/proc/vmstat",
              "proc/zoneinfo": "/proc/zoneinfo", "module": "/sys/module",
              "debug": "/sys/kernel/debug"}
    THERE = ["unshare", "-Urm", "sh", "-c"]

    def __init__(self, case):
        self.folder = tempfile.mkdtemp()
        for name, text in self.FILES.items():
            path = os.path.join(self.folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="ascii") as file:
                file.write(text)
        self.mount = [f"mount --bind {self.folder}/{name} {target}"
                      for name, target in self.MOUNTS.items()]
        if not shutil.which("unshare") or run(*self.THERE, " && ".join(self.mount)).returncode:
            shutil.rmtree(self.folder)
            case.skipTest("there are no user and mount namespaces")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder)

    def start(self, *options, first="true"):
        command = [CVMEM, "warm", "--json", *options]
        script = " && ".join([first, *self.mount, "exec " + " ".join(command)])
        return Command([*self.THERE, script], stdin=subprocess.DEVNULL, text=True,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def path(self, name):
        return os.path.join(self.folder, "debug" if name == "stats" else "module", "cvmem", name)

    def read(self, name):
        with open(self.path(name), encoding="ascii") as file:
            return file.read().strip()

    def write(self, name, text):
        """A reader sees the old text or the new."""
        with open(self.path("new"), "w", encoding="ascii") as file:
            file.write(text)
        os.rename(self.path("new"), self.path(name))

    def wait(self, name, text):
        while self.read(name) != text:
            time.sleep(0.01)

    def settings(self):
        return self.read("parameters/policy"), self.read("parameters/rate")

    def leave(self, mib):
        """So much is unaccepted. The file is mounted: it stays the same one."""
        with open(os.path.join(self.folder, "proc/meminfo"), "r+b", buffering=0) as file:
            text = file.read()
            os.pwrite(file.fileno(), b"%5d" % (mib << 10), text.rindex(b" kB") - 5)


class Warm(unittest.TestCase):
    def test_usage(self):
        for option, value, right in [
                ("rate", "fast", "size of 1M or more"), ("rate", "4K", "size of 1M or more"),
                ("rate", "0", "size of 1M or more"), ("keep", "-1", "size of 0 or more"),
                ("max-cpu", "0", "number from 1 to 100"), ("max-cpu", "101", "number from 1 to 100"),
                ("max-pressure", "nan", "number from 0 to 100"),
                ("max-pressure", "5%", "number from 0 to 100"), ("workers", "0", "from 1 to 1024"),
                ("burst", "1K", "size of 1M or more"), ("attempts", "x", "number from 0")]:
            done = run(CVMEM, "warm", f"--{option}", value)
            self.assertEqual(done.returncode, 64, option)
            self.assertIn(f"--{option}: '{value}' is not a", done.stderr)
            self.assertIn(right, done.stderr)
        self.assertEqual(run(CVMEM, "warm", "now").returncode, 64)
        for option in "--workers=2", "--max-cpu=10", "--keep=1G", "--burst=1G", "--park=0":
            done = run(CVMEM, "warm", "--module", option)
            self.assertEqual(done.returncode, 64, option)
            self.assertIn("only --rate, --attempts, --json and --quiet", done.stderr)

    def test_nothing_to_do(self):
        with open("/proc/meminfo", encoding="ascii") as file:
            if re.search(r"(?m)^Unaccepted: +[1-9]", file.read()):
                self.skipTest("this machine has unaccepted memory")
        done = run(CVMEM, "warm", "--json", "--rate", "100M/s", "--keep", "0", "--workers", "4")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("this machine has no unaccepted memory", done.stderr)
        found = json.loads(done.stdout)
        self.assertEqual((found["end"], found["accepted_bytes"], found["yields"]), ("done", 0, {}))
        done = run(CVMEM, "warm", "--quiet")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_no_module(self):
        if os.path.exists("/sys/module/cvmem"):
            self.skipTest("this machine has the module")
        done = run(CVMEM, "warm", "--module")
        self.assertEqual((done.returncode, done.stdout, done.stderr),
                         (1, "", "cvmem warm: --module: the module cvmem is not loaded\n"))

    def test_signals(self):
        """A signal ignored at its start (nohup) stays ignored, and another signal ends it, with a
        report."""
        # It keeps more than there is, so it takes nothing.
        with Made(self) as made, made.start("--keep", "1G", "--max-pressure", "100",
                                            first="trap '' HUP") as process:
            for line in process.stderr:
                if "waiting 1 s" in line:
                    process.send_signal(signal.SIGHUP)
                if "waiting 2 s" in line:
                    process.send_signal(signal.SIGTERM)
                last = line
            found = json.loads(process.stdout.read())
            process.wait()
        self.assertEqual(process.returncode, -signal.SIGTERM)
        self.assertEqual((found["end"], found["unaccepted_bytes"], found["yields"]),
                         ("signal", 16 << 20, {"available": 2}))
        self.assertIn(f"stopped by {signal.strsignal(signal.SIGTERM)}", last)

    def test_module(self):
        """The module is eager for as long as something is unaccepted, and then what it was."""
        with Made(self) as made, made.start("--module", "--rate", "64M/s") as process:
            made.wait("parameters/policy", "eager")
            self.assertEqual(made.read("parameters/rate"), "67108864")
            for left in 12, 8, 0:
                made.leave(left)
            found = json.loads(process.stdout.read())
            self.assertIn("accepted 16 MiB in", process.stderr.read())
            process.wait()
            self.assertEqual(made.settings(), ("background", "0"))
        self.assertEqual(process.returncode, 0)
        self.assertEqual((found["end"], found["by_module"], found["accepted_bytes"],
                          found["held_most_bytes"]), ("done", True, 16 << 20, 0))

    def test_module_signals(self):
        """It has its old parameters while the command is stopped, and after it was ended."""
        with Made(self) as made, made.start("--module", "--rate", "1M") as process:
            made.wait("parameters/policy", "eager")
            process.send_signal(signal.SIGTSTP)
            self.assertTrue(os.WIFSTOPPED(os.waitpid(process.pid, os.WUNTRACED)[1]))
            self.assertEqual(made.settings(), ("background", "0"))
            process.send_signal(signal.SIGCONT)
            made.wait("parameters/policy", "eager")
            self.assertEqual(made.read("parameters/rate"), "1048576")
            process.send_signal(signal.SIGINT)
            found = json.loads(process.stdout.read())
            process.wait()
            self.assertEqual(made.settings(), ("background", "0"))
        self.assertEqual((process.returncode, found["end"]), (-signal.SIGINT, "signal"))

    def test_module_ended(self):
        """By what a terminal, and a pipe that nothing reads, send."""
        for number in signal.SIGQUIT, signal.SIGPIPE:
            with Made(self) as made, made.start("--module", first="ulimit -c 0") as process:
                made.wait("parameters/policy", "eager")
                process.send_signal(number)
                process.wait()
                self.assertEqual((process.returncode, made.settings()),
                                 (-number, ("background", "0")))

    def test_module_set_while_stopped(self):
        """What another program sets then is what the module gets back at the end."""
        with Made(self) as made, made.start("--module") as process:
            made.wait("parameters/policy", "eager")
            process.send_signal(signal.SIGTSTP)
            self.assertTrue(os.WIFSTOPPED(os.waitpid(process.pid, os.WUNTRACED)[1]))
            made.write("parameters/policy", "lazy\n")
            made.write("parameters/rate", "4096\n")
            process.send_signal(signal.SIGCONT)
            made.wait("parameters/policy", "eager")
            made.leave(0)
            process.wait()
            self.assertEqual((process.returncode, made.settings()), (0, ("lazy", "4096")))

    def test_module_leaves(self):
        """What another does with the module meanwhile stays, and is the reason to end."""
        for what, name, after in [
                (lambda made: made.write("parameters/policy", "lazy"), "changed", "lazy"),
                (lambda made: os.remove(made.path("stats")), "unloaded", "background")]:
            with Made(self) as made, made.start("--module") as process:
                made.wait("parameters/policy", "eager")
                what(made)
                found = json.loads(process.stdout.read())
                process.wait()
                self.assertEqual(made.settings()[0], after)
            self.assertEqual((process.returncode, found["end"]), (1, name))

    def test_module_stalls(self):
        with Made(self) as made, made.start("--module", "--attempts", "0") as process:
            found = json.loads(process.stdout.read())
            self.assertIn("the module accepts no more", process.stderr.read())
            process.wait()
            self.assertEqual(made.settings(), ("background", "0"))
        self.assertEqual((process.returncode, found["end"]), (1, "stalled"))

    def test_units(self):
        """systemd understands every line, and the options are those of the command."""
        options = run(CVMEM, "warm", "--help").stdout + run(CVMEM, "status", "--help").stdout
        with tempfile.TemporaryDirectory() as folder:
            units = []
            for path in glob.glob(os.path.join(CONTRIB, "*.service")) + glob.glob(
                    os.path.join(CONTRIB, "*.timer")):
                with open(path, encoding="ascii") as file:
                    text = file.read()
                for option in re.findall(r"(?m)^ExecStart=.*? (--[a-z-]+)", text):
                    self.assertIn(option, options)
                units.append(os.path.join(folder, os.path.basename(path)))
                with open(units[-1], "w", encoding="ascii") as file:
                    file.write(text.replace("/usr/bin/cvmem", CVMEM))
            self.assertEqual(len(units), 3)
            if not shutil.which("systemd-analyze"):
                self.skipTest("systemd-analyze is not installed")
            done = run("systemd-analyze", "verify", "--man=no", *units)
            ours = [line for line in done.stderr.splitlines() if "cvmem-" in line]
            self.assertEqual((done.returncode, ours), (0, []), done.stderr)


if __name__ == "__main__":
    CVMEM, CONTRIB = map(os.path.abspath, sys.argv[1:3])
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
