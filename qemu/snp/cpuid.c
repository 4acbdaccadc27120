/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/host/devices.h"
#include "qemu/snp/sev_cpuid.h"
#include "qemu/host/x86/machine.h"
#include "qemu/snp/snp.h"

/* SEV shortens physical addresses by one bit, the C-bit itself. */
#define REDUCTION 1

void snp_cpuid(unsigned vcpu, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
	struct cpuid_regs regs;

	qemu_cpuid(vcpu, leaf, subleaf, out);
	regs = (struct cpuid_regs){ out[0], out[1], out[2], out[3] };
	snp_cpuid_adjust(leaf, snp.c_bit, REDUCTION, &regs);
	/* With MONITOR, firmware would let vCPUs wait by MWAIT in a state in which a #VC has no
	 * handler. */
	if (snp.vc)
		snp_cpuid_as_kvm(leaf, &regs);
	out[0] = regs.eax;
	out[1] = regs.ebx;
	out[2] = regs.ecx;
	out[3] = regs.edx;
}
