/* SPDX-License-Identifier: MIT */
#include <cvmem/metal.h>

#include "platform/snp/snp.h"

/*
 * The MSR protocol (GHCB specification 2.03, section 2.3.1). CPUID request 0x004: leaf in bits
 * 63:32, register in 31:30; answer 0x005: value in 63:32. SEV information request 0x002; answer
 * 0x001: C-bit in 31:24.
 */
#define MSR_CPUID_REQUEST  UINT64_C(0x004)
#define MSR_CPUID_RESPONSE UINT64_C(0x005)
#define MSR_INFO_REQUEST   UINT64_C(0x002)
#define MSR_INFO_RESPONSE  UINT64_C(0x001)
#define MSR_INFO	   UINT64_C(0xfff) /* what a value is about */

int cvm_snp_msr_cpuid(const struct cvm_snp *snp, uint32_t leaf, struct cvm_cpuid *out)
{
	uint32_t value[4];

	for (unsigned i = 0; i < 4; i++) {
		uint64_t request = (uint64_t)leaf << 32 | (uint64_t)i << 30 | MSR_CPUID_REQUEST;
		uint64_t answer = cvm_snp_msr_exit(snp, request, NULL);

		if ((answer & MSR_INFO) != MSR_CPUID_RESPONSE)
			return CVM_EIO;
		value[i] = (uint32_t)(answer >> 32);
	}
	out->eax = value[0];
	out->ebx = value[1];
	out->ecx = value[2];
	out->edx = value[3];
	return 0;
}

int cvm_snp_msr_c_bit(const struct cvm_snp *snp, unsigned *c_bit)
{
	uint64_t answer = cvm_snp_msr_exit(snp, MSR_INFO_REQUEST, NULL);
	unsigned bit = (unsigned)(answer >> 24) & 0xff;

	if ((answer & MSR_INFO) != MSR_INFO_RESPONSE || bit < 32 || bit > 51)
		return CVM_EIO;
	*c_bit = bit;
	return 0;
}
