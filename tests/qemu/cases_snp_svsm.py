# SPDX-License-Identifier: GPL-2.0-or-later
"""SNP guests above VMPL 0, for which an SVSM validates memory and makes vCPUs."""

from machine import SHIM, SHORT, expect


def under_svsm(machine, *options, vmpl, vcpus=1):
    boot = machine.boot("--platform", "snp", "--vmpl", str(vmpl), "--vcpus", str(vcpus), *options)
    boot.is_clean()
    boot.says("Memory Encryption Features active: .*SEV-SNP", rf"Linux \S+, {vcpus} CPU")
    run = boot.run
    expect(boot.report["vmpl"] == vmpl, "the report's VMPL")
    accepts = run["accept_calls"]
    expect(accepts["4k"] + accepts["2m"] > 500, "little was validated")
    # 510 pages at most by a call, and a call for each vCPU.
    expect(run["svsm_calls"] * 510 > accepts["4k"] + accepts["2m"], "not by the SVSM")
    expect(run["svsm_calls"] <= run["exits"]["run_vmpl"], "calls without a VMGEXIT")
    expect(run["exits"]["ap_creation"] >= vcpus - 1, "not all vCPUs came by AP creation")
    return boot


def svsm(machine):
    boot = under_svsm(machine, *SHORT, vmpl=2)
    expect(boot.unaccepted and boot.unaccepted[0] > 1 << 30, "nothing was left unaccepted")


def svsm_four_vcpus(machine):
    """Their VMSAs are the SVSM's to make."""
    under_svsm(machine, *SHORT, vmpl=1, vcpus=4)


def svsm_host_4k(machine):
    """A list of the SVSM's breaks off at a size mismatch, and goes on with 4 KiB pages."""
    boot = under_svsm(machine, "--host-4k", *SHORT, vmpl=2)
    expect(boot.run["accept_calls"]["2m"] == 0, "a 2 MiB page was validated")
    expect(boot.run["fell_back"] > 500, "none was tried")


def svsm_without_vc(machine):
    under_svsm(machine, "--vc", "off", *SHORT, vmpl=3)


def svsm_shim(machine):
    """By this project's own firmware, which has the SVSM validate the kernel's memory."""
    boot = under_svsm(machine, *SHIM, *SHORT, vmpl=2, vcpus=2)
    boot.says("cvmem shim: accepted", "which an SVSM validates", "all as measured")
    expect(boot.unaccepted and boot.unaccepted[0] > 2 << 30, "nothing was left unaccepted")


CASES = [svsm, svsm_four_vcpus]
MORE = [svsm_shim, svsm_host_4k, svsm_without_vc]
