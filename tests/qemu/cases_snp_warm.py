# SPDX-License-Identifier: MIT
"""`cvmem status` and `cvmem warm` in an SNP guest. The emulated RMP is the judge of what is
accepted."""

import warm_guest

SNP = ("--platform", "snp", "--accept-cost", "snp")
EVIDENCE = {"/sys/devices/system/cpu/sev/vmpl", "/dev/kmsg"}
# 640K to 1M: devices' in an ordinary machine, and nobody's here.
NOBODYS = 384 << 10


def warm(machine):
    warm_guest.beside_a_workload(machine, "snp", EVIDENCE, *SNP, beyond=NOBODYS)


CASES = []
MORE = [warm]
