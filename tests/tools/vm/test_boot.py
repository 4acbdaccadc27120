#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_boot.py CVMEM

A machine of `cvmem vm` from its files to its exit status: --exec, --timeout, what killed runs have
left."""

import fcntl
import json
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from fake_qemu import CVMEM, VmTest, main, read_archive  # noqa: E402

EVERY_BYTE = "".join(map(chr, range(256)))


class Exec(VmTest):
    def exec(self, *arguments, command="true", status="0", out="", err="", told=None,
             stdout=subprocess.PIPE, **environment):
        """(exit status, standard output, standard error) of a guest with these ports."""
        if told is None:
            told = f"\x1b[2Jfirmware\nram 4000000\nstatus {status}\n"
        ports = json.dumps({"1": told, "2": out, "3": err})
        done = subprocess.run(
            [CVMEM, "vm", "--exec", command, *arguments],
            env=dict(self.environment, FAKE_PORTS=ports, **environment),
            stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE, check=False)
        return (done.returncode, (done.stdout or b"").decode("latin-1"),
                done.stderr.decode("latin-1"))

    def test_output(self):
        """Byte by byte, and nothing else."""
        self.assertEqual(self.exec(out=EVERY_BYTE * 100, err="to err\n"),
                         (0, EVERY_BYTE * 100, "to err\n"))
        with open(self.note, encoding="utf-8") as file:
            given = json.load(file)
        (append,) = self.values(given, "-append")
        self.assertIn("cvmem_port=ttyS1", append.split())
        with open(self.note + ".initrd", "rb") as file:
            self.assertEqual(read_archive(file.read())["command"], (0o100644, b"true"))

    def test_realm(self):
        """The machine `virt` has one more serial port than the console; output is on others."""
        for part in "guest-arm64", "linux-arm64":
            self.make(f"cache/cvmem/vm/{part}/.complete", b"")
        self.make("cache/cvmem/vm/guest-arm64/usr/bin/busybox", b"a shell")
        os.symlink("qemu-system-x86_64", self.path("bin/qemu-system-aarch64"))
        self.assertEqual(self.exec("--platform", "cca", out=EVERY_BYTE * 100, err="to err\n",
                                   status="7"), (7, EVERY_BYTE * 100, "to err\n"))
        with open(self.note, encoding="utf-8") as file:
            given = json.load(file)
        (append,) = self.values(given, "-append")
        self.assertIn("cvmem_port=ttyAMA1", append.split())
        devices = self.values(given, "-device")
        self.assertEqual(devices[0], "virtio-serial-pci,disable-legacy=on,iommu_platform=on")
        self.assertEqual(devices[1:], [f"virtconsole,chardev=cvmem-port{n}" for n in (1, 2)])
        self.assertEqual(self.values(given, "-bios"), [])

    def test_firmware(self):
        """The one that starts the kernel soonest, where it can start it."""
        for words, name in (
            ([], "shim.rom"),
            (["--platform", "snp"], "shim.rom"),
            (["--platform", "snp", "--vmpl", "2"], "OVMF.fd"),
            (["--plain"], "OVMF.fd"),
            (["--firmware", self.kernel], os.path.basename(self.kernel)),
        ):
            status, _, _ = self.exec(*words)
            self.assertEqual(status, 0, words)
            with open(self.note, encoding="utf-8") as file:
                (firmware,) = self.values(json.load(file), "-bios")
            self.assertEqual(os.path.basename(firmware), name, words)

    def test_elf_kernel(self):
        """By fw_cfg: QEMU gives firmware no ELF file that -kernel names."""
        kernel = self.make("a,b.elf", b"\177ELF\2\1\1".ljust(18, b"\0") + b"\76\0")
        words = ["--firmware", "shim", "--kernel", kernel]
        given = self.arguments(*words, "--initrd", kernel, "--append", "a,b c")
        name, escaped = "name=opt/org.cvmem/", kernel.replace(",", ",,")
        self.assertEqual(self.values(given, "-fw_cfg"), [
            f"{name}kernel,file={escaped}", f"{name}cmdline,string=a,,b c", f"{name}initrd,file={escaped}"])
        for option in "-kernel", "-append", "-initrd":
            self.assertNotIn(option, given)
        given = self.arguments(*words, "--append", "")
        self.assertEqual(self.values(given, "-fw_cfg"), [f"{name}kernel,file={escaped}"])
        self.assertEqual(self.values(self.arguments("--firmware", "shim", "--kernel", self.kernel), "-fw_cfg"), [])

    def test_output_that_ends_early(self):
        """Who reads it has gone away."""
        process = subprocess.Popen(
            [CVMEM, "vm", "--exec", "yes"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(self.environment, FAKE_PORTS=json.dumps({"2": "y\n" * 20000})))
        process.stdout.close()
        self.assertNotEqual(process.wait(), 0)

    def test_output_on_full_disk(self):
        """That it is lost is not hidden by a command that ended well, and hides none that did
        not."""
        message = "cvmem vm: standard output: No space left on device\n"
        with open("/dev/full", "wb") as full:
            for command, status in ("0", 1), ("7", 7):
                self.assertEqual(self.exec(out="lost", status=command, stdout=full),
                                 (status, "", message))
            # The guest wrote nothing.
            self.assertEqual(self.exec(stdout=full), (0, "", ""))
            # The console.
            done = subprocess.run([CVMEM, "vm", "--quiet", "--kernel", self.kernel],
                                  env=self.environment, stdin=subprocess.DEVNULL, stdout=full,
                                  stderr=subprocess.PIPE, check=False, text=True)
        self.assertEqual((done.returncode, done.stderr), (1, message))

    def test_exit_status(self):
        for status in 1, 3, 124, 255:
            self.assertEqual(self.exec(status=str(status)), (status, "", ""))

    def test_no_exit_status(self):
        """The machine ended first."""
        for do, told, message in (
            ("guest-shutdown", "ram 4000000\n", "the machine ended before the command did"),
            ("guest-shutdown", "status 0", "the machine ended before the command did"),
            ("guest-reset", "", "reset the machine"),
            ("host-signal", "", "from outside"),
            ("silence", "", "before the guest did"),
            ("4", "", "the machine ended before the command did"),
        ):
            status, out, err = self.exec(out="half", told=told, FAKE_DO=do)
            self.assertEqual((status, out), (125, "half"), do)
            self.assertIn(message, err)
            self.assertIn("guest: running", err)

    def test_broken_rules(self):
        """They are not hidden by a command that ended well, and hide none that did not."""
        report = {"runs": [{"ok": True, "touch_before_accept": 1, "double_accepts": 0}]}
        for command, status in ("0", 1), ("7", 7):
            found, _, err = self.exec(status=command, FAKE_REPORT=json.dumps(report))
            self.assertEqual(found, status)
            self.assertIn("touched before it was accepted", err)

    def test_panic(self):
        """Linux resets the machine at a panic, and has said why."""
        out = self.path("report.json")
        console = "[    2.0] KKernel panic - not syncing: sysrq triggered crash\r\n"
        status, _, err = self.exec("--json", out, told="ram 4000000\n", FAKE_DO="guest-reset",
                                   FAKE_CONSOLE=console)
        self.assertEqual(status, 125)
        self.assertIn("cvmem vm: the guest panicked\n", err)
        self.assertIn("sysrq triggered crash", err)
        with open(out, encoding="utf-8") as file:
            run = json.load(file)["runs"][0]
        self.assertEqual((run["ok"], run["ended"]), (False, "panic"))

    def test_long_console(self):
        """Of which the end is shown."""
        console = "first\n" + "line\n" * 5000 + "last\n"
        _, _, err = self.exec(told="", FAKE_CONSOLE=console)
        self.assertIn("line\nlast\n", err)
        self.assertNotIn("first", err)

    def test_verbose(self):
        status, out, err = self.exec("--verbose", out="text")
        self.assertEqual((status, out), (0, "text"))
        for text in "guest: running", "TDX guest, 4 GiB, 1 vCPU", "powered-off after":
            self.assertIn(text, err)

    def test_usage(self):
        for words, message in (
            (["--exec", "true", "--kernel", "k", "--initrd", "i"], "initial file system"),
            (["--exec", "true", "--raw-console"], "--verbose"),
            (["--verbose"], "goes with --exec"),
            (["--exec", "true", "--shell"], "exclude each other"),
            (["--exec", "true", "--print-command"], "--print-command"),
            (["--update"], "goes with --setup"),
            (["--setup", "--update", "--remove"], "exclude each other"),
            (["--timeout", "soon"], "--timeout"),
            (["--timeout", "0"], "--timeout"),
        ):
            done = self.vm(*words)
            self.assertEqual(done.returncode, 64, words)
            self.assertIn(message, done.stderr)

    def test_missing_files(self):
        self.assertEqual(self.vm("--exec", "true", "--kernel", self.path("absent")).returncode, 125)

    def test_with_a_kernel_and_disks(self):
        status, _, _ = self.exec("--kernel", self.kernel, "--disk", self.kernel, "--append", "a b")
        self.assertEqual(status, 0)
        with open(self.note, encoding="utf-8") as file:
            given = json.load(file)
        self.assertEqual(self.values(given, "-kernel"), [self.kernel])
        self.assertEqual(self.values(given, "-append")[0].split()[-2:], ["a", "b"])


class Timeout(VmTest):
    def test_ended_in_order(self):
        """So that there is a report, of a QEMU that has come so far."""
        out = self.path("report.json")
        seconds = 0.5
        while not os.path.exists(out):
            done = self.vm("--quiet", "--kernel", self.kernel, "--timeout", str(seconds), "--json",
                           out, FAKE_DO="wait")
            self.assertEqual(done.returncode, 124)
            self.assertIn("had not ended after", done.stderr)
            seconds *= 2
        with open(out, encoding="utf-8") as file:
            run = json.load(file)["runs"][0]
        self.assertEqual((run["ok"], run["ended"]), (False, "timed-out"))

    def test_of_a_command(self):
        done = self.vm("--exec", "true", "--timeout", "0.1", FAKE_DO="wait")
        self.assertEqual(done.returncode, 124)

    def test_ended_before(self):
        self.assertEqual(self.vm("--kernel", self.kernel, "--timeout", "3600").returncode, 0)


class Expect(VmTest):
    """--expect: the one ending that is good."""

    ENDINGS = {
        "powered-off": {"FAKE_DO": "guest-shutdown"},
        "reset": {"FAKE_DO": "guest-reset"},
        "triple-fault": {"FAKE_DO": "guest-reset", "run": {"triple_fault": {"vcpu": 0}}},
        "panic": {"FAKE_DO": "guest-reset", "FAKE_CONSOLE": "Kernel panic - not syncing: why\n"},
        "violation": {"FAKE_DO": "4", "run": {"ok": False, "touch_before_accept": 1}},
        "fatal-error": {"FAKE_DO": "3", "run": {"ok": False}},
        "from-outside": {"FAKE_DO": "host-signal"},
        "qemu-failed": {"FAKE_DO": "9"},
    }

    def end(self, how, *arguments):
        """(exit status, ok, ended, standard error) of a machine that ends so."""
        out = self.path("report.json")
        changes = dict(how)
        run = dict({"ok": True, "touch_before_accept": 0, "double_accepts": 0},
                   **changes.pop("run", {}))
        done = self.vm("--quiet", "--kernel", self.kernel, "--json", out, *arguments,
                       FAKE_REPORT=json.dumps({"runs": [run]}), **changes)
        with open(out, encoding="utf-8") as file:
            run = json.load(file)["runs"][0]
        return done.returncode, run["ok"], run["ended"], done.stderr

    def test_each(self):
        for word, how in self.ENDINGS.items():
            for expected in self.ENDINGS:
                good = word == expected
                status, ok, ended, err = self.end(how, "--expect", expected)
                self.assertEqual((status, ok, ended), (0 if good else 1, good, word), expected)
                if good:
                    self.assertNotIn("cvmem vm:", err.replace("cvmem vm: QEMU ended with", ""))
                elif expected != "powered-off":
                    self.assertIn(f"has ended as '{word}', and was to end as '{expected}'", err)

    def test_rules(self):
        """An ending that is expected excuses nothing else."""
        for word, how in self.ENDINGS.items():
            for rule in "touch_before_accept", "double_accepts":
                run = dict(how.get("run", {}), **{rule: 1})
                good = word == "violation" and rule == "touch_before_accept"
                status, ok, _, _ = self.end(dict(how, run=run), "--expect", word)
                self.assertEqual((status, ok), (0 if good else 1, good), (word, rule))

    def test_attack(self):
        """A host that answers "already accepted" is no fault of a guest that ends for it."""
        attack = "--attack", "already-accepted@7"
        for word in "fatal-error", "panic":
            how = self.ENDINGS[word]
            how = dict(how, run=dict(how.get("run", {}), double_accepts=2))
            for words, good in ((*attack, "--expect", word), True), (("--expect", word), False), (
                    ("--attack", "busy", "--expect", word), False), (attack, False):
                status, ok, _, err = self.end(how, *words)
                self.assertEqual((status, ok), (0 if good else 1, good), (word, words))
                self.assertEqual("memory was accepted twice" in err, not good)
        how = {"FAKE_DO": "guest-shutdown", "run": {"double_accepts": 2}}
        self.assertEqual(self.end(how, *attack)[:2], (1, False))

    def test_time(self):
        """Also of a panic that does not end the machine."""
        for console, word in ("", "timed-out"), ("Kernel panic - not syncing: why\n", "panic"):
            how = {"FAKE_DO": "wait", "FAKE_CONSOLE": console}
            seconds = 0.5
            while True:
                words = "--timeout", str(seconds)
                status, ok, ended, err = self.end(how, *words)
                expected = self.end(how, *words, "--expect", word)
                if "the plugin has left no report" not in err + expected[3]:
                    break
                seconds *= 2
            self.assertEqual((status, ok, ended), (124, False, word))
            self.assertIn("had not ended after", err)
            self.assertEqual(expected[:2], (0, True))

    def test_of_a_command(self):
        """Which it may have ended."""
        done = self.vm("--exec", "true", "--expect", "reset", FAKE_DO="guest-reset")
        self.assertEqual(done.returncode, 0)
        done = self.vm("--exec", "true", "--expect", "reset", FAKE_DO="guest-panic")
        self.assertEqual(done.returncode, 125)

    def test_killed(self):
        """By the third signal, which is ours, or by others."""
        process = self.start("--json", self.path("a.json"), FAKE_DO="stubborn")
        process.terminate()
        while process.stdout.readline() != "guest: stopping\n":
            pass
        process.terminate()
        while process.stdout.readline() != "guest: still here\n":
            pass
        process.terminate()
        process.communicate()
        with open(self.path("a.json"), encoding="utf-8") as file:
            self.assertEqual(json.load(file)["runs"][0]["ended"], "from-outside")
        self.assertEqual(self.vm("--expect", "crash").returncode, 64)


class Silence(VmTest):
    """Of a machine that had to be ended."""

    SILENCE = (r"cvmem vm: (nothing on the console for [1-9]\d* s|the console was written to until "
               r"the end); ")

    def test_last_accept(self):
        last = {"phase": "kernel", "rip": 0xffffffff81234567, "ms_ago": 4400}
        report = {"runs": [{"ok": True, "touch_before_accept": 0, "double_accepts": 0,
                            "last_accept": last}]}
        done = self.vm("--kernel", self.kernel, FAKE_DO="host-signal",
                       FAKE_REPORT=json.dumps(report))
        self.assertRegex(done.stderr, self.SILENCE + r"the last accept was by the kernel, "
                                                      r"at RIP 0xffffffff81234567, 4 s before the end")

    def test_no_accept(self):
        done = self.vm("--kernel", self.kernel, FAKE_DO="host-signal")
        self.assertRegex(done.stderr, self.SILENCE + "no accept is known")
        for words, do in (["--quiet"], "host-signal"), ([], "guest-shutdown"):
            done = self.vm("--kernel", self.kernel, *words, FAKE_DO=do)
            self.assertNotRegex(done.stderr, self.SILENCE)

    def test_until_it_is_ended(self):
        """What QEMU says when it is told to end, and its end, are nothing of the guest's."""
        seconds, said = 2, None
        while not said and seconds < 100:
            done = self.vm("--kernel", self.kernel, "--timeout", str(seconds), FAKE_DO="wait")
            self.assertNotIn("for 0 s", done.stderr)
            said = re.search(r"nothing on the console for (\d+) s; ", done.stderr)
            seconds *= 2
        self.assertLess(int(said[1]), seconds)


