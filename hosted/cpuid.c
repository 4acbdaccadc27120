/* SPDX-License-Identifier: MIT */
#include "hosted/machine.h"

#include <string.h>

#include <cvmem/platform.h>

#define LEAF_TDX      0x21u
#define LEAF_EXTENDED 0x80000000u
#define LEAF_SEV      0x8000001fu

#define FEATURE_HYPERVISOR   (1u << 31)			   /* leaf 1 ECX */
#define SEV_FEATURES	     (1u << 1 | 1u << 3 | 1u << 4) /* SEV, SEV-ES, SEV-SNP */
#define SEV_COHERENCY_SFW_NO (1u << 31)			   /* EBX */
#define SEV_C_BIT	     51u			   /* EBX[5:0] */

/* A vendor string in the order of leaf 0 and leaf 0x21: EBX, EDX, ECX. */
static void put_string(struct cvm_cpuid *out, const char text[12])
{
	memcpy(&out->ebx, text, 4);
	memcpy(&out->edx, text + 4, 4);
	memcpy(&out->ecx, text + 8, 4);
}

/* TDX module ABI specification, "CPUID virtualization". */
static void tdx_cpuid(uint32_t leaf, uint32_t subleaf, struct cvm_cpuid *out)
{
	if (leaf == 0) {
		out->eax = LEAF_TDX;
		put_string(out, "GenuineIntel");
	} else if (leaf == LEAF_TDX && subleaf == 0) {
		put_string(out, "IntelTDX    ");
	}
}

/* AMD APM volume 3, appendix E.4.17. */
static void snp_cpuid(const struct hosted_config *config, uint32_t leaf, struct cvm_cpuid *out)
{
	if (leaf == 0) {
		out->eax = 0xd;
		put_string(out, "AuthenticAMD");
	} else if (leaf == LEAF_EXTENDED) {
		out->eax = LEAF_SEV;
		put_string(out, "AuthenticAMD");
	} else if (leaf == LEAF_SEV) {
		out->eax = SEV_FEATURES;
		out->ebx = SEV_C_BIT | (config->coherency_sfw_no ? SEV_COHERENCY_SFW_NO : 0);
	}
}

void hosted_cpuid(uint32_t leaf, uint32_t subleaf, struct cvm_cpuid *out)
{
	const struct hosted_machine *machine = hosted_current();

	*out = (struct cvm_cpuid){ 0 };
	if (!machine)
		return;
	if (leaf == 1)
		out->ecx = FEATURE_HYPERVISOR;
	else if (machine->config.kind == HOSTED_TDX)
		tdx_cpuid(leaf, subleaf, out);
	else
		snp_cpuid(&machine->config, leaf, out);
}
