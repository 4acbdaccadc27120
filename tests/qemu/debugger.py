# SPDX-License-Identifier: MIT
"""What looks into a machine from outside: QEMU's monitor, and GDB's protocol."""

import re
import socket
import time

from machine import expect

SECONDS = 60

# Registers by their numbers in GDB's description of x86-64.
RSP, RIP, EFLAGS, CS, SS = 7, 16, 17, 18, 19


def connect(path):
    """QEMU makes the socket when it starts."""
    deadline = time.monotonic() + SECONDS
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(SECONDS)
    while True:
        try:
            connection.connect(path)
            return connection
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


class Monitor:
    """Its text commands."""

    def __init__(self, path):
        self.connection = connect(path)
        self.answer()

    def answer(self):
        """Until the next prompt."""
        text = b""
        while not text.endswith(b"(qemu) "):
            chunk = self.connection.recv(65536)
            expect(chunk, "the monitor has gone")
            text += chunk
        return text.decode()

    def ask(self, command):
        self.connection.sendall(command.encode() + b"\n")
        return self.answer()

    def word(self, command, address):
        """x: by a vCPU's address; xp: by a guest-physical one."""
        said = self.ask(f"{command} /1gx 0x{address:x}")
        found = re.search(r": 0x([0-9a-f]{16})", said)
        expect(found, f"the monitor says {said}")
        return int(found.group(1), 16)

    def wait_for(self, address, size=64):
        """Until vCPU 0 is in that code: before its first instruction there is nothing to report."""
        while not address <= self.instruction_pointer() < address + size:
            time.sleep(0.05)

    def instruction_pointer(self):
        said = self.ask("info registers")
        found = re.search(r"[RE]IP=([0-9a-f]+)", said)
        expect(found, f"the monitor says {said}")
        return int(found.group(1), 16)


class Gdb:
    """The machine stops when it connects, and goes on when it leaves."""

    def __init__(self, path):
        self.connection = connect(path)

    def ask(self, packet):
        """Packets and answers are not longer than one read."""
        checksum = sum(packet.encode()) & 0xff
        self.connection.sendall(f"+${packet}#{checksum:02x}".encode())
        text = ""
        while not re.search(r"\$.*#..", text):
            chunk = self.connection.recv(65536)
            expect(chunk, "the debugger's server has gone")
            text += chunk.decode()
        return re.search(r"\$(.*)#..", text).group(1)

    def word(self, address):
        return int.from_bytes(bytes.fromhex(self.ask(f"m{address:x},8")), "little")

    def set_word(self, address, value):
        data = value.to_bytes(8, "little").hex()
        expect(self.ask(f"M{address:x},8:{data}") == "OK", "the word cannot be written")

    def run_to(self, address):
        """Until a vCPU is there."""
        expect(self.ask(f"Z0,{address:x},1") == "OK", "no breakpoint can be set")
        expect(self.ask("c").startswith("T05"), "the machine has not stopped there")
        expect(self.ask(f"z0,{address:x},1") == "OK", "the breakpoint stays")

    def register(self, number):
        return int.from_bytes(bytes.fromhex(self.ask(f"p{number:x}")), "little")

    def set_register(self, number, value):
        expect(self.ask(f"P{number:x}={value.to_bytes(8, 'little').hex()}") == "OK",
               "the register cannot be written")

    def argument(self, number):
        """Of the function that a vCPU has just been called in: RDI, RSI, RDX."""
        return self.register((5, 4, 3)[number])

    def run_to_caller(self):
        """From a function's first instruction until it has returned."""
        self.run_to(self.word(self.register(RSP)))

    def inject(self, entry, error):
        """An exception with an error code, as a host injects it: Intel SDM volume 3, 6.14.2. The
        stack is that of the interrupted code, and the gate masks nothing more."""
        rsp = self.register(RSP)
        frame = (error, self.register(RIP), self.register(CS) & 0xffff,
                 self.register(EFLAGS) & 0xffffffff, rsp, self.register(SS) & 0xffff)
        top = (rsp & -16) - 8 * len(frame)
        for i, value in enumerate(frame):
            self.set_word(top + 8 * i, value)
        self.set_register(RSP, top)
        self.set_register(RIP, entry)

    def leave(self):
        expect(self.ask("D") == "OK", "the machine cannot go on")
        self.connection.close()

    def kill(self):
        """Ends QEMU."""
        self.connection.sendall(b"$k#6b")
        self.connection.close()
