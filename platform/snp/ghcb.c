/* SPDX-License-Identifier: MIT */
#include "platform/snp/snp.h"
#include "platform/x86.h"

/* GHCB specification 2.03, section 2.2 "GHCB layout"; the offsets are in bytes. */
#define GHCB_EXIT_CODE	      0x390u
#define GHCB_EXIT_INFO_1      0x398u
#define GHCB_EXIT_INFO_2      0x3a0u
#define GHCB_SCRATCH	      0x3a8u
#define GHCB_VALID_BITMAP     0x3f0u
#define GHCB_PROTOCOL_VERSION 0xffau
#define GHCB_USAGE	      0xffcu

static void set_field(const struct cvm_snp_ghcb *ghcb, unsigned offset, uint64_t value)
{
	volatile uint64_t *bitmap = snp_ghcb_field(ghcb, GHCB_VALID_BITMAP);

	*snp_ghcb_field(ghcb, offset) = value;
	bitmap[offset / 512] |= UINT64_C(1) << (offset / 8 % 64);
}

bool cvm_snp_ghcb_exit(const struct cvm_snp *snp, const struct cvm_snp_ghcb *ghcb,
		       uint64_t exit_code, bool has_buffer, struct cvm_snp_regs *regs,
		       uint64_t *status)
{
	snp_ghcb_field(ghcb, GHCB_VALID_BITMAP)[0] = 0;
	snp_ghcb_field(ghcb, GHCB_VALID_BITMAP)[1] = 0;
	set_field(ghcb, GHCB_EXIT_CODE, exit_code);
	set_field(ghcb, GHCB_EXIT_INFO_1, 0);
	set_field(ghcb, GHCB_EXIT_INFO_2, 0);
	if (has_buffer)
		set_field(ghcb, GHCB_SCRATCH, ghcb->gpa + GHCB_BUFFER);
	*(volatile uint16_t *)((uintptr_t)ghcb->va + GHCB_PROTOCOL_VERSION) = 2;
	*(volatile uint32_t *)((uintptr_t)ghcb->va + GHCB_USAGE) = 0;

	/* Earlier code on this CPU may have left a request of the MSR protocol in it. */
	x86_wrmsr(MSR_GHCB, ghcb->gpa);
	snp_vmgexit(snp, regs);
	*status = *snp_ghcb_field(ghcb, GHCB_EXIT_INFO_2);
	return !*status && !(uint32_t)*snp_ghcb_field(ghcb, GHCB_EXIT_INFO_1);
}
