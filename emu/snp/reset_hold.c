/* SPDX-License-Identifier: MIT */
#include "emu/snp/ghcb_page.h"

/*
 * AP reset hold, GHCB specification 2.03: MSR protocol 0x006 (section 2.3.1) and NAE event
 * 0x80000004 (section 4.1). The vCPU goes on behind its VMGEXIT when a start-up interrupt is sent
 * to it, and is told so by a value that is not 0; whatever else wakes it, it finds 0 and asks
 * again. That value is there before the vCPU sleeps, so that no start-up interrupt comes too early
 * for it.
 */
#define STARTED UINT64_C(1)

enum emu_action emu_snp_hold_by_msr(struct emu_snp *snp, unsigned vcpu)
{
	snp->vcpu[vcpu].ghcb_msr = MSR_RESET_HOLD;
	snp->vcpu[vcpu].hold = HOLD_MSR;
	snp->config.host.reset_hold(snp->config.host.ctx, vcpu);
	return EMU_SLEEP;
}

enum emu_action ghcb_reset_hold(struct emu_snp *snp, unsigned vcpu,
				const struct ghcb_request *request)
{
	enum emu_action action;

	if (!snp->config.host.reset_hold)
		return ghcb_malformed(snp, vcpu, request, GHCB_INVALID_EVENT);
	action = ghcb_answer(snp, vcpu, request, GHCB_NO_ACTION, 0, 0, NULL);
	if (action != EMU_NEXT)
		return action;
	snp->vcpu[vcpu].hold = HOLD_GHCB;
	snp->config.host.reset_hold(snp->config.host.ctx, vcpu);
	return EMU_SLEEP;
}

bool emu_snp_start_up(struct emu_snp *snp, unsigned vcpu)
{
	const struct emu_engine *engine = &snp->pages.engine;
	struct emu_snp_vcpu *held = &snp->vcpu[vcpu];
	const uint64_t started = STARTED;
	bool done = false;

	if (held->hold == HOLD_MSR) {
		held->ghcb_msr = STARTED << 12 | MSR_RESET_HOLD;
		done = true;
	} else if (held->hold == HOLD_GHCB) {
		/* Another vCPU may have taken the page away: then this one sleeps on. */
		done = engine->write_shared(engine->ctx, held->ghcb_gpa + GHCB_SW_EXITINFO2,
					    &started, sizeof(started));
	}
	held->hold = HOLD_NONE;
	return done;
}
