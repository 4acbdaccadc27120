#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints a recorded workload (docs/workload.md): [--summary] FILE.

One line for each operation, in the order of the machine: its sequence number, the CPU, alloc or
free, the id, the order. Written from the description of the format alone: the tests compare it
with boot/trace.c.
"""

import heapq
import struct
import sys

MIB = 1 << 20


def take_number(data):
    value = shift = 0
    for byte in data:
        value += (byte % 128) << shift
        shift += 7
        if byte < 128:
            return value
    raise ValueError("a number has no end")


def operations(stream, cpu, count):
    data = iter(stream)
    sequence = allocated = freed = -1
    for _ in range(count):
        head = next(data)
        sequence += take_number(data) + 2 if head & 2 else 1
        if head & 1:
            order = next(data) if head & 4 else 0
            distance = head // 16
            if distance == 15:
                distance += take_number(data)
            if head & 8:
                freed = allocated - distance
            elif distance % 2:
                freed -= (distance + 1) // 2
            else:
                freed += distance // 2
            yield sequence, cpu, "free", freed, order
        else:
            allocated += take_number(data) + 2 if head & 64 else 1
            yield sequence, cpu, "alloc", allocated, head // 4 % 16
    if next(data, None) is not None:
        raise ValueError("bytes after the last operation")


class Trace:
    def __init__(self, data):
        magic, version, self.cpus = struct.unpack_from("<8sII", data)
        if magic != b"CVMTRACE" or version != 1:
            raise ValueError("not a trace of version 1")
        (self.ops, self.ids, self.shell, self.kernel, self.initrd, self.early, self.memmap,
         self.ram, self.peak, self.end) = struct.unpack_from("<10Q", data, 16)
        streams = []
        for cpu in range(self.cpus):
            at, size, count = struct.unpack_from("<3Q", data, 96 + 24 * cpu)
            streams.append(operations(data[at : at + size], cpu, count))
        self.merged = heapq.merge(*streams)
        self.bytes = len(data)


def summary(trace):
    lines = [
        ("operations", f"{trace.ops:,}"),
        ("of which allocations", f"{trace.ids:,}"),
        ("operations up to the shell", f"{trace.shell:,}"),
        ("CPUs", f"{trace.cpus}"),
        ("RAM of the recorded machine", f"{trace.ram / MIB:.1f} MiB"),
        ("kernel", f"{trace.kernel / MIB:.1f} MiB"),
        ("initial file system", f"{trace.initrd / MIB:.1f} MiB"),
        ("page descriptors", f"{trace.memmap / MIB:.1f} MiB"),
        ("other early memory", f"{trace.early / MIB:.1f} MiB"),
        ("allocated at the peak", f"{trace.peak:,} pages ({trace.peak * 4096 / MIB:.1f} MiB)"),
        ("allocated at the end", f"{trace.end:,} pages ({trace.end * 4096 / MIB:.1f} MiB)"),
        ("file", f"{trace.bytes:,} bytes"),
    ]
    return [f"| {name} | {value} |" for name, value in lines]


def main():
    arguments = sys.argv[1:]
    short = arguments[:1] == ["--summary"]
    with open(arguments[-1], "rb") as file:
        trace = Trace(file.read())
    if short:
        print("\n".join(summary(trace)))
        return
    sys.stdout.writelines("%d %d %s %d %d\n" % op for op in trace.merged)


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:
        sys.exit(1)
    except (OSError, ValueError) as error:
        sys.exit(f"dump: {error}")
    except (RuntimeError, struct.error):  # next() found no byte, or unpack too few
        sys.exit("dump: the file is truncated")