class PrintCommand(VmTest):
    NOTE_WORDS = "#!/bin/sh\nprintf '%s\\0' \"$@\" >\"$FAKE_NOTE\"\n"

    def pasted(self, text):
        """What QEMU is given by a shell."""
        fake = self.make("bin2/qemu-system-x86_64", self.NOTE_WORDS.encode())
        os.chmod(fake, 0o755)
        subprocess.run(["sh", "-c", text], check=True,
                       env=dict(self.environment, PATH=self.path("bin2") + ":" + os.environ["PATH"]))
        with open(self.note, encoding="utf-8") as file:
            return file.read().split("\0")[:-1]

    def test_pasted(self):
        """The same machine, without what connects it to this command."""
        words = ["--kernel", self.kernel, "--append", "it's \"$HOME\" \\ `a`;", "--vcpus", "3"]
        ran = self.arguments(*words)
        done = self.vm("--print-command", *words)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        pasted = self.pasted(done.stdout)
        at = ran.index("-plugin")
        self.assertEqual(pasted[:at], ran[:at])
        self.assertEqual(pasted[at + 1], ran[at + 1].partition(",report=")[0])
        self.assertEqual(len(pasted), at + 2)

    def test_files_stay(self):
        pasted = self.pasted(self.vm("--print-command", "--json", self.path("report")).stdout)
        with open(self.values(pasted, "-initrd")[0], "rb") as file:
            self.assertIn("init", read_archive(file.read()))
        self.assertIn(",report=" + self.path("report"), self.values(pasted, "-plugin")[0])
        self.assertEqual(os.listdir(self.path("tmp")), [])


