/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "emu/snp/internal.h"
#include "emu/snp/ghcb.h"

/* Non-automatic exits by the GHCB page, GHCB specification 2.03, section 4.1. */

struct request {
	uint64_t gpa; /* of the GHCB */
	uint64_t exitcode, exitinfo1, exitinfo2, scratch;
	uint64_t valid[2];
	uint16_t version;
	uint32_t usage;
};

static bool read_request(const struct emu_engine *engine, struct request *request)
{
	uint64_t fields[4];

	if (!engine->read_shared(engine->ctx, request->gpa + GHCB_SW_EXITCODE, fields,
				 sizeof(fields)) ||
	    !engine->read_shared(engine->ctx, request->gpa + GHCB_VALID_BITMAP, request->valid,
				 sizeof(request->valid)) ||
	    !engine->read_shared(engine->ctx, request->gpa + GHCB_PROTOCOL_VERSION,
				 &request->version, sizeof(request->version)) ||
	    !engine->read_shared(engine->ctx, request->gpa + GHCB_USAGE, &request->usage,
				 sizeof(request->usage)))
		return false;
	request->exitcode = fields[0];
	request->exitinfo1 = fields[1];
	request->exitinfo2 = fields[2];
	request->scratch = fields[3];
	return true;
}

static bool is_field_valid(const struct request *request, unsigned offset)
{
	unsigned bit = offset / 8;

	return request->valid[bit / 64] >> (bit % 64) & 1;
}

/* Both answers, and a bitmap that says that they are all there is. */
static enum emu_action answer(struct emu_snp *snp, unsigned vcpu, const struct request *request,
			      uint64_t info1, uint64_t info2)
{
	const struct emu_engine *engine = &snp->pages.engine;
	uint64_t infos[2] = { info1, info2 };
	uint64_t valid[2] = { 0, UINT64_C(3) << (GHCB_SW_EXITINFO1 / 8 - 64) };

	if (engine->write_shared(engine->ctx, request->gpa + GHCB_SW_EXITINFO1, infos,
				 sizeof(infos)) &&
	    engine->write_shared(engine->ctx, request->gpa + GHCB_VALID_BITMAP, valid,
				 sizeof(valid)))
		return EMU_NEXT;
	return emu_stopper_set(&snp->stopper, EMU_STOP_HOST_FAULT, vcpu, request->gpa, 0,
			       "the GHCB at 0x%llx is not shared memory any more",
			       (unsigned long long)request->gpa);
}

/* 0, or why the request cannot even be looked at. */
static unsigned check_request(const struct request *request)
{
	if (request->usage)
		return GHCB_INVALID_USAGE;
	if (request->version < GHCB_VERSION_MIN || request->version > GHCB_VERSION_MAX)
		return GHCB_INVALID_INPUT;
	if (!is_field_valid(request, GHCB_SW_EXITCODE) ||
	    !is_field_valid(request, GHCB_SW_EXITINFO1) ||
	    !is_field_valid(request, GHCB_SW_EXITINFO2))
		return GHCB_MISSING_INPUT;
	if (request->exitcode == NAE_PSC && !is_field_valid(request, GHCB_SW_SCRATCH))
		return GHCB_MISSING_INPUT;
	return 0;
}

/* How many bytes may be used at the scratch address: within the shared buffer of the
 * GHCB; version 1 of the protocol allows any shared memory. */
static uint64_t scratch_room(const struct request *request)
{
	uint64_t start = request->gpa + GHCB_SHARED_BUFFER;
	uint64_t end = request->gpa + GHCB_SHARED_BUFFER_END;

	if (request->scratch >= start && request->scratch < end)
		return end - request->scratch;
	if (request->version > 1 || request->scratch - request->gpa < PAGE_SIZE)
		return 0;
	return 8 + PSC_MAX_ENTRIES * 8;
}

static enum emu_action page_state_change(struct emu_snp *snp, unsigned vcpu,
					 const struct request *request)
{
	uint64_t room = scratch_room(request), info2 = 0;
	enum emu_action action;

	emu_count(&snp->stats.psc_requests, 1);
	if (room < 16 || request->scratch % 8)
		return answer(snp, vcpu, request, GHCB_MALFORMED_INPUT, GHCB_INVALID_SCRATCH);
	action = emu_snp_host_psc_buffer(snp, vcpu, request->scratch, room, &info2);
	if (action != EMU_NEXT)
		return action;
	return answer(snp, vcpu, request, GHCB_NO_ACTION, info2);
}

/* SW_EXITINFO1: reason set in bits 3:0, reason in 11:4. */
static enum emu_action terminate(struct emu_snp *snp, unsigned vcpu, const struct request *request)
{
	unsigned code = request->exitinfo1 & 0xfff;

	return emu_stopper_set(&snp->stopper, EMU_STOP_GUEST_REQUEST, vcpu, UINT64_MAX, code,
			       "the guest asked to be terminated: reason set %u, code %u",
			       code & 0xf, code >> 4);
}

enum emu_action emu_snp_host_ghcb(struct emu_snp *snp, unsigned vcpu, uint64_t gpa)
{
	const struct emu_engine *engine = &snp->pages.engine;
	struct request request = { .gpa = gpa };
	unsigned reason;

	if (!read_request(engine, &request))
		return emu_stopper_set(&snp->stopper, EMU_STOP_HOST_FAULT, vcpu, gpa, 0,
				       "VMGEXIT with a GHCB at 0x%llx, which is not shared memory",
				       (unsigned long long)gpa);
	/* SNP: section 2.3.2, the GHCB's address must have been registered. */
	reason = snp->vcpu[vcpu].ghcb_gpa == gpa ? check_request(&request) : GHCB_NOT_REGISTERED;
	if (reason)
		return answer(snp, vcpu, &request, GHCB_MALFORMED_INPUT, reason);

	switch (request.exitcode) {
	case NAE_PSC:
		return page_state_change(snp, vcpu, &request);
	case NAE_HV_FEATURES:
		return answer(snp, vcpu, &request, GHCB_NO_ACTION, HV_FEATURE_SNP);
	case NAE_TERMINATE:
		return terminate(snp, vcpu, &request);
	default:
		return answer(snp, vcpu, &request, GHCB_MALFORMED_INPUT, GHCB_INVALID_EVENT);
	}
}
