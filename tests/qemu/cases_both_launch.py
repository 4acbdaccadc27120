# SPDX-License-Identifier: MIT
"""The launch of a firmware's image, by the plugin and by a VMM over the model of KVM."""

import json
import os
import subprocess

import cases_snp_firmware
import cases_tdx_firmware
import tiny_firmware
from machine import expect


def launched(machine, firmware, profile, *options):
    """What `cvmem populate` measures: SEAMCALLs, or the commands of the SNP firmware, one by one."""
    path = machine.file("launch.json")
    subprocess.run([os.path.join(machine.build, "cvmem"), "populate", "--model", profile,
                    "--platform", machine.platform, "--firmware", firmware, f"--json={path}",
                    *options], check=True, stdout=subprocess.DEVNULL)
    with open(path, encoding="utf-8") as file:
        return json.load(file)["measurement"]


def launch_measurement(machine):
    """The plugin measures a machine's memory in QEMU's order; both are the same."""
    platform = {"tdx": cases_tdx_firmware.TDX, "snp": cases_snp_firmware.SNP}[machine.platform]
    vcpus = "--vcpus", {"tdx": "1", "snp": "3"}[machine.platform]
    boot = tiny_firmware.converted(machine, platform, *vcpus)
    firmware = tiny_firmware.Firmware(machine, platform, "converted").path
    measured = boot.report["mrtd"] if machine.platform == "tdx" else boot.run["measurement"]
    expect(len(measured) == 96 and any(bytes.fromhex(measured)), "nothing is measured")
    for profile in "linux", "seed":
        expect(launched(machine, firmware, profile, *vcpus) == measured, f"not as {profile} has it")
    with open(firmware, "rb") as file:
        image = bytearray(file.read())
    image[-0x800] ^= 1
    other = machine.file("other.fd")
    with open(other, "wb") as file:
        file.write(image)
    expect(launched(machine, other, "linux", *vcpus) != measured, "another image is the same")


CASES = [launch_measurement]
