/* SPDX-License-Identifier: MIT */
#include "platform/snp/snp.h"
#include "platform/x86.h"

/*
 * The MSR protocol (GHCB specification 2.03, section 2.3.1): what to ask, and the answer,
 * are the value of the GHCB MSR. Request 0x014: GFN in bits 51:12, operation in 55:52;
 * answer 0x015: error code in bits 63:32, 0 is success. Request 0x012 and answer 0x013: the
 * GHCB's address in bits 63:12.
 */
#define MSR_PSC_REQUEST	      UINT64_C(0x014)
#define MSR_PSC_RESPONSE      UINT64_C(0x015)
#define MSR_REGISTER_REQUEST  UINT64_C(0x012)
#define MSR_REGISTER_RESPONSE UINT64_C(0x013)

uint64_t cvm_snp_msr_exit(const struct cvm_snp *snp, uint64_t request, struct cvm_snp_regs *regs)
{
	/* If there is a GHCB after all, its owner expects to find its address in the MSR. */
	uint64_t saved = x86_rdmsr(MSR_GHCB);
	uint64_t answer;

	x86_wrmsr(MSR_GHCB, request);
	snp_vmgexit(snp, regs);
	answer = x86_rdmsr(MSR_GHCB);
	x86_wrmsr(MSR_GHCB, saved);
	return answer;
}

int cvm_snp_psc_msr(const struct cvm_snp *snp, uint64_t gpa, enum psc_op op, uint64_t *status)
{
	uint64_t request = gpa | (uint64_t)op << 52 | MSR_PSC_REQUEST;
	uint64_t answer = cvm_snp_msr_exit(snp, request, NULL);

	if (answer == MSR_PSC_RESPONSE)
		return 0;
	*status = answer;
	return CVM_EIO;
}

int cvm_snp_register_ghcb(struct cvm_snp *snp, uint64_t gpa)
{
	uint64_t answer;

	if (gpa & 4095)
		return CVM_EINVAL;
	x86_wrmsr(MSR_GHCB, gpa | MSR_REGISTER_REQUEST);
	snp_vmgexit(snp, NULL);
	answer = x86_rdmsr(MSR_GHCB);
	x86_wrmsr(MSR_GHCB, gpa);
	return answer == (gpa | MSR_REGISTER_RESPONSE) ? 0 : CVM_EIO;
}
