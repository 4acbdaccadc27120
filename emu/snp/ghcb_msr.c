/* SPDX-License-Identifier: MIT */
#include "emu/snp/internal.h"
#include "emu/snp/ghcb.h"

/* The GHCB MSR protocol, GHCB specification 2.03, section 2.3.1. */

static uint64_t page_state_change(struct emu_snp *snp, uint64_t request)
{
	uint64_t gpa = request & UINT64_C(0x000ffffffffff000);
	unsigned operation = request >> 52 & 0xf;

	emu_count(&snp->stats.psc_msr, 1);
	if (operation != PSC_PRIVATE && operation != PSC_SHARED)
		return MSR_PSC | MSR_PSC_ERROR;
	if (!emu_snp_host_psc(snp, operation, gpa, gpa + EMU_PAGE_SIZE, false))
		return MSR_PSC | MSR_PSC_ERROR;
	return MSR_PSC;
}

/* Reason set in bits 15:12, reason in 23:16. */
static enum emu_action terminate(struct emu_snp *snp, unsigned vcpu, uint64_t request)
{
	unsigned set = request >> 12 & 0xf, reason = request >> 16 & 0xff;

	return emu_stopper_set(
		&snp->stopper, EMU_STOP_GUEST_REQUEST, vcpu, UINT64_MAX, set | reason << 4,
		"the guest asked to be terminated: reason set %u, code %u", set, reason);
}

enum emu_action emu_snp_host_msr(struct emu_snp *snp, unsigned vcpu)
{
	uint64_t *msr = &snp->vcpu[vcpu].ghcb_msr;

	switch (*msr & 0xfff) {
	case MSR_SEV_INFO_REQUEST:
		*msr = GHCB_SEV_INFO(snp->config.c_bit);
		return EMU_NEXT;
	case MSR_RESET_HOLD_REQUEST:
		/* No answer takes its place either. */
		return snp->config.host.reset_hold ? emu_snp_hold_by_msr(snp, vcpu) : EMU_NEXT;
	case MSR_PREFERRED_GPA_REQUEST:
		*msr = MSR_NO_PREFERRED_GPA | MSR_PREFERRED_GPA;
		return EMU_NEXT;
	case MSR_REGISTER_GPA_REQUEST:
		snp->vcpu[vcpu].ghcb_gpa = *msr & ~UINT64_C(0xfff);
		*msr = snp->vcpu[vcpu].ghcb_gpa | MSR_REGISTER_GPA;
		return EMU_NEXT;
	case MSR_PSC_REQUEST:
		*msr = page_state_change(snp, *msr);
		return EMU_NEXT;
	case MSR_HV_FEATURES_REQUEST:
		*msr = emu_snp_hv_features(snp) << 12 | MSR_HV_FEATURES;
		return EMU_NEXT;
	case MSR_TERMINATE:
		return terminate(snp, vcpu, *msr);
	default:
		/* Not a request that this host knows: no answer takes its place. */
		if (snp->config.host.msr)
			snp->config.host.msr(snp->config.host.ctx, vcpu, msr);
		return emu_stopper_is_set(&snp->stopper) ? EMU_STOP : EMU_NEXT;
	}
}
