/* SPDX-License-Identifier: MIT */
#include "emu/snp/ghcb_page.h"

/*
 * SNP AP Creation, GHCB specification 2.03, section 4.1.9. SW_EXITINFO1: request in bits 15:0,
 * VMPL in 19:16, APIC ID in 63:32; SW_EXITINFO2: GPA of the VMSA; RAX: its SEV_FEATURES.
 */
enum { CREATE_ON_INIT, CREATE, DESTROY };

/* VMRUN fails on a page that is not a VMSA (AMD APM volume 2, 15.36.13). KVM also rejects a VMSA at
 * a 2 MiB boundary because of an erratum; the specification does not, nor does this host. */
static bool is_runnable(const struct emu_snp *snp, const struct emu_snp_ap *ap)
{
	return ap->vmsa % EMU_PAGE_SIZE == 0 && emu_snp_is_vmsa(snp, ap->vmsa);
}

enum emu_action emu_nae_ap_creation(struct emu_snp *snp, unsigned vcpu,
				    const struct ghcb_request *request)
{
	unsigned kind = request->exitinfo1 & 0xffff;
	struct emu_snp_ap ap = {
		.apic_id = (uint32_t)(request->exitinfo1 >> 32),
		.vmpl = request->exitinfo1 >> 16 & 0xf,
		.on_init = kind == CREATE_ON_INIT,
		.destroy = kind == DESTROY,
		.vmsa = request->exitinfo2,
		.sev_features = emu_ghcb_field(request, GHCB_RAX),
	};

	if (!snp->config.host.ap)
		return emu_ghcb_malformed(snp, vcpu, request, GHCB_INVALID_EVENT);
	if (!ap.destroy && !emu_ghcb_has_fields(request, FIELD_RAX))
		return emu_ghcb_malformed(snp, vcpu, request, GHCB_MISSING_INPUT);
	if (kind > DESTROY || ap.vmpl >= VMPLS || (!ap.destroy && !is_runnable(snp, &ap)) ||
	    !snp->config.host.ap(snp->config.host.ctx, &ap))
		return emu_ghcb_malformed(snp, vcpu, request, GHCB_INVALID_INPUT);
	return emu_ghcb_answer(snp, vcpu, request, GHCB_NO_ACTION, 0, 0, NULL);
}
