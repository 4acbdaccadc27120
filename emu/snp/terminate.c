/* SPDX-License-Identifier: MIT */
#include "emu/snp/ghcb_page.h"

/*
 * Termination requests, GHCB specification 2.03: MSR protocol 0x100 (section 2.3.1) and NAE event
 * 0x8000fffe (section 4.1).
 */

static enum emu_action terminate(struct emu_snp *snp, unsigned vcpu, unsigned set, unsigned reason)
{
	return emu_stop_set(
		&snp->machine, EMU_STOP_GUEST_REQUEST, vcpu, UINT64_MAX, set | reason << 4,
		"the guest asked to be terminated: reason set %u, code %u", set, reason);
}

/* Reason set in bits 15:12, reason in 23:16. */
enum emu_action emu_msr_terminate(struct emu_snp *snp, unsigned vcpu, uint64_t *msr)
{
	return terminate(snp, vcpu, *msr >> 12 & 0xf, *msr >> 16 & 0xff);
}

/* SW_EXITINFO1: reason set in bits 3:0, reason in 11:4. */
enum emu_action emu_nae_terminate(struct emu_snp *snp, unsigned vcpu,
				  const struct ghcb_request *request)
{
	return terminate(snp, vcpu, request->exitinfo1 & 0xf, request->exitinfo1 >> 4 & 0xff);
}
