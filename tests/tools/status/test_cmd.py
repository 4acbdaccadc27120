#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_cmd.py CVMEM GUESTS

`cvmem status` on the files of guests: real ones from GUESTS (below each its proc, sys and dev), and
made ones. The metrics are read by a parser of Prometheus' text format that is written after its
specification; the terminal is a pseudo terminal."""

import json
import os
import pty
import re
import select
import shutil
import stat
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest
from fcntl import ioctl

CVMEM = GUESTS = None
MEMINFO = "MemTotal: {} kB\nMemFree: {} kB\nMemAvailable: {} kB\n"


def parse_metrics(text):
    """{name: (type, help, {labels: value})}; ValueError for what Prometheus would refuse."""
    metrics, order = {}, []
    if not text.endswith("\n"):
        raise ValueError("the last line has no end")
    for line in text.splitlines():
        comment = re.fullmatch(r"# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)", line)
        if comment:
            kind, name, rest = comment.groups()
            metric = metrics.setdefault(name, {"HELP": None, "TYPE": None, "samples": {}})
            if metric[kind] is not None or metric["samples"]:
                raise ValueError("a second or late " + line)
            if kind == "TYPE" and rest not in ("counter", "gauge", "histogram", "summary", "untyped"):
                raise ValueError(line)
            metric[kind] = rest
            continue
        sample = re.fullmatch(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)', line)
        if not sample:
            raise ValueError(line)
        name, labels, value = sample.groups()
        if order and order[-1] != name and name in order:
            raise ValueError("samples of a metric are apart: " + line)
        order.append(name)
        found, at = {}, 0
        while labels and at < len(labels):
            label = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)').match(labels, at)
            if not label or label[1] in found:
                raise ValueError(line)
            found[label[1]] = re.sub(r"\\(.)", lambda m: {"n": "\n"}.get(m[1], m[1]), label[2])
            at = label.end()
        key = tuple(sorted(found.items()))
        if key in metrics[name]["samples"]:
            raise ValueError("twice: " + line)
        metrics[name]["samples"][key] = float(value)
    return metrics


class Guest(unittest.TestCase):
    """A folder with the files of a guest."""

    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def make(self, path, text):
        path = self.folder + path
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def make_guest(self, unaccepted=None, total=1 << 20, nodes=()):
        text = MEMINFO.format(total, total // 2, total // 2)
        if unaccepted is not None:
            text += f"Unaccepted: {unaccepted} kB\n"
        self.make("/proc/meminfo", text)
        for node, (size, left) in dict(nodes).items():
            self.make(f"/sys/devices/system/node/node{node}/meminfo",
                      f"Node {node} MemTotal: {size} kB\nNode {node} Unaccepted: {left} kB\n")

    def run_status(self, *options, root=None, code=0, locale="C"):
        done = subprocess.run([CVMEM, "status", "--root", root or self.folder, *options],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False, encoding="utf-8", timeout=600,
                              env={**os.environ, "LC_ALL": locale})
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stderr if code else done.stdout

    def json(self, *options, root=None):
        return json.loads(self.run_status("--json", "--sample", "0", *options, root=root))


class Status(Guest):
    def test_real_guests(self):
        """Numbers from the guests' own files, read here by regular expressions."""
        for name in "tdx-7.2", "tdx-6.12":
            root = os.path.join(GUESTS, name)
            with open(root + "/proc/meminfo", encoding="ascii") as file:
                meminfo = {key: int(value) * 1024 for key, value in
                           re.findall(r"^(\S+): +(\d+) kB$", file.read(), re.MULTILINE)}
            with open(root + "/proc/vmstat", encoding="ascii") as file:
                pages = int(re.search(r"^nr_unaccepted (\d+)$", file.read(), re.MULTILINE)[1])
            found = self.json(root=root)
            self.assertEqual(found["platform"]["name"], "tdx")
            self.assertEqual(found["memory"], {
                "total_bytes": meminfo["MemTotal"], "free_bytes": meminfo["MemFree"],
                "available_bytes": meminfo["MemAvailable"],
                "unaccepted_bytes": meminfo["Unaccepted"],
                "accepted_bytes": meminfo["MemTotal"] - meminfo["Unaccepted"]})
            self.assertEqual(sum(zone["unaccepted_bytes"] for zone in found["zones"]), pages * 4096)
            self.assertEqual([zone["zone"] for zone in found["zones"]], ["DMA", "DMA32", "Normal"])
            self.assertEqual(sum(node["unaccepted_bytes"] for node in found["nodes"]),
                             meminfo["Unaccepted"])
            self.assertTrue(found["kernel"]["knows_unaccepted_memory"])
            self.assertEqual(found["kernel"]["by_version"]["kexec_accepts"], name == "tdx-7.2")
            self.assertIn("tdx_guest", found["platform"]["evidence"][0]["says"])
            self.assertIsNone(found["rate"])

    def test_marks(self):
        """Kernels that do not print the promo mark have it where it is computed."""
        root = os.path.join(GUESTS, "tdx-7.2")
        with open(root + "/proc/zoneinfo", encoding="ascii") as file:
            text = file.read()
        self.make_guest(4096)
        self.make("/proc/zoneinfo", re.sub(r"(?m)^ +promo .*\n", "", text))
        found = {zone["zone"]: zone for zone in self.json()["zones"]}
        self.assertEqual(found["Normal"]["low_bytes"], 11241 * 4096)
        self.assertEqual(found["Normal"]["promo_bytes"], 15737 * 4096)

    def test_nodes(self):
        self.make_guest(300, nodes={0: (1000, 100), 10: (3000, 200), 2: (500, 0), 7: (0, 0)})
        found = self.json()
        self.assertEqual([(n["node"], n["total_bytes"], n["unaccepted_bytes"])
                          for n in found["nodes"]],
                         [(0, 1024000, 102400), (2, 512000, 0), (10, 3072000, 204800)])
        text = self.run_status("--sample", "0")
        self.assertRegex(text, r"node 10 +[#.]+ +93\.3 %")
        text = self.run_status("--sample", "0", locale="C.UTF-8")
        self.assertRegex(text, r"node 10 +█+░+ +93\.3 %")

    def test_platforms(self):
        cases = [
            ({}, "none"),
            ({"/proc/cpuinfo": "x\nflags\t\t: fpu hypervisor tdx_guest\n"}, "tdx"),
            ({"/proc/cpuinfo": "x\nflags\t\t: fpu not_tdx_guest tdx_guests\n"}, "none"),
            ({"/proc/cpuinfo": "x\nflags\t\t: sev_snp\n"}, "none"),
            ({"/proc/cpuinfo": "x\nflags\t\t: sev_snp hypervisor\n"}, "snp"),
            ({"/sys/devices/system/cpu/sev/vmpl": "0\n"}, "snp"),
            ({"/sys/class/misc/tdx_guest": ""}, "tdx"),
            ({"/dev/kmsg": "6,1,0,-;Memory Encryption Features active: AMD SEV SEV-ES SEV-SNP\n"},
             "snp"),
            ({"/dev/kmsg": "6,1,0,-;Memory Encryption Features active: AMD SME\n"}, "none"),
            ({"/sys/class/misc/tdx_guest": "", "/sys/class/misc/sev-guest": ""}, "unknown"),
            ({"/proc/cpuinfo": "x\nflags\t\t: sev_snp hypervisor\n",
              "/sys/class/misc/tdx_guest": ""}, "tdx"),
        ]
        for files, platform in cases:
            shutil.rmtree(self.folder)
            self.make_guest(0)
            for path, text in files.items():
                self.make(path, text)
            self.assertEqual(self.json()["platform"]["name"], platform, files)

    def test_parameter(self):
        for line, value, policy, valid in [
                ("quiet", None, "lazy", True),
                ("accept_memory=eager quiet", "eager", "eager", True),
                ("accept_memory=eager accept_memory=lazy", "lazy", "lazy", True),
                ('a="b -- c" accept-memory="eager"', "eager", "eager", True),
                ("xaccept_memory=eager -- accept_memory=eager", None, "lazy", True),
                ("accept_memory=eager accept_memory=later", "later", "eager", False)]:
            self.make_guest(1)
            self.make("/proc/cmdline", line + "\n")
            kernel = self.json()["kernel"]
            self.assertEqual((kernel["accept_memory"], kernel["policy"],
                              kernel["accept_memory_valid"]), (value, policy, valid), line)

    def test_nothing(self):
        for unaccepted, words in (None, "its kernel knows none"), (0, "has no unaccepted memory"):
            self.make_guest(unaccepted)
            self.assertIn(words, self.run_status())
            self.assertIn(words, self.run_status("--watch"))
            found = self.json()
            self.assertEqual(found["kernel"]["knows_unaccepted_memory"], unaccepted is not None)
            self.assertEqual(found["seconds_to_done"], 0)

    def test_bad_files(self):
        for text, words in [
                ("MemTotal: 5 kB\nMemFree: 5 kB\n", "no line 'MemAvailable: N kB'"),
                (MEMINFO.format(5, 5, "x"), "MemAvailable"),
                (MEMINFO.format(5, 5, 5) + "Unaccepted: kB\n", "Unaccepted"),
                (MEMINFO.format(5, 5, 5) + "Unaccepted: 6 kB\n", "more than MemTotal"),
                (MEMINFO.format(5, 5, 1 << 54), "MemAvailable"),
                (MEMINFO.format(5, 5, 1 << 70), "MemAvailable")]:
            self.make("/proc/meminfo", text)
            error = self.run_status(code=1)
            self.assertIn(self.folder + "/proc/meminfo", error)
            self.assertIn(words, error)

    def test_usage(self):
        self.make_guest(1)
        for options, words in [(["--count", "3"], "--watch"), (["--json", "--prometheus"], "exclude"),
                               (["-w", "-i", "0"], "seconds"), (["-w", "-i", "nan"], "seconds"),
                               (["-w", "--sample", "1"], "--interval"), (["x"], "no argument"),
                               (["--root", ""], "--root: a folder's name")]:
            self.assertIn(words, self.run_status(*options, code=64))

    def test_lines(self):
        self.make_guest(512, 1024)
        lines = self.run_status("--watch", "--count", "3", "--interval", "0.01").splitlines()
        self.assertEqual(len(lines), 4)
        for line in lines[1:]:
            self.assertRegex(line, r"^ +\d+\.\d +512 KiB +50\.0 % +0 B/s  -$")

    def test_full_disk(self):
        """The first line that cannot be written is the last."""
        self.make_guest(512, 1024)
        for words in [], ["--watch", "--count", "1"], ["--watch", "--interval", "0.01"], ["--json"]:
            with open("/dev/full", "wb") as full:
                done = subprocess.run(
                    [CVMEM, "status", "--root", self.folder, *words], stdin=subprocess.DEVNULL,
                    stdout=full, stderr=subprocess.PIPE, check=False, encoding="utf-8", timeout=600)
            self.assertEqual((done.returncode, done.stderr),
                             (1, "cvmem status: standard output: No space left on device\n"))

    def test_json_file(self):
        """Beside the text, and replaced with each sample."""
        self.make_guest(512, 1024)
        path = os.path.join(self.folder, "x.json")
        lines = self.run_status("--watch", "--count", "3", "--interval", "0.01", f"--json={path}")
        self.assertEqual(len(lines.splitlines()), 4)
        with open(path, encoding="utf-8") as file:
            self.assertEqual(json.load(file)["memory"]["unaccepted_bytes"], 512 * 1024)

    def test_prometheus(self):
        self.make_guest(300, 4500, nodes={0: (1000, 100), 1: (3000, 200)})
        self.make("/proc/sys/kernel/osrelease", '6.12-"odd"\\one\n')
        found = parse_metrics(self.run_status("--prometheus"))
        for metric in found.values():
            self.assertEqual(metric["TYPE"], "gauge")
            self.assertTrue(metric["HELP"] and metric["samples"])
        values = {name: metric["samples"] for name, metric in found.items()}
        self.assertEqual(values["cvmem_memory_unaccepted_bytes"], {(): 300 * 1024})
        self.assertEqual(values["cvmem_memory_accepted_bytes"], {(): 4200 * 1024})
        self.assertEqual(values["cvmem_node_memory_unaccepted_bytes"],
                         {(("node", "0"),): 102400, (("node", "1"),): 204800})
        self.assertEqual(values["cvmem_guest_info"], {
            (("accept_memory", ""), ("platform", "none"), ("release", '6.12-"odd"\\one')): 1})
        self.assertNotIn("cvmem_memory_accept_bytes_per_second", found)
        found = parse_metrics(self.run_status("--prometheus", "--sample", "0.01"))
        self.assertEqual(found["cvmem_memory_accept_bytes_per_second"]["samples"], {(): 0})

    def test_output(self):
        """The file is another one afterwards, and nothing lies beside it."""
        self.make_guest(300)
        folder = os.path.join(self.folder, "out")
        os.mkdir(folder)
        path = os.path.join(folder, "cvmem.prom")
        with open(path, "w", encoding="ascii") as old:
            old.write("old\n")
            old.flush()
            self.run_status("--prometheus", "--output", path)
            self.assertEqual(os.fstat(old.fileno()).st_nlink, 0, "written in place")
        self.assertEqual(os.listdir(folder), ["cvmem.prom"])
        self.assertEqual(os.stat(path).st_mode & 0o444, 0o444)
        with open(path, encoding="ascii") as file:
            self.assertIn("cvmem_memory_unaccepted_bytes", parse_metrics(file.read()))
        for bad in folder, os.path.join(folder, "none", "x.prom"):
            self.assertIn(bad, self.run_status("--prometheus", "--output", bad, code=1))
        self.assertEqual(os.listdir(folder), ["cvmem.prom"])

    def test_output_to_what_is_no_file(self):
        """A pipe, a device and a link are written to, and are there afterwards."""
        self.make_guest(300)
        pipe, link, target = (os.path.join(self.folder, name) for name in ("pipe", "link", "target"))
        os.mkfifo(pipe)
        end = os.open(pipe, os.O_RDWR)
        self.addCleanup(os.close, end)
        with open(target, "w", encoding="ascii") as file:
            file.write("old")
        os.symlink(target, link)
        self.run_status("--prometheus", "--output", pipe)
        self.run_status("--prometheus", "--output", link)
        with open(target, encoding="ascii") as file:
            text = file.read()
        for found in os.read(end, 1 << 16).decode(), text:
            self.assertIn("cvmem_memory_unaccepted_bytes", parse_metrics(found))
        self.assertTrue(stat.S_ISFIFO(os.lstat(pipe).st_mode) and os.path.islink(link))
        full = os.path.join(self.folder, "full")
        os.symlink("/dev/full", full)
        for options in ("--output", full), (f"--json={full}",):
            self.assertIn("No space left", self.run_status(*options, code=1))
        self.assertTrue(stat.S_ISCHR(os.stat("/dev/full").st_mode))

    def test_output_fails(self):
        self.make_guest(300)
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run([CVMEM, "status", "--root", self.folder, "--json", "--sample", "0"],
                                  stdout=full, stderr=subprocess.PIPE, check=False, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("No space left", done.stderr)


class Terminal(Guest):
    """The live view. read_until() waits for output, never for a time."""

    def open(self, columns=80, rows=24):
        self.make_guest(524288)
        self.master, slave = pty.openpty()
        self.addCleanup(os.close, self.master)
        self.resize(columns, rows)
        self.modes = termios.tcgetattr(slave)
        self.drawn = b""
        environment = dict(os.environ, TERM="xterm", LC_ALL="C.UTF-8")
        command = [CVMEM, "status", "--root", self.folder, "--watch", "--interval", "0.02"]
        # A session of its own, whose terminal this is: the keys' signals go to it.
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environment,
            start_new_session=True, preexec_fn=lambda: ioctl(slave, termios.TIOCSCTTY, 0))
        self.addCleanup(self.process.kill)
        self.slave = slave
        self.addCleanup(os.close, slave)

    def resize(self, columns, rows):
        ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read_until(self, pattern, since=0):
        """Until what was drawn since then matches; returns how much was drawn."""
        deadline = time.monotonic() + 600
        while not re.search(pattern, self.drawn[since:].decode(errors="replace")):
            if not select.select([self.master], [], [], 200)[0] or time.monotonic() > deadline:
                self.fail(f"no {pattern} in {self.drawn[since:][-2000:]}")
            self.drawn += os.read(self.master, 65536)
        return len(self.drawn)

    def ended(self, status):
        self.process.wait(200)
        self.assertEqual(self.process.returncode, status)
        self.assertEqual(termios.tcgetattr(self.slave), self.modes)
        self.read_until(r"\x1b\[\?25h\x1b\[\?1049l")
        self.assertEqual(self.drawn.count(b"\x1b[?1049h"), self.drawn.count(b"\x1b[?1049l"))

    def test_quit(self):
        self.open()
        self.read_until("█+░+  50.0 %")
        os.write(self.master, b"q")
        self.ended(0)

    def test_interrupt(self):
        self.open()
        self.read_until(r"q ends")
        os.write(self.master, b"\x03")
        self.ended(-signal.SIGINT)

    def test_done(self):
        self.open()
        self.read_until(r"q ends")
        self.make_guest(131072)
        self.read_until("87.5 %")
        self.make_guest(0)
        self.ended(0)
        self.read_until(r"1049l(.|\n)*this machine has no unaccepted memory")

    def test_resize(self):
        self.open(80, 24)
        at = self.read_until(r"q ends")
        self.resize(30, 4)
        frame = r"\x1b\[H([^\x1b]*\x1b\[K\r+\n){3}[^\x1b]*\x1b\[K\x1b\[J\x1b\[H"
        self.read_until(frame, at)
        # No line of a frame is longer for want of room than the narrowest that is kept to.
        bars = re.findall("[█░]+", self.drawn[at:].decode(errors="replace"))
        self.assertEqual(len(bars[-1]), 10)
        os.write(self.master, b"q")
        self.ended(0)


if __name__ == "__main__":
    CVMEM, GUESTS = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
