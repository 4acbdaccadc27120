/* SPDX-License-Identifier: MIT */
#include "emu/snp/ghcb_page.h"

/*
 * Hypervisor features, GHCB specification 2.03: MSR protocol 0x080 (section 2.3.1) and NAE event
 * 0x8000fffd (section 4.1).
 */

static uint64_t features(const struct emu_snp *snp)
{
	return HV_FEATURE_SNP | (snp->config.host.ap ? HV_FEATURE_AP : 0) | snp->config.hv_features;
}

enum emu_action emu_msr_hv_features(struct emu_snp *snp, unsigned vcpu, uint64_t *msr)
{
	*msr = features(snp) << 12 | MSR_HV_FEATURES;
	return EMU_NEXT;
}

enum emu_action emu_nae_hv_features(struct emu_snp *snp, unsigned vcpu,
				    const struct ghcb_request *request)
{
	return emu_ghcb_answer(snp, vcpu, request, GHCB_NO_ACTION, features(snp), 0, NULL);
}
