/* SPDX-License-Identifier: MIT */
#include "platform/snp/snp.h"
#include "platform/x86.h"

/* GHCB specification 2.03, section 2.2 "GHCB layout"; the offsets are in bytes. */
#define GHCB_VALID_BITMAP     0x3f0u
#define GHCB_PROTOCOL_VERSION 0xffau
#define GHCB_USAGE	      0xffcu

void cvm_snp_ghcb_clear(const struct cvm_snp_ghcb *ghcb)
{
	snp_ghcb_field(ghcb, GHCB_VALID_BITMAP)[0] = 0;
	snp_ghcb_field(ghcb, GHCB_VALID_BITMAP)[1] = 0;
}

void cvm_snp_ghcb_set(const struct cvm_snp_ghcb *ghcb, unsigned offset, uint64_t value)
{
	volatile uint64_t *bitmap = snp_ghcb_field(ghcb, GHCB_VALID_BITMAP);

	*snp_ghcb_field(ghcb, offset) = value;
	bitmap[offset / 512] |= UINT64_C(1) << (offset / 8 % 64);
}

bool cvm_snp_ghcb_is_set(const struct cvm_snp_ghcb *ghcb, unsigned offset)
{
	uint64_t word = snp_ghcb_field(ghcb, GHCB_VALID_BITMAP)[offset / 512];

	return word >> (offset / 8 % 64) & 1;
}

void cvm_snp_ghcb_send(const struct cvm_snp *snp, const struct cvm_snp_ghcb *ghcb, uint64_t code,
		       uint64_t info1, uint64_t info2, struct cvm_snp_regs *regs)
{
	cvm_snp_ghcb_set(ghcb, GHCB_EXIT_CODE, code);
	cvm_snp_ghcb_set(ghcb, GHCB_EXIT_INFO_1, info1);
	cvm_snp_ghcb_set(ghcb, GHCB_EXIT_INFO_2, info2);
	*(volatile uint16_t *)((uintptr_t)ghcb->va + GHCB_PROTOCOL_VERSION) = 2;
	*(volatile uint32_t *)((uintptr_t)ghcb->va + GHCB_USAGE) = 0;

	/* Earlier code on this CPU may have left a request of the MSR protocol in it. */
	x86_wrmsr(MSR_GHCB, ghcb->gpa);
	snp_vmgexit(snp, regs);
}

bool cvm_snp_ghcb_exit(const struct cvm_snp *snp, const struct cvm_snp_ghcb *ghcb,
		       uint64_t exit_code, bool has_buffer, struct cvm_snp_regs *regs,
		       uint64_t *status)
{
	cvm_snp_ghcb_clear(ghcb);
	if (has_buffer)
		cvm_snp_ghcb_set(ghcb, GHCB_SCRATCH, ghcb->gpa + GHCB_BUFFER);
	cvm_snp_ghcb_send(snp, ghcb, exit_code, 0, 0, regs);
	*status = *snp_ghcb_field(ghcb, GHCB_EXIT_INFO_2);
	return !*status && !(uint32_t)*snp_ghcb_field(ghcb, GHCB_EXIT_INFO_1);
}
