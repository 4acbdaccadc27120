/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/snp/sev_cpuid.h"

#define LEAF_EXTENDED	 0x80000000
#define LEAF_ENCRYPTION	 0x8000001f
#define SEV_ES_SNP	 (1u << 1 | 1u << 3 | 1u << 4)
#define COHERENCY_SFW_NO (1u << 31)

void snp_cpuid_adjust(uint32_t leaf, unsigned c_bit, unsigned reduction, struct cpuid_regs *regs)
{
	if (leaf == LEAF_EXTENDED && regs->eax < LEAF_ENCRYPTION)
		regs->eax = LEAF_ENCRYPTION;
	if (leaf != LEAF_ENCRYPTION)
		return;
	regs->eax = SEV_ES_SNP;
	regs->ebx = (c_bit & 0x3f) | (reduction & 0x3f) << 6 | COHERENCY_SFW_NO;
	regs->ecx = 0;
	regs->edx = 0;
}
