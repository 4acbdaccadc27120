/* SPDX-License-Identifier: MIT */
#include "emu/snp/ghcb.h"
#include "emu/snp/internal.h"

/* The GHCB MSR protocol, GHCB specification 2.03, section 2.3.1: *msr is the request, and the
 * answer takes its place. */

static enum emu_action sev_info(struct emu_snp *snp, unsigned vcpu, uint64_t *msr)
{
	*msr = GHCB_SEV_INFO(snp->config.c_bit);
	return EMU_NEXT;
}

static enum emu_action preferred_gpa(struct emu_snp *snp, unsigned vcpu, uint64_t *msr)
{
	*msr = MSR_NO_PREFERRED_GPA | MSR_PREFERRED_GPA;
	return EMU_NEXT;
}

static enum emu_action register_gpa(struct emu_snp *snp, unsigned vcpu, uint64_t *msr)
{
	snp->vcpu[vcpu].ghcb_gpa = *msr & ~UINT64_C(0xfff);
	*msr = snp->vcpu[vcpu].ghcb_gpa | MSR_REGISTER_GPA;
	return EMU_NEXT;
}

static const struct {
	unsigned request; /* bits 11:0 */
	enum emu_action (*handle)(struct emu_snp *snp, unsigned vcpu, uint64_t *msr);
} requests[] = {
	{ MSR_SEV_INFO_REQUEST, sev_info },
	{ MSR_RESET_HOLD_REQUEST, emu_msr_reset_hold },
	{ MSR_PREFERRED_GPA_REQUEST, preferred_gpa },
	{ MSR_REGISTER_GPA_REQUEST, register_gpa },
	{ MSR_PSC_REQUEST, emu_msr_psc },
	{ MSR_HV_FEATURES_REQUEST, emu_msr_hv_features },
	{ MSR_TERMINATE, emu_msr_terminate },
};

enum emu_action emu_snp_msr_protocol(struct emu_snp *snp, unsigned vcpu)
{
	const struct emu_snp_host *host = &snp->config.host;
	uint64_t *msr = &snp->vcpu[vcpu].ghcb_msr;

	for (unsigned i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		if (requests[i].request == (*msr & 0xfff))
			return requests[i].handle(snp, vcpu, msr);
	/* A request that no host answers stays in the MSR. */
	if (host->msr)
		host->msr(host->ctx, vcpu, msr);
	return emu_stop_is_set(&snp->machine) ? EMU_STOP : EMU_NEXT;
}
