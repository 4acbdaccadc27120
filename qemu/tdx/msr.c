/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stddef.h>

#include "qemu/tdx/ve_policy.h"

/* TDX module 1.5 ABI specification, "MSR virtualization". An MSR that is not in the table raises a
 * #VE, an MSR of a feature that the TD does not have a #GP. */
enum access { DONE, VE, GP, IF_CET, IF_PKS, IF_TSX, IF_UMWAIT };

static const struct {
	uint32_t first, last;
	uint8_t read, write;
} table[] = {
	{ 0x10, 0x10, DONE, VE },		/* TSC */
	{ 0x48, 0x49, DONE, DONE },		/* SPEC_CTRL, PRED_CMD */
	{ 0x8c, 0x8f, GP, GP },			/* SGXLEPUBKEYHASH */
	{ 0x98, 0x9b, GP, GP },			/* WBINVDP to SMM_MONITOR_CTL */
	{ 0x9e, 0x9e, GP, GP },			/* SMBASE */
	{ 0xbc, 0xbc, DONE, VE },		/* MISC_PACKAGE_CTLS */
	{ 0xc1, 0xc8, GP, GP },			/* PMC */
	{ 0xe1, 0xe1, IF_UMWAIT, IF_UMWAIT },	/* UMWAIT_CONTROL */
	{ 0x10a, 0x10b, DONE, DONE },		/* ARCH_CAPABILITIES, FLUSH_CMD */
	{ 0x122, 0x122, IF_TSX, IF_TSX },	/* TSX_CTRL */
	{ 0x174, 0x176, DONE, DONE },		/* SYSENTER */
	{ 0x186, 0x18d, GP, GP },		/* PERFEVTSEL */
	{ 0x195, 0x195, GP, GP },		/* OVERCLOCKING_STATUS */
	{ 0x1a0, 0x1a0, DONE, VE },		/* MISC_ENABLE */
	{ 0x1a6, 0x1a7, GP, GP },		/* OFFCORE_RSP */
	{ 0x1c4, 0x1c5, GP, GP },		/* XFD, XFD_ERR */
	{ 0x1d9, 0x1d9, DONE, DONE },		/* DEBUGCTL */
	{ 0x276, 0x276, GP, GP },		/* SLAM_ENABLE */
	{ 0x277, 0x277, DONE, DONE },		/* PAT */
	{ 0x309, 0x310, GP, GP },		/* FIXED_CTR */
	{ 0x329, 0x329, GP, GP },		/* PERF_METRICS */
	{ 0x345, 0x345, DONE, GP },		/* PERF_CAPABILITIES */
	{ 0x38d, 0x392, GP, GP },		/* PERF_GLOBAL and its like */
	{ 0x3f1, 0x3f2, GP, GP },		/* PEBS */
	{ 0x3f6, 0x3f7, GP, GP },		/* PEBS */
	{ 0x480, 0x480, DONE, GP },		/* VMX_BASIC */
	{ 0x481, 0x484, VE, GP },		/* VMX controls */
	{ 0x485, 0x489, DONE, GP },		/* VMX_MISC, VMX_CR0, VMX_CR4 */
	{ 0x48a, 0x48a, VE, GP },		/* VMX_VMCS_ENUM */
	{ 0x48b, 0x492, DONE, GP },		/* VMX controls */
	{ 0x4c1, 0x4c8, GP, GP },		/* A_PMC */
	{ 0x500, 0x500, GP, GP },		/* SGX_SVN_STATUS */
	{ 0x560, 0x561, GP, GP },		/* RTIT */
	{ 0x570, 0x572, GP, GP },		/* RTIT */
	{ 0x580, 0x587, GP, GP },		/* RTIT */
	{ 0x600, 0x600, DONE, DONE },		/* DS_AREA */
	{ 0x6a0, 0x6a0, IF_CET, IF_CET },	/* U_CET */
	{ 0x6a2, 0x6a2, IF_CET, IF_CET },	/* S_CET */
	{ 0x6a4, 0x6a8, IF_CET, IF_CET },	/* SSPs */
	{ 0x6e1, 0x6e1, IF_PKS, IF_PKS },	/* PKRS */
	{ 0x800, 0x801, GP, GP },		/* x2APIC, reserved */
	{ 0x804, 0x807, GP, GP },		/* x2APIC, reserved */
	{ 0x808, 0x80c, DONE, DONE },		/* x2APIC: TPR, PPR, EOI */
	{ 0x80e, 0x80e, DONE, DONE },		/* x2APIC, reserved */
	{ 0x810, 0x827, DONE, DONE },		/* x2APIC: ISR, TMR, IRR */
	{ 0x829, 0x82e, GP, GP },		/* x2APIC, reserved */
	{ 0x831, 0x831, GP, GP },		/* x2APIC, reserved */
	{ 0x83f, 0x83f, DONE, DONE },		/* x2APIC: SELF_IPI */
	{ 0x840, 0x8ff, GP, GP },		/* x2APIC, reserved */
	{ 0x985, 0x98a, GP, GP },		/* UINTR */
	{ 0xc80, 0xc80, DONE, VE },		/* DEBUG_INTERFACE */
	{ 0xd90, 0xd90, GP, GP },		/* BNDCFGS */
	{ 0xd93, 0xd93, GP, GP },		/* PASID */
	{ 0xda0, 0xda0, DONE, DONE },		/* XSS */
	{ 0x1200, 0x12ff, GP, GP },		/* LBR_INFO */
	{ 0x14ce, 0x14cf, GP, GP },		/* LBR_CTL, LBR_DEPTH */
	{ 0x1500, 0x16ff, GP, GP },		/* LBR_FROM_IP, LBR_TO_IP */
	{ 0x1b01, 0x1b01, DONE, DONE },		/* UARCH_MISC_CTL */
	{ 0xc0000080, 0xc0000082, DONE, DONE }, /* EFER, STAR, LSTAR */
	{ 0xc0000084, 0xc0000084, DONE, DONE }, /* FMASK */
	{ 0xc0000100, 0xc0000103, DONE, DONE }, /* FSBASE, GSBASE, KERNEL_GS_BASE, TSC_AUX */
};

