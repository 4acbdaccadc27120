# SPDX-License-Identifier: MIT
"""The systemd units of contrib/ under a real systemd, in a Debian that runs as a TD, and the
commands of docs/warm.md as they stand."""

import os
import re
import sys

import debian_root
from machine import expect
from warm_guest import find_json

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
sys.path.insert(0, os.path.join(ROOT, "scripts"))

import recipes  # noqa: E402

# Far beyond what the slowest of hosts needs to emulate it.
SECONDS = 3600
APPEND = "systemd.wants=cvmem-test.service systemd.mask=getty-static.service"
UNITS = ["cvmem-status.service", "cvmem-status.timer", "cvmem-warm.service"]
METRICS = "/var/lib/prometheus/node-exporter/cvmem.prom"

SERVICE = """[Unit]
After=local-fs.target
[Service]
Type=oneshot
TimeoutStartSec=infinity
ExecStart=/bin/sh /test.sh
"""

SCRIPT = f"""
exec >/dev/console 2>&1 </dev/null
begin() {{ echo; echo "=== $1"; }}
show() {{ systemctl show -p Result -p ExecMainStatus "$1"; }}
value() {{ systemctl show -p "$2" --value "$1"; }}
number() {{ sed -n "s/^$1:[^0-9]*\\([0-9]*\\).*/\\1/p" "/proc/$pid/status"; }}
metrics={METRICS}
ldconfig

begin verify
systemd-analyze verify --man=no {" ".join(UNITS)} && echo verified

begin metrics
systemctl enable --now cvmem-status.timer
until [ -s $metrics ] || systemctl is-failed -q cvmem-status.service; do sleep 0.2; done
journalctl -u cvmem-status.service --no-pager -o cat
stat -c 'file %U %a' $metrics
cat $metrics
while [ "$(value cvmem-status.service ActiveState)" = activating ]; do sleep 0.2; done
show cvmem-status.service

begin stopped
systemctl enable --now --no-block cvmem-warm.service
pid=0
until [ "$pid" -gt 1 ]; do pid=$(value cvmem-warm.service MainPID); done
until [ "$(number VmRSS)" -gt 65536 ] || [ ! -e "/proc/$pid" ]; do :; done
stat -c 'user %U %u' "/proc/$pid"
echo "held $(number VmRSS)"
systemctl kill -s TSTP cvmem-warm.service
until grep -q '^State:.T' "/proc/$pid/status" || [ ! -e "/proc/$pid" ]; do :; done
echo "stopped $(number VmRSS)"
cvmem status --json --sample 0
systemctl kill -s CONT cvmem-warm.service

begin warm
until [ "$(value cvmem-warm.service ActiveState)" = inactive ]; do sleep 0.2; done
show cvmem-warm.service
journalctl -u cvmem-warm.service --no-pager -o cat
cvmem status --json --sample 0

begin again
until grep -q '^cvmem_memory_unaccepted_bytes 0$' $metrics; do sleep 0.2; done
systemctl is-failed cvmem-status.service cvmem-status.timer cvmem-warm.service

begin documented
RECIPES

begin end
systemctl poweroff
"""


def documented():
    """Lines for the script that run what the documentation has for a guest."""
    found = [one.text for one in recipes.Recipes(ROOT).recipes if one.kind == "guest"]
    expect(found, "the documentation has no command for a guest")
    return found, "\n".join(f"{text}\necho 'status' $? of '{text}'" for text in found)


def read_unit(name):
    with open(os.path.join(ROOT, "contrib", name), encoding="utf-8") as file:
        return file.read()


def kib(part, word):
    line = re.search(rf"^{word} (\d+)$", part, re.MULTILINE)
    expect(line, f"no '{word}' in {part}")
    return int(line[1])


def unaccepted(metrics):
    line = re.search(r"^cvmem_memory_unaccepted_bytes (\d+)$", metrics, re.MULTILINE)
    expect(line, f"no metric of unaccepted memory: {metrics}")
    return int(line[1])


def systemd_units(machine):
    """Metrics are written for node-exporter, again and again; warm accepts all memory as a user of
    its own, and gives back what it holds before SIGTSTP stops it."""
    commands, lines = documented()
    files = {f"/usr/lib/systemd/system/{name}": read_unit(name) for name in UNITS}
    files["/test.sh"] = SCRIPT.replace("RECIPES", lines)
    files["/etc/systemd/system/cvmem-test.service"] = SERVICE
    done = debian_root.boot(machine, files, APPEND, "--vcpus", "2", "--accept-cost", "tdx", seconds=SECONDS)
    done.is_clean()
    parts = done.parts()
    expect("end" in parts, "the script has not come to its end")
    expect("verified" in parts["verify"], f"systemd-analyze: {parts['verify']}")

    metrics = parts["metrics"]
    expect("file root 644" in metrics, f"the file's owner: {metrics}")
    expect('cvmem_guest_info{platform="tdx"' in metrics, f"the metrics: {metrics}")
    expect(unaccepted(metrics) > 512 << 20, "nothing was left to accept")
    expect("Result=success\nExecMainStatus=0" in metrics, f"cvmem-status: {metrics}")

    stopped = parts["stopped"]
    expect(re.search(r"^user (cvmem-warm|UNKNOWN) 6\d{4}$", stopped, re.MULTILINE),
           f"not a dynamic user: {stopped}")
    held, left = kib(stopped, "held"), kib(stopped, "stopped")
    # A program that holds nothing takes 2 MiB or so for itself.
    expect(left < 16384 < held, f"it held {held} KiB, and stopped with {left} KiB")
    expect(find_json(stopped)["memory"]["unaccepted_bytes"] > 0, "it had nothing left to do")

    warm = parts["warm"]
    expect("Result=success\nExecMainStatus=0" in warm, f"cvmem-warm: {warm}")
    expect(find_json(warm)["memory"]["unaccepted_bytes"] == 0, "warm has left something")
    expect(done.run["unaccepted_bytes"] == 0, "the module has unaccepted memory")
    expect("failed" not in parts["again"].split(), f"a unit has failed: {parts['again']}")
    for text in commands:
        expect(f"status 0 of {text}" in parts["documented"], f"{text}: {parts['documented']}")


CASES = []
MORE = [systemd_units]
