#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_monitoring.py CVMEM FOLDER

The alerts and the dashboard in FOLDER use metrics and labels that `cvmem status --prometheus` writes,
and no others. Where promtool is installed, each alert fires for the guests of alerts.yaml that it is
for, and for no other."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

CVMEM = FOLDER = None
ALERTS, DASHBOARD = "cvmem-alerts.yaml", "grafana-cvmem.json"
# Of node-exporter, and labels that Prometheus adds.
OTHERS = {"node_memory_MemAvailable_bytes", "node_textfile_mtime_seconds"}
ADDED = {"instance", "job"}


def read(name):
    with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
        return file.read()


def written():
    """{metric: its labels}, for a guest with all that can be written."""
    with tempfile.TemporaryDirectory() as root:
        node = root + "/sys/devices/system/node/node0"
        os.makedirs(node)
        os.mkdir(root + "/proc")
        with open(root + "/proc/meminfo", "w", encoding="ascii") as file:
            file.write("MemTotal: 9 kB\nMemFree: 9 kB\nMemAvailable: 9 kB\nUnaccepted: 4 kB\n")
        with open(node + "/meminfo", "w", encoding="ascii") as file:
            file.write("Node 0 MemTotal: 9 kB\nNode 0 Unaccepted: 4 kB\n")
        text = subprocess.run([CVMEM, "status", "--prometheus", "--sample", "0.01", "--root", root],
                              check=True, stdout=subprocess.PIPE, text=True).stdout
    return {name: set(re.findall(r'(\w+)="', labels))
            for name, labels in re.findall(r"(?m)^(\w+)(\{.*\})? \S+$", text)}


class Monitoring(unittest.TestCase):
    def check_expressions(self, text):
        known = written()
        used = set(re.findall(r"\b(?:cvmem|node)_\w+", text))
        self.assertGreater(len(used), 4)
        self.assertLessEqual(used - OTHERS, set(known))
        for name, labels in re.findall(r"\b(cvmem_\w+)\{([^}]*)\}", text):
            for label in re.findall(r"(\w+)=~?", labels):
                self.assertIn(label, known[name] | ADDED, name)
        return known

    def test_alerts(self):
        self.check_expressions(re.sub(r"(?m)^ *(#|summary|description|alert|- alert).*", "", read(ALERTS)))

    def test_dashboard(self):
        board = json.loads(read(DASHBOARD))
        panels = board["panels"]
        self.assertEqual(len({panel["id"] for panel in panels}), len(panels))
        expressions = [target["expr"] for panel in panels for target in panel["targets"]]
        queries = [one["query"]["query"] for one in board["templating"]["list"] if one["type"] == "query"]
        known = self.check_expressions("\n".join(expressions + queries))
        for panel in panels:
            for target in panel["targets"]:
                legend = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
                names = re.findall(r"cvmem_\w+", target["expr"])
                self.assertLessEqual(legend - ADDED, known[names[0]], target)
        places = [(at["x"] + x, at["y"] + y) for at in (panel["gridPos"] for panel in panels)
                  for x in range(at["w"]) for y in range(at["h"])]
        self.assertEqual(len(places), len(set(places)), "panels overlap")
        self.assertLess(max(x for x, _ in places), 24)

    @unittest.skipUnless(shutil.which("promtool"), "promtool is not installed")
    def test_promtool(self):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(os.path.join(FOLDER, ALERTS), folder)
            shutil.copy(os.path.join(os.path.dirname(os.path.abspath(__file__)), "alerts.yaml"), folder)
            for words in ["check", "rules", ALERTS], ["test", "rules", "alerts.yaml"]:
                done = subprocess.run(["promtool", *words], cwd=folder, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, text=True, check=False)
                self.assertEqual(done.returncode, 0, done.stdout)
            # Each alert is in the test.
            with open(os.path.join(folder, "alerts.yaml"), encoding="utf-8") as file:
                tested = set(re.findall(r'alertname="(\w+)"', file.read()))
            self.assertEqual(tested, set(re.findall(r"- alert: (\w+)", read(ALERTS))))


if __name__ == "__main__":
    CVMEM, FOLDER = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
