#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_cmd.py CVMEM MAPS

The command line of `cvmem vm`, and its verdict on the end of a machine."""

import json
import os
import pty
import re
import resource
import shutil
import stat
import signal
import subprocess
import sys
import termios
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from fake_qemu import CVMEM, GOOD, VmTest, main, read_archive  # noqa: E402


class Vm(VmTest):
    def test_usage_errors(self):
        for words, message in (
            (["--memory", "100M"], "from 256M to 8T"),
            (["--memory", "300000K"], "multiple of 1M"),
            (["--vcpus", "0"], "a number from 1 to 64"),
            (["--nodes", "9"], "a number from 1 to 8"),
            (["--nodes", "3", "--memory", "256M"], "each of 3 nodes needs 128M"),
            (["--hot-add", "100M"], "multiple of 128M"),
            (["--hot-add", "1G", "--print-command"], "--print-command runs none"),
            (["--hot-add", "1G", "--raw-console", "--kernel", "/dev/null"], "the kernel's first line"),
            (["--gpa-width", "51"], "48, 52, 53"),
            (["--policy", "lasy"], "lazy, eager"),
            (["--violation", "panic"], "stop, ve, vc, sea, log"),
            (["--violation", "vc"], "vc is not of --platform tdx"),
            (["--platform", "snp", "--violation", "ve"], "ve is not of --platform snp"),
            (["--platform", "sev"], "tdx, snp, cca"),
            (["--violation", "sea"], "sea is not of --platform tdx"),
            (["--platform", "cca", "--violation", "ve"], "ve is not of --platform cca"),
            (["--platform", "cca", "--firmware", "shim"], "no firmware"),
            (["--platform", "cca", "--disk", "d"], "boots from no disk"),
            (["--platform", "cca", "--policy", "lazy"], "lazily in a Realm"),
            (["--platform", "cca", "--vc", "off"], "goes with --platform snp"),
            (["--platform", "cca", "--forget-accept", "1"], "--forget-accept goes with"),
            (["--platform", "cca", "--attack", "remove"], "one that --attack list names"),
            (["--platform", "cca", "--cpu", "cortex-a57"], "max, neoverse-v3"),
            (["--cpu", "max"], "goes with --platform cca"),
            (["--ripas", "all"], "goes with --platform cca"),
            (["--attack", "stall"], "one that --attack list names"),
            (["--c-bit", "50"], "47, 51"),
            (["--c-bit", "51"], "goes with --platform snp"),
            (["--vmpl", "2"], "goes with --platform snp"),
            (["--platform", "snp", "--vmpl", "4"], "0, 1, 2, 3"),
            (["--vc", "off"], "goes with --platform snp"),
            (["--platform", "snp", "--vc", "some"], "on, off, all"),
            (["--platform", "snp", "--ve", "off"], "goes with --platform tdx"),
            (["--ve", "no"], "on, off"),
            (["--platform", "snp", "--gpa-width", "52"], "goes with --platform tdx"),
            (["--platform", "snp", "--attack", "busy"], "one that --attack list names"),
            (["--accept-cost", "cheap"], "tdx-early"),
            (["--initrd", "x"], "--initrd goes with --kernel"),
            (["--kernel", "k", "--initrd", "x", "--demo"], "--initrd and --demo"),
            (["--disk", "d", "--append", "x"], "loader's configuration"),
            (["--disk", "d", "--policy", "lazy"], "loader's configuration"),
            (["--json", "-"], "name a file"),
            (["--plain", "--json", "x"], "--plain"),
            (["--plain", "--attack", "remove"], "--plain"),
            (["--attack", "remov"], "--attack list"),
            (["--attack", "remove@0"], "--attack list"),
            (["--attack", "remove@x"], "--attack list"),
            (["--plain", "--trace", "x"], "--plain"),
            (["--plain", "--symbols", "x"], "--plain"),
            (["--plain", "--report", "x"], "--plain"),
            (["--print-command", "--report", "x"], "--print-command"),
            (["--report", "-"], "name a file"),
            (["--symbols", "x"], "give --json"),
            (["--trace", "-"], "name a file"),
            (["--json", "x", "--trace", "x"], "--json and --trace: two files"),
            (["--trace", "x", "--report", "x"], "--trace and --report: two files"),
            (["--report", "x", "--json", "x"], "--report and --json: two files"),
            (["--forget-accept", "0"], "counts from 1"),
            (["kernel"], "go after --"),
            ([word for i in range(9) for word in ("--disk", "d")], "8 are the limit"),
        ):
            done = self.vm(*words)
            self.assertEqual(done.returncode, 64, words)
            self.assertIn(message, done.stderr)
        self.assertFalse(os.path.exists(self.note))

    def test_folders_and_outputs(self):
        """Said before the machine starts, which would be for nothing."""
        for option in "--kernel", "--disk", "--firmware", "--json", "--report", "--trace":
            done = self.vm("--kernel", self.kernel, option, self.folder)
            self.assertEqual(done.returncode, 1, option)
            self.assertIn(self.folder + ": Is a directory", done.stderr)
        for option in "--json", "--report", "--trace":
            done = self.vm("--kernel", self.kernel, option, self.path("absent/x"))
            self.assertEqual(done.returncode, 1)
            self.assertIn(self.path("absent/x") + ": No such file or directory", done.stderr)
        self.assertFalse(os.path.exists(self.note))

    def test_missing_files(self):
        for option in "--kernel", "--disk", "--firmware":
            done = self.vm(option, self.path("absent"))
            self.assertEqual(done.returncode, 1)
            self.assertIn(self.path("absent") + ": No such file", done.stderr)
        done = self.vm("--json", "x", "--symbols", self.path("absent"))
        self.assertIn(self.path("absent") + ": No such file", done.stderr)
        self.assertFalse(os.path.exists(self.note))

    def test_machine(self):
        given = self.arguments(
            *("--kernel", self.kernel, "--initrd", self.kernel, "--memory", "6G"),
            *("--vcpus", "4", "--", "-device", "pvpanic", "--kernel"),
        )
        self.assertEqual(self.values(given, "-kernel"), [self.kernel])
        self.assertEqual(self.values(given, "-initrd"), [self.kernel])
        self.assertEqual(self.values(given, "-append"), ["console=ttyS0"])
        self.assertEqual(self.values(given, "-m"), ["6144M"])
        self.assertIn("memory-backend-ram,id=ram,size=6144M,reserve=off", given)
        self.assertEqual(self.values(given, "-smp"), ["4"])
        self.assertEqual(
            self.values(given, "-bios"), [os.path.join(self.cache, "guest/usr/share/ovmf/OVMF.fd")]
        )
        self.assertIn("-no-reboot", given)
        at = given.index("pvpanic")
        self.assertEqual(given[at - 1 : at + 2], ["-device", "pvpanic", "--kernel"])
        self.assertEqual(
            self.values(self.arguments("--kernel", self.kernel, "--firmware", self.kernel), "-bios"),
            [self.kernel],
        )

    def test_nodes(self):
        given = self.arguments("--kernel", self.kernel, "--memory", "1025M", "--vcpus", "4",
                               "--nodes", "2")
        self.assertEqual(self.values(given, "-smp"), ["4,sockets=2"])
        self.assertEqual(self.values(given, "-numa"), ["node,nodeid=0,memdev=ram0,cpus=0-1",
                                                       "node,nodeid=1,memdev=ram1,cpus=2-3"])
        self.assertIn("memory-backend-ram,id=ram0,size=512M,reserve=off", given)
        self.assertIn("memory-backend-ram,id=ram1,size=513M,reserve=off", given)
        self.assertNotIn("memory-backend=ram", given)
        # More nodes than vCPUs.
        given = self.arguments("--kernel", self.kernel, "--nodes", "2")
        self.assertEqual(self.values(given, "-numa"), ["node,nodeid=0,memdev=ram0",
                                                       "node,nodeid=1,memdev=ram1,cpus=0-0"])

    def plug(self, do, console):
        """What is said of it, and QEMU's commands."""
        done = subprocess.run(
            [CVMEM, "vm", "--kernel", self.kernel, "--hot-add", "256M"], check=False,
            env=dict(self.environment, FAKE_DO=do, FAKE_CONSOLE=console), stdin=subprocess.DEVNULL,
            capture_output=True, text=True)
        with open(self.note + ".qmp", encoding="utf-8") as file:
            commands = [json.loads(line) for line in file]
        return done.stderr, commands

    def test_hot_add(self):
        """As soon as the kernel has printed a line."""
        said, (backend, device) = self.plug("plug", "firmware\n[    0.000000] Linux version 7.2\n")
        self.assertEqual(backend["arguments"]["size"], 256 << 20)
        self.assertEqual((device["execute"], device["arguments"]["driver"],
                          device["arguments"]["memdev"]),
                         ("device_add", "pc-dimm", backend["arguments"]["id"]))
        self.assertNotIn("QEMU:", said)
        with open(self.note, encoding="utf-8") as file:
            given = json.load(file)
        self.assertEqual(self.values(given, "-m"), ["4096M,slots=1,maxmem=4352M"])
        self.assertEqual(self.values(given, "-append"),
                         ["console=ttyS0 memhp_default_state=online"])
        said, _ = self.plug("no-plug", "[    0.000000] Linux version 7.2\n")
        self.assertIn("cvmem vm: QEMU: no slot", said)

    def test_kernel_command_line(self):
        for words, append in (
            (["--append", "a b"], "a b"),
            (["--policy", "eager"], "console=ttyS0 accept_memory=eager"),
            (["--policy", "lazy", "--append", "a"], "a accept_memory=lazy"),
        ):
            given = self.arguments("--kernel", self.kernel, *words)
            self.assertEqual(self.values(given, "-append"), [append])

    def test_disks(self):
        raw = self.make("disk,1", bytes(510) + b"\x55\xaa")
        qcow2 = self.make("disk2", b"QFI\xfb" + b"\0" * 100)
        given = self.arguments("--disk", raw, "--disk", qcow2)
        self.assertEqual(
            self.values(given, "-drive"),
            [
                "if=none,id=disk0,format=raw,file=" + raw.replace(",", ",,"),
                "if=none,id=disk1,format=qcow2,file=" + qcow2,
            ],
        )
        for i, device in enumerate(self.values(given, "-device")):
            words = device.split(",")
            self.assertEqual(words[0], "virtio-blk-pci")
            for word in f"drive=disk{i}", f"bootindex={i + 1}", "iommu_platform=on":
                self.assertIn(word, words)
        for absent in "-kernel", "-initrd", "-append":
            self.assertNotIn(absent, given)

    def test_plugin_arguments(self):
        given, _ = self.plugin()
        self.assertEqual(
            {k: v for k, v in given.items() if k not in ("report", "firmware")},
            {"platform": "tdx", "gpa_width": "52", "ve": "on", "violation": "stop",
             "accept_ns_per_4k": "0", "host_4k_only": "off"},
        )
        given, library = self.plugin(
            *("--gpa-width", "48", "--ve", "off", "--violation", "ve"),
            *("--accept-cost", "tdx", "--host-4k"),
            *("--firmware", self.kernel, "--attack", "remove@7", "--forget-accept", "30"),
        )
        self.assertEqual(os.path.basename(library), "cvmem.so")
        self.assertEqual(
            {k: v for k, v in given.items() if k != "report"},
            {
                "platform": "tdx",
                "gpa_width": "48",
                "ve": "off",
                "violation": "ve",
                "accept_ns_per_4k": "2500",
                "host_4k_only": "on",
                "attack": "remove@7",
                "forget_accept": "30",
                "firmware": self.kernel,
            },
        )
        given, _ = self.plugin(
            *("--json", self.path("a,b"), "--symbols", self.kernel, "--trace", self.path("t,r"))
        )
        self.assertEqual(given["report_now"], self.path("a,b"))
        self.assertNotEqual(given["report"], self.path("a,b"))
        self.assertEqual((given["symbols"], given["trace"]), (self.kernel, self.path("t,r")))
        self.assertEqual(os.listdir(self.path("tmp")), [])
        self.assertNotIn("-plugin", self.arguments("--kernel", self.kernel, "--plain"))

    def test_snp(self):
        given, _ = self.plugin("--platform", "snp", "--attack", "remap@3")
        self.assertEqual(
            {k: v for k, v in given.items() if k not in ("report", "firmware")},
            {
                "platform": "snp",
                "c_bit": "51",
                "vc": "on",
                "vmpl": "0",
                "violation": "stop",
                "accept_ns_per_4k": "0",
                "host_4k_only": "off",
                "attack": "remap@3",
            },
        )
        given, _ = self.plugin("--violation", "vc", "--vc", "off", "--c-bit", "47", "--vmpl", "2",
                               "--platform", "snp")
        self.assertEqual([given[key] for key in ("violation", "vc", "c_bit", "vmpl")],
                         ["vc", "off", "47", "2"])
        given, _ = self.plugin("--platform", "snp", "--vc", "all")
        self.assertEqual(given["vc"], "all")
        for bit, width in ("51", "phys-bits=52"), ("47", "phys-bits=48"):
            words = self.arguments("--platform", "snp", "--c-bit", bit, "--kernel", self.kernel)
            (cpu,) = self.values(words, "-cpu")
            self.assertIn("vendor=AuthenticAMD", cpu.split(","))
            self.assertIn(width, cpu.split(","))

    def test_demonstration(self):
        given = self.arguments("--append", "cvmem_fill=5", "--policy", "eager")
        self.assertEqual(self.values(given, "-kernel"), [os.path.join(self.cache, "linux/vmlinuz")])
        words = self.values(given, "-append")[0].split()
        for word in "console=ttyS0", "cvmem_fill=5", "accept_memory=eager":
            self.assertIn(word, words)
        with open(self.note + ".initrd", "rb") as file:
            members = read_archive(file.read())
        self.assertEqual(members["bin/busybox"], (0o100755, b"a shell" * 1001))
        self.assertEqual(members["bin/sh"], (0o120777, b"busybox"))
        self.assertEqual(members["bin"], (0o040755, b""))
        self.assertEqual(members["init"][0], 0o100755)
        self.assertTrue(members["init"][1].startswith(b"#!/bin/sh\n"))
        self.assertEqual(sorted(os.listdir(self.cache)), ["guest", "linux"])
        given = self.arguments("--demo", "--kernel", self.kernel, "--disk", self.kernel)
        self.assertEqual(self.values(given, "-kernel"), [self.kernel])
        self.assertEqual(len(self.values(given, "-initrd")), 1)
        self.assertEqual(len(self.values(given, "-drive")), 1)

    def test_ends(self):
        for do, status, message in (
            ("guest-shutdown", 0, ""),
            ("guest-reset", 1, "reset the machine"),
            ("guest-panic", 1, "panicked"),
            ("host-qmp-quit", 1, "from outside"),
            ("silence", 1, "before the guest did"),
            ("7", 1, "QEMU ended with status 7"),
        ):
            for plain in [], ["--plain"]:
                done = self.vm("--kernel", self.kernel, *plain, FAKE_DO=do)
                self.assertEqual(done.returncode, status, (do, done.stderr))
                self.assertIn(message, done.stderr)
                self.assertIn("guest: running\n", done.stdout)

    def test_plugin_stops(self):
        """It has said why."""
        for status in "3", "4", "5":
            done = self.vm("--quiet", "--kernel", self.kernel, FAKE_DO=status)
            self.assertEqual((done.returncode, done.stderr), (1, ""))

    def test_attack_list(self):
        done = self.vm("--attack", "list")
        self.assertEqual(done.returncode, 0)
        self.assertIn("already-accepted ", done.stdout)

    def test_report(self):
        json_file = self.path("out/report.json")
        vm = lambda **e: self.vm("--quiet", "--kernel", self.kernel, "--json", json_file, **e)
        done = vm()
        self.assertEqual(done.returncode, 1)
        self.assertIn(self.path("out/report.json"), done.stderr)
        self.make("out/")
        self.assertEqual(vm().returncode, 0)
        for change, message in (
            ({"touch_before_accept": 3}, "cvmem vm: memory was touched before it was accepted\n"),
            ({"double_accepts": 1}, "cvmem vm: memory was accepted twice\n"),
            ({"ok": False, "stopped": "why"}, ""),
        ):
            report = {"runs": [dict(GOOD["runs"][0], **change)]}
            done = vm(FAKE_REPORT=json.dumps(report))
            self.assertEqual((done.returncode, done.stderr), (1, message))
            report["runs"][0].update(ok=False, ended="powered-off", expected="powered-off")
            with open(json_file, encoding="utf-8") as file:
                self.assertEqual(json.load(file), report)
        for broken in "", '{"runs": [', '{"runs": []}', "{}":
            done = vm(FAKE_REPORT=broken)
            self.assertEqual(done.returncode, 1)
            self.assertIn("the plugin has left no report", done.stderr)
            with open(json_file, encoding="utf-8") as file:
                self.assertEqual(json.load(file)["runs"], [
                    {"ok": False, "ended": "powered-off", "expected": "powered-off"}])
        self.assertEqual(os.listdir(self.path("out")), ["report.json"])
        self.assertEqual(os.stat(json_file).st_mode & 0o777, 0o666 & ~self.umask())

    def test_report_to_what_is_no_file(self):
        """A pipe and a device get the report, and are still there afterwards."""
        pipe, link, target = (self.path(name) for name in ("pipe", "link", "target"))
        os.mkfifo(pipe)
        os.symlink(target, link)
        with open(target, "w", encoding="ascii") as file:
            file.write("old")
        for path in pipe, link:
            # Open for both, so that nobody waits for the other.
            end = os.open(pipe, os.O_RDWR)
            done = self.vm("--quiet", "--kernel", self.kernel, "--json", path)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            text = os.read(end, 1 << 16) if path == pipe else open(target, "rb").read()
            os.close(end)
            self.assertEqual(json.loads(text)["runs"][0]["ended"], "powered-off")
        self.assertTrue(stat.S_ISFIFO(os.lstat(pipe).st_mode) and os.path.islink(link))
        os.symlink("/dev/full", self.path("full"))
        done = self.vm("--quiet", "--kernel", self.kernel, "--json", self.path("full"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("No space left", done.stderr)

    def vm_with_room(self, size, **environment):
        """No file may grow beyond the size: what is written then fails, as on a full disk."""
        return subprocess.run(
            [CVMEM, "vm", "--quiet", "--kernel", self.kernel, "--json", self.path("out/x.json")],
            env=dict(self.environment, FAKE_NOTE="/dev/null", **environment),
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
            # SIGXFSZ stays ignored, as Python has it.
            restore_signals=False, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            check=False)

    def test_report_on_full_disk(self):
        """The old file stays, and so does what the plugin has written."""
        old = self.make("out/x.json", b"old")
        whole = json.dumps(GOOD) + " " * 10000
        done = self.vm_with_room(len(whole) + 10, FAKE_REPORT=whole)
        self.assertEqual(done.returncode, 1, done)
        self.assertIn(f"cvmem vm: {old}: File too large\n", done.stderr)
        left = re.search(r"cvmem vm: (\S+): the report, without how", done.stderr)[1]
        with open(left, encoding="ascii") as file:
            self.assertEqual(json.load(file), GOOD)
        os.unlink(left)
        # There is none of the plugin's, and no room for the verdict alone.
        done = self.vm_with_room(20, FAKE_REPORT="")
        self.assertEqual(done.returncode, 1, done)
        self.assertIn(f"cvmem vm: {old}: File too large\n", done.stderr)
        self.assertEqual(os.listdir(self.path("out")), ["x.json"])
        with open(old, "rb") as file:
            self.assertEqual(file.read(), b"old")

    @staticmethod
    def umask():
        mask = os.umask(0)
        os.umask(mask)
        return mask

    def test_signals(self):
        for number in signal.SIGTERM, signal.SIGINT, signal.SIGHUP:
            process = self.start(FAKE_DO="wait")
            process.send_signal(number)
            out, err = process.communicate(timeout=600)
            self.assertIn("guest: stopping", out)
            self.assertIn("from outside", err)
            self.assertEqual(process.returncode, 1)
        process = self.start(FAKE_DO="stubborn")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.stdout.readline(), "guest: stopping\n")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.stdout.readline(), "guest: still here\n")
        process.send_signal(signal.SIGTERM)
        self.assertIn("killed by signal 9", process.communicate(timeout=600)[1])

    def test_request(self):
        """SIGUSR1 goes to QEMU, and ends nothing that does not wait for it."""
        process = self.start(FAKE_DO="request")
        process.send_signal(signal.SIGUSR1)
        out, err = process.communicate(timeout=600)
        self.assertIn("guest: request", out)
        self.assertEqual((process.returncode, err), (0, ""))
        process = self.start(FAKE_DO="wait")
        process.send_signal(signal.SIGUSR1)
        process.send_signal(signal.SIGTERM)
        self.assertIn("guest: stopping", process.communicate(timeout=600)[0])

    def test_dies_with_the_command(self):
        process = self.start("--raw-console", FAKE_DO="wait")
        process.kill()
        # The pipe ends when the last process that holds it has ended.
        self.assertIn("guest: stopping", process.communicate(timeout=600)[0])

    def test_terminal_is_restored(self):
        master, slave = pty.openpty()
        before = termios.tcgetattr(slave)
        done = subprocess.run(
            [CVMEM, "vm", "--kernel", self.kernel],
            env=dict(self.environment, FAKE_DO="raw"),
            stdin=slave,
            capture_output=True,
            check=False,
        )
        self.assertIn(b"killed by signal 9", done.stderr)
        self.assertEqual(termios.tcgetattr(slave), before)
        os.close(master)
        os.close(slave)

    @unittest.skipUnless(shutil.which("apt-get"), "there is no apt-get")
    def test_qemu_too_old(self):
        """Then one is fetched; here that fails, and nothing is booted."""
        nowhere = {"CVMEM_MIRROR": "file:/nonexistent", "CVMEM_KEYRING": self.kernel}
        for version in "11.0.9", "9.2.0 (v9.2.0)", "7.2.22", "none":
            done = self.vm("--kernel", self.kernel, FAKE_VERSION=version, **nowhere)
            self.assertEqual(done.returncode, 1)
            self.assertIn("cvmem: fetching from Debian, by apt: QEMU", done.stderr)
        self.assertFalse(os.path.exists(self.note))
        for version in "11.1.0", "11.2.1", "12.0.0":
            self.assertEqual(self.vm("--kernel", self.kernel, FAKE_VERSION=version).returncode, 0)


if __name__ == "__main__":
    main()
