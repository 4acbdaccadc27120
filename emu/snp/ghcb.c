/* SPDX-License-Identifier: MIT */
#include "emu/snp/ghcb_page.h"

/* Non-automatic exits by the GHCB page, GHCB specification 2.03, section 4.1. */

static const struct {
	uint64_t exitcode;
	enum emu_action (*handle)(struct emu_snp *snp, unsigned vcpu,
				  const struct ghcb_request *request);
} events[] = {
	{ NAE_RESET_HOLD, emu_nae_reset_hold },	  { NAE_PSC, emu_nae_psc },
	{ NAE_AP_CREATION, emu_nae_ap_creation }, { NAE_HV_FEATURES, emu_nae_hv_features },
	{ NAE_TERMINATE, emu_nae_terminate },
};

/* 0, or why the request is malformed whatever its event. */
static unsigned check_request(const struct ghcb_request *request)
{
	if (request->usage)
		return GHCB_INVALID_USAGE;
	/* OVMF's first requests have no version, and no host rejects them. */
	if (request->version > GHCB_VERSION_MAX)
		return GHCB_INVALID_INPUT;
	if (!emu_ghcb_is_valid(request, GHCB_SW_EXITCODE) ||
	    !emu_ghcb_is_valid(request, GHCB_SW_EXITINFO1) ||
	    !emu_ghcb_is_valid(request, GHCB_SW_EXITINFO2))
		return GHCB_MISSING_INPUT;
	return 0;
}

enum emu_action emu_snp_ghcb(struct emu_snp *snp, unsigned vcpu, uint64_t gpa)
{
	struct ghcb_request request = { .gpa = gpa };
	unsigned reason;

	if (!emu_ghcb_read(snp, &request))
		return emu_stop_set(&snp->machine, EMU_STOP_HOST_FAULT, vcpu, gpa, 0,
				    "VMGEXIT with a GHCB at 0x%llx, which is not shared memory",
				    (unsigned long long)gpa);
	/* SNP: section 2.3.2, the GHCB's address must have been registered. */
	reason = snp->vcpu[vcpu].ghcb_gpa == gpa ? check_request(&request) : GHCB_NOT_REGISTERED;
	if (reason)
		return emu_ghcb_malformed(snp, vcpu, &request, reason);

	for (unsigned i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (events[i].exitcode == request.exitcode)
			return events[i].handle(snp, vcpu, &request);
	return emu_nae_machine_event(snp, vcpu, &request);
}
