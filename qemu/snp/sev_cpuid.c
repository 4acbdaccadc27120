/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/snp/sev_cpuid.h"

#define LEAF_VERSION	 1
#define HAS_MONITOR	 (1u << 3) /* in ECX */
#define KVM_SIGNATURE	 0x40000000
#define KVM_FEATURES	 0x40000001
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

/* "KVMKVMKVM" and three zeros. */
void snp_cpuid_as_kvm(uint32_t leaf, struct cpuid_regs *regs)
{
	if (leaf == LEAF_VERSION)
		regs->ecx &= ~HAS_MONITOR;
	else if (leaf == KVM_SIGNATURE)
		*regs = (struct cpuid_regs){ KVM_FEATURES, 0x4b4d564b, 0x564b4d56, 0x4d };
	else if (leaf == KVM_FEATURES)
		*regs = (struct cpuid_regs){ 0 };
}
