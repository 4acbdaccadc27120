# SPDX-License-Identifier: MIT
"""`cvmem vm` with a program in the place of QEMU, which notes its arguments, speaks QMP, is the
guest's serial ports, and ends in the way it is told."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

CVMEM = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else None

FAKE = r'''#!/usr/bin/env python3
import json, os, shutil, signal, socket, sys, termios
if sys.argv[1:] == ["--version"]:
    print("QEMU emulator version " + os.environ["FAKE_VERSION"])
    sys.exit(0)
note = os.environ["FAKE_NOTE"]
with open(note, "w") as file:
    json.dump(sys.argv[1:], file)
value = dict(zip(sys.argv[1:], sys.argv[2:]))
if "-initrd" in value:
    shutil.copy(value["-initrd"], note + ".initrd")
fd = int(value["-chardev"].rpartition("fd=")[2])
qmp = socket.socket(fileno=fd)
say = lambda message: qmp.sendall(json.dumps(message).encode() + b"\r\n")
# It is there before the greeting: a guest may end before an answer comes.
assert b"qmp_capabilities" in qmp.recv(1000, socket.MSG_DONTWAIT)
say({"QMP": {"version": {}, "capabilities": []}})
say({"return": {}})
say({"event": "RESUME", "data": {}})
report = os.environ.get("FAKE_REPORT")
if report and "-plugin" in value:
    with open(value["-plugin"].rpartition("report=")[2].replace(",,", ","), "w") as file:
        file.write(report)
trace = os.environ.get("FAKE_TRACE")
if trace and "trace=" in value.get("-plugin", ""):
    with open(value["-plugin"].split(",trace=")[1].split(",")[0], "w") as file:
        file.write(trace)
do = os.environ["FAKE_DO"]
sys.stdout.write(os.environ.get("FAKE_CONSOLE", "guest: running\n"))
sys.stdout.flush()
# Serial ports of the guest by their number, as {"1": "text"}.
ports = {}
for words in zip(sys.argv[1:], sys.argv[2:]):
    if words[0] == "-chardev" and "id=cvmem-port" in words[1]:
        key, path = words[1].split("id=")[1].split(",path=")
        ports[key] = open(path, "wb", buffering=0)
for words in zip(sys.argv[1:], sys.argv[2:]):
    # A Realm's ports have no number of their own: those of the command, then that of its status.
    port = words[1].split("chardev")[-1][1:] if words[0] in ("-device", "-serial") else ""
    if port.startswith("cvmem-port") and not words[1].startswith("isa-serial,"):
        index = {"cvmem-port0": "1", "cvmem-port1": "2", "cvmem-port2": "3"}[port]
        text = json.loads(os.environ.get("FAKE_PORTS", "{}")).get(index, "")
        ports[port].write(text.encode("latin-1"))
    if words[0] == "-device" and words[1].startswith("isa-serial,"):
        device = dict(pair.split("=") for pair in words[1].split(",")[1:])
        text = json.loads(os.environ.get("FAKE_PORTS", "{}")).get(device["index"], "")
        ports[device["chardev"]].write(text.encode("latin-1"))
if do in ("plug", "no-plug"):
    # Two commands, a line each; then the end.
    lines = qmp.makefile("r")
    with open(note + ".qmp", "w") as file:
        file.write(lines.readline() + lines.readline())
    say({"return": {}} if do == "plug" else {"error": {"class": "GenericError", "desc": "no slot"}})
    say({"return": {}})
    do = "guest-shutdown"
if do == "raw":
    modes = termios.tcgetattr(0)
    modes[3] &= ~(termios.ECHO | termios.ICANON)
    termios.tcsetattr(0, termios.TCSANOW, modes)
    os.kill(os.getpid(), signal.SIGKILL)
if do in ("wait", "stubborn"):
    caught = []
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    print("guest: waiting", flush=True)
    signal.sigwait([signal.SIGTERM])
    print("guest: stopping", flush=True)
    if do == "stubborn":
        signal.sigwait([signal.SIGTERM])
        print("guest: still here", flush=True)
        signal.pause()
    do = "host-signal"
if do == "request":
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    print("guest: waiting", flush=True)
    signal.sigwait([signal.SIGUSR1])
    print("guest: request", flush=True)
    do = "guest-shutdown"
if do == "bytes":
    # Like a serial port: byte by byte, and what finds no room is lost. There is no reader meanwhile.
    os.kill(os.getppid(), signal.SIGSTOP)
    os.set_blocking(1, False)
    try:
        for _ in range(4000):
            os.write(1, b"x")
    finally:
        os.kill(os.getppid(), signal.SIGCONT)
    do = "guest-shutdown"
if do.isdigit():
    sys.exit(int(do))
if do != "silence":
    say({"event": "SHUTDOWN", "data": {"guest": True, "reason": do}})
'''

GOOD = {"runs": [{"ok": True, "touch_before_accept": 0, "double_accepts": 0}]}


def read_archive(data):
    """{name: (mode, content)} of a newc archive."""
    members, at = {}, 0
    while True:
        assert data[at : at + 6] == b"070701", data[at : at + 6]
        fields = [int(data[at + 6 + 8 * i : at + 14 + 8 * i], 16) for i in range(13)]
        size, name_size = fields[6], fields[11]
        name = data[at + 110 : at + 110 + name_size - 1].decode()
        assert data[at + 110 + name_size - 1] == 0
        at += (110 + name_size + 3) // 4 * 4
        content = data[at : at + size]
        at += (size + 3) // 4 * 4
        if name == "TRAILER!!!":
            assert at == len(data)
            return members
        members[name] = (fields[1], content)


def efi_program(machine, size=65536):
    """The headers of a PE file for a processor; as large as a firmware."""
    data = bytearray(size)
    data[0:2] = b"MZ"
    data[0x3C] = 0x80
    data[0x80:0x86] = b"PE\0\0" + machine.to_bytes(2, "little")
    return bytes(data)


class VmTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.cache = self.make("cache/cvmem/vm/")
        for part in "guest", "linux":
            self.make(f"cache/cvmem/vm/{part}/.complete", b"")
        self.make("cache/cvmem/vm/guest/usr/bin/busybox", b"a shell" * 1001)
        fake = self.make("bin/qemu-system-x86_64", FAKE.encode())
        os.chmod(fake, 0o755)
        self.make("tmp/")
        self.note = self.path("note")
        self.kernel = self.make("kernel,a", efi_program(0x8664))
        self.environment = dict(
            os.environ,
            PATH=self.path("bin") + ":" + os.environ["PATH"],
            XDG_CACHE_HOME=self.path("cache"),
            TMPDIR=self.path("tmp"),
            CVMEM_MIRROR="file:/nonexistent",
            FAKE_NOTE=self.note,
            FAKE_VERSION="11.1.2 (Debian 1:11.1.2+ds-3)",
            FAKE_DO="guest-shutdown",
            FAKE_REPORT=json.dumps(GOOD),
        )

    def path(self, name):
        return os.path.join(self.folder, name)

    def make(self, name, content=None):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if content is not None:
            with open(path, "wb") as file:
                file.write(content)
        return path

    def vm(self, *arguments, **environment):
        return subprocess.run(
            [CVMEM, "vm", *arguments],
            env=dict(self.environment, **environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def arguments(self, *arguments):
        """What QEMU is given, for a machine that ends well."""
        done = self.vm("--quiet", *arguments)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        with open(self.note, encoding="utf-8") as file:
            return json.load(file)

    def values(self, given, option):
        return [given[i + 1] for i, word in enumerate(given) if word == option]

    def plugin(self, *arguments):
        (value,) = self.values(self.arguments("--kernel", self.kernel, *arguments), "-plugin")
        words = value.replace(",,", "\0").split(",")
        return dict(word.replace("\0", ",").split("=", 1) for word in words[1:]), words[0]

    def start(self, *arguments, **environment):
        process = subprocess.Popen(
            [CVMEM, "vm", "--quiet", "--kernel", self.kernel, *arguments],
            env=dict(self.environment, **environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        while process.stdout.readline() != "guest: waiting\n":
            self.assertIsNone(process.poll())
        return process


def main():
    """For the programs beside this one: usage: PROGRAM CVMEM [MAPS]."""
    del sys.argv[1:]
    unittest.main(verbosity=2)
