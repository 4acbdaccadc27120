/* SPDX-License-Identifier: MIT */
#include "emu/snp/ghcb_page.h"

/*
 * SNP AP Creation, GHCB specification 2.03, section 4.1.9. SW_EXITINFO1: request in bits 15:0,
 * VMPL in 19:16, APIC ID in 63:32; SW_EXITINFO2: GPA of the VMSA; RAX: its SEV_FEATURES.
 */
enum { CREATE_ON_INIT, CREATE, DESTROY };

#define VMPLS 4

/* The host cannot make a vCPU run a page that is no VMSA: VMRUN fails (AMD APM volume 2,
 * 15.36.13). Nor one on a boundary of 2 MiB, which KVM refuses because of an erratum; that
 * is the host's choice, and not made here. */
static bool is_runnable(const struct emu_snp *snp, const struct emu_snp_ap *ap)
{
	return ap->vmsa % EMU_PAGE_SIZE == 0 && emu_snp_is_vmsa(snp, ap->vmsa);
}

enum emu_action ghcb_ap_creation(struct emu_snp *snp, unsigned vcpu,
				 const struct ghcb_request *request)
{
	unsigned kind = request->exitinfo1 & 0xffff;
	struct emu_snp_ap ap = {
		.apic_id = (uint32_t)(request->exitinfo1 >> 32),
		.vmpl = request->exitinfo1 >> 16 & 0xf,
		.on_init = kind == CREATE_ON_INIT,
		.destroy = kind == DESTROY,
		.vmsa = request->exitinfo2,
		.sev_features = ghcb_field(request, GHCB_RAX),
	};

	if (!snp->config.host.ap)
		return ghcb_malformed(snp, vcpu, request, GHCB_INVALID_EVENT);
	if (!ap.destroy && !ghcb_has_fields(request, FIELD_RAX))
		return ghcb_malformed(snp, vcpu, request, GHCB_MISSING_INPUT);
	if (kind > DESTROY || ap.vmpl >= VMPLS || (!ap.destroy && !is_runnable(snp, &ap)) ||
	    !snp->config.host.ap(snp->config.host.ctx, &ap))
		return ghcb_malformed(snp, vcpu, request, GHCB_INVALID_INPUT);
	return ghcb_answer(snp, vcpu, request, GHCB_NO_ACTION, 0, 0, NULL);
}
