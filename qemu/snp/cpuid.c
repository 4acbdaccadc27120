/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/internals.h"
#include "qemu/snp/cpuid_page.h"
#include "qemu/snp/snp.h"

/* How many bits of physical address SEV takes away: one, the C-bit itself. */
#define REDUCTION 1

void snp_cpuid(unsigned vcpu, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
	struct cpuid_regs regs;

	qemu_cpuid(vcpu, leaf, subleaf, out);
	regs = (struct cpuid_regs){ out[0], out[1], out[2], out[3] };
	cpuid_as_snp(leaf, snp.c_bit, REDUCTION, &regs);
	out[0] = regs.eax;
	out[1] = regs.ebx;
	out[2] = regs.ecx;
	out[3] = regs.edx;
}