/* Intel SDM volume 2, CPUID leaf 7, subleaf 0. */
static bool has(uint8_t access, const struct tdx_features *features)
{
	const uint32_t hle_rtm = 1u << 4 | 1u << 11, waitpkg = 1u << 5, cet_ss = 1u << 7;
	const uint32_t cet_ibt = 1u << 20, pks = 1u << 31;

	switch (access) {
	case IF_CET:
		return features->ecx & cet_ss || features->edx & cet_ibt;
	case IF_PKS:
		return features->ecx & pks;
	case IF_TSX:
		return features->ebx & hle_rtm;
	default:
		return features->ecx & waitpkg;
	}
}

static enum tdx_msr_access find(uint32_t msr, bool write, const struct tdx_features *features)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		uint8_t access = write ? table[i].write : table[i].read;

		if (msr < table[i].first || msr > table[i].last)
			continue;
		if (access >= IF_CET)
			access = has(access, features) ? DONE : GP;
		return access == DONE ? TDX_MSR_DONE : access == VE ? TDX_MSR_VE : TDX_MSR_GP;
	}
	return TDX_MSR_VE;
}

enum tdx_msr_access tdx_msr_read(uint32_t msr, const struct tdx_features *features)
{
	return find(msr, false, features);
}

/* In EFER a TD may change SCE; LMA is ignored. */
enum tdx_msr_access tdx_msr_write(uint32_t msr, uint64_t value, uint64_t previous,
				  const struct tdx_features *features)
{
	const uint64_t sce = 1 << 0, lma = 1 << 10;

	if (msr == TDX_MSR_EFER && (value ^ previous) & ~(sce | lma))
		return TDX_MSR_VE;
	return find(msr, true, features);
}