class Shell(VmTest):
    def test_shell(self):
        (append,) = self.values(self.arguments("--shell", "--append", "cvmem_fill=9"), "-append")
        words = append.split()
        self.assertIn("cvmem_shell=1", words)
        self.assertLess(words.index("cvmem_fill=0"), words.index("cvmem_fill=9"))


class Leftovers(VmTest):
    def test_swept(self):
        """But none that a run still has, and nothing else."""
        folder = os.path.relpath(self.cache, self.folder)
        left = self.make(f"{folder}/initrd.aB3dE6", b"left")
        used = self.make(f"{folder}/initrd.aB3dE7", b"used")
        other = self.make(f"{folder}/initrd.keep-this", b"other")
        with open(used, encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            self.assertEqual(self.vm().returncode, 0)
            self.assertEqual([os.path.exists(path) for path in (left, used, other)],
                             [False, True, True])
        self.assertEqual(self.vm().returncode, 0)
        self.assertFalse(os.path.exists(used))

    def test_locked_while_it_runs(self):
        process = self.start("--demo", FAKE_DO="wait")
        initrds = lambda: [name for name in os.listdir(self.cache) if name.startswith("initrd.")]
        (mine,) = initrds()
        self.assertEqual(self.vm().returncode, 0)
        self.assertEqual(initrds(), [mine])
        process.terminate()
        process.communicate()
        self.assertEqual(initrds(), [])


if __name__ == "__main__":
    main()
