/* SPDX-License-Identifier: MIT */
#include <stdbool.h>

#include <cvmem/platform.h>

#include "platform/x86.h"

#define LEAF_TDX	   0x21u
#define CPUID_1_HYPERVISOR (1u << 31)
#define CPUID_SEV_SEV	   (1u << 1)
#define SEV_STATUS_SNP	   (1u << 2)

static bool is_tdx(void (*cpuid)(uint32_t, uint32_t, struct cvm_cpuid *))
{
	struct cvm_cpuid r;

	cpuid(0, 0, &r);
	if (r.eax < LEAF_TDX)
		return false;
	cpuid(LEAF_TDX, 0, &r);
	/* "Inte", "lTDX", "    " */
	return r.ebx == 0x65746e49 && r.edx == 0x5844546c && r.ecx == 0x20202020;
}

static bool is_snp(void (*cpuid)(uint32_t, uint32_t, struct cvm_cpuid *))
{
	struct cvm_cpuid r;

	cpuid(1, 0, &r);
	if (!(r.ecx & CPUID_1_HYPERVISOR))
		return false;
	cpuid(CPUID_EXTENDED, 0, &r);
	if (r.eax < CPUID_SEV)
		return false;
	cpuid(CPUID_SEV, 0, &r);
	if (!(r.eax & CPUID_SEV_SEV))
		return false;
	/* CPUID describes the processor's abilities; the host cannot fake this register. */
	return x86_rdmsr(MSR_SEV_STATUS) & SEV_STATUS_SNP;
}

enum cvm_platform_kind cvm_platform_detect(void (*cpuid)(uint32_t leaf, uint32_t subleaf,
							 struct cvm_cpuid *out))
{
	if (!cpuid)
		cpuid = x86_cpuid;
	if (is_tdx(cpuid))
		return CVM_PLATFORM_TDX;
	if (is_snp(cpuid))
		return CVM_PLATFORM_SNP;
	return CVM_PLATFORM_NONE;
}
