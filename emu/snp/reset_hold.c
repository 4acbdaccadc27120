/* SPDX-License-Identifier: MIT */
#include "emu/snp/ghcb_page.h"

/*
 * AP reset hold, GHCB specification 2.03: MSR protocol 0x006 (section 2.3.1) and NAE event
 * 0x80000004 (section 4.1). The vCPU continues behind its VMGEXIT when it is sent a start-up
 * interrupt, which a value other than 0 tells it; after any other event it finds 0 and asks again.
 * The 0 is written before the vCPU sleeps, so that it cannot overwrite what an early start-up
 * interrupt writes.
 */
#define STARTED UINT64_C(1)

static enum emu_action hold(struct emu_snp *snp, unsigned vcpu, int how)
{
	snp->vcpu[vcpu].hold = how;
	snp->config.host.reset_hold(snp->config.host.ctx, vcpu);
	return EMU_SLEEP;
}

enum emu_action emu_msr_reset_hold(struct emu_snp *snp, unsigned vcpu, uint64_t *msr)
{
	/* A host without it leaves the request in the MSR. */
	if (!snp->config.host.reset_hold)
		return EMU_NEXT;
	*msr = MSR_RESET_HOLD;
	return hold(snp, vcpu, HOLD_MSR);
}

enum emu_action emu_nae_reset_hold(struct emu_snp *snp, unsigned vcpu,
				   const struct ghcb_request *request)
{
	enum emu_action action;

	if (!snp->config.host.reset_hold)
		return emu_ghcb_malformed(snp, vcpu, request, GHCB_INVALID_EVENT);
	action = emu_ghcb_answer(snp, vcpu, request, GHCB_NO_ACTION, 0, 0, NULL);
	return action == EMU_NEXT ? hold(snp, vcpu, HOLD_GHCB) : action;
}

bool emu_snp_start_up(struct emu_snp *snp, unsigned vcpu)
{
	const struct emu_backend *backend = &snp->machine.pages.backend;
	struct emu_snp_vcpu *held = &snp->vcpu[vcpu];
	const uint64_t started = STARTED;
	bool done = false;

	if (held->hold == HOLD_MSR) {
		held->ghcb_msr = STARTED << 12 | MSR_RESET_HOLD;
		done = true;
	} else if (held->hold == HOLD_GHCB) {
		/* Another vCPU may have made the page private: then this one keeps sleeping. */
		done = backend->write_shared(backend->ctx, held->ghcb_gpa + GHCB_SW_EXITINFO2,
					     &started, sizeof(started));
	}
	held->hold = HOLD_NONE;
	return done;
}
