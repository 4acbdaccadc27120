/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "emu/snp/ghcb_page.h"

/* Non-automatic exits by the GHCB page, GHCB specification 2.03, section 4.1. */

static const struct {
	unsigned field, offset;
} fields_at[] = {
	{ FIELD_RAX, GHCB_RAX },   { FIELD_RBX, GHCB_RBX },
	{ FIELD_RCX, GHCB_RCX },   { FIELD_RDX, GHCB_RDX },
	{ FIELD_XCR0, GHCB_XCR0 }, { FIELD_CPL, GHCB_CPL },
	{ FIELD_XSS, GHCB_XSS },   { FIELD_SCRATCH, GHCB_SW_SCRATCH },
};

#define FIELDS (sizeof(fields_at) / sizeof(fields_at[0]))

uint64_t ghcb_field(const struct ghcb_request *request, unsigned offset)
{
	uint64_t value;

	memcpy(&value, request->save + offset, sizeof(value));
	return value;
}

static bool read_request(const struct emu_engine *engine, struct ghcb_request *request)
{
	uint8_t tail[EMU_PAGE_SIZE - GHCB_SHARED_BUFFER_END];

	if (!engine->read_shared(engine->ctx, request->gpa, request->save, sizeof(request->save)) ||
	    !engine->read_shared(engine->ctx, request->gpa + GHCB_VALID_BITMAP, request->valid,
				 sizeof(request->valid)) ||
	    !engine->read_shared(engine->ctx, request->gpa + GHCB_SHARED_BUFFER_END, tail,
				 sizeof(tail)))
		return false;
	memcpy(&request->version, &tail[GHCB_PROTOCOL_VERSION - GHCB_SHARED_BUFFER_END],
	       sizeof(request->version));
	memcpy(&request->usage, &tail[GHCB_USAGE - GHCB_SHARED_BUFFER_END], sizeof(request->usage));
	request->exitcode = ghcb_field(request, GHCB_SW_EXITCODE);
	request->exitinfo1 = ghcb_field(request, GHCB_SW_EXITINFO1);
	request->exitinfo2 = ghcb_field(request, GHCB_SW_EXITINFO2);
	request->scratch = ghcb_field(request, GHCB_SW_SCRATCH);
	return true;
}

static bool is_field_valid(const struct ghcb_request *request, unsigned offset)
{
	unsigned bit = offset / 8;

	return request->valid[bit / 64] >> (bit % 64) & 1;
}

bool ghcb_has_fields(const struct ghcb_request *request, unsigned fields)
{
	for (unsigned i = 0; i < FIELDS; i++)
		if (fields & fields_at[i].field && !is_field_valid(request, fields_at[i].offset))
			return false;
	return true;
}

static uint64_t value_of(const struct emu_ghcb_event *event, unsigned field)
{
	switch (field) {
	case FIELD_RAX:
		return event->rax;
	case FIELD_RBX:
		return event->rbx;
	case FIELD_RCX:
		return event->rcx;
	default:
		return event->rdx;
	}
}

enum emu_action ghcb_answer(struct emu_snp *snp, unsigned vcpu, const struct ghcb_request *request,
			    uint64_t info1, uint64_t info2, unsigned fields,
			    const struct emu_ghcb_event *registers)
{
	const struct emu_engine *engine = &snp->pages.engine;
	uint64_t infos[2] = { info1, info2 };
	uint64_t valid[2] = { 0, UINT64_C(3) << (GHCB_SW_EXITINFO1 / 8 - 64) };
	bool ok = true;

	for (unsigned i = 0; i < FIELDS; i++) {
		unsigned offset = fields_at[i].offset;
		uint64_t value;

		if (!(fields & fields_at[i].field))
			continue;
		value = value_of(registers, fields_at[i].field);
		ok = ok && engine->write_shared(engine->ctx, request->gpa + offset, &value,
						sizeof(value));
		valid[offset / 512] |= UINT64_C(1) << offset / 8 % 64;
	}
	if (ok &&
	    engine->write_shared(engine->ctx, request->gpa + GHCB_SW_EXITINFO1, infos,
				 sizeof(infos)) &&
	    engine->write_shared(engine->ctx, request->gpa + GHCB_VALID_BITMAP, valid,
				 sizeof(valid)))
		return EMU_NEXT;
	return emu_stopper_set(&snp->stopper, EMU_STOP_HOST_FAULT, vcpu, request->gpa, 0,
			       "the GHCB at 0x%llx is not shared memory any more",
			       (unsigned long long)request->gpa);
}

enum emu_action ghcb_malformed(struct emu_snp *snp, unsigned vcpu,
			       const struct ghcb_request *request, unsigned reason)
{
	return ghcb_answer(snp, vcpu, request, GHCB_MALFORMED_INPUT, reason, 0, NULL);
}

/* 0, or why the request cannot even be looked at. */
static unsigned check_request(const struct ghcb_request *request)
{
	if (request->usage)
		return GHCB_INVALID_USAGE;
	/* The first requests of OVMF come without a version, and no host minds. */
	if (request->version > GHCB_VERSION_MAX)
		return GHCB_INVALID_INPUT;
	if (!is_field_valid(request, GHCB_SW_EXITCODE) ||
	    !is_field_valid(request, GHCB_SW_EXITINFO1) ||
	    !is_field_valid(request, GHCB_SW_EXITINFO2))
		return GHCB_MISSING_INPUT;
	if (request->exitcode == NAE_PSC && !is_field_valid(request, GHCB_SW_SCRATCH))
		return GHCB_MISSING_INPUT;
	return 0;
}

/* Within the shared buffer of the GHCB; version 1 of the protocol allows any shared memory. */
uint64_t ghcb_room(const struct ghcb_request *request)
{
	uint64_t start = request->gpa + GHCB_SHARED_BUFFER;
	uint64_t end = request->gpa + GHCB_SHARED_BUFFER_END;

	if (request->scratch >= start && request->scratch < end)
		return end - request->scratch;
	if (request->version > 1 || request->scratch - request->gpa < EMU_PAGE_SIZE)
		return 0;
	return EMU_GHCB_BUFFER;
}

static enum emu_action page_state_change(struct emu_snp *snp, unsigned vcpu,
					 const struct ghcb_request *request)
{
	uint64_t room = ghcb_room(request), info2 = 0;
	enum emu_action action;

	emu_count(&snp->stats.psc_requests, 1);
	if (room < 16 || request->scratch % 8)
		return ghcb_malformed(snp, vcpu, request, GHCB_INVALID_SCRATCH);
	action = emu_snp_host_psc_buffer(snp, vcpu, request->scratch, room, &info2);
	if (action != EMU_NEXT)
		return action;
	return ghcb_answer(snp, vcpu, request, GHCB_NO_ACTION, info2, 0, NULL);
}

/* SW_EXITINFO1: reason set in bits 3:0, reason in 11:4. */
static enum emu_action terminate(struct emu_snp *snp, unsigned vcpu,
				 const struct ghcb_request *request)
{
	unsigned code = request->exitinfo1 & 0xfff;

	return emu_stopper_set(&snp->stopper, EMU_STOP_GUEST_REQUEST, vcpu, UINT64_MAX, code,
			       "the guest asked to be terminated: reason set %u, code %u",
			       code & 0xf, code >> 4);
}

uint64_t emu_snp_hv_features(const struct emu_snp *snp)
{
	return HV_FEATURE_SNP | (snp->config.host.ap ? HV_FEATURE_AP : 0) | snp->config.hv_features;
}

enum emu_action emu_snp_host_ghcb(struct emu_snp *snp, unsigned vcpu, uint64_t gpa)
{
	const struct emu_engine *engine = &snp->pages.engine;
	struct ghcb_request request = { .gpa = gpa };
	unsigned reason;

	if (!read_request(engine, &request))
		return emu_stopper_set(&snp->stopper, EMU_STOP_HOST_FAULT, vcpu, gpa, 0,
				       "VMGEXIT with a GHCB at 0x%llx, which is not shared memory",
				       (unsigned long long)gpa);
	/* SNP: section 2.3.2, the GHCB's address must have been registered. */
	reason = snp->vcpu[vcpu].ghcb_gpa == gpa ? check_request(&request) : GHCB_NOT_REGISTERED;
	if (reason)
		return ghcb_malformed(snp, vcpu, &request, reason);

	switch (request.exitcode) {
	case NAE_PSC:
		return page_state_change(snp, vcpu, &request);
	case NAE_RESET_HOLD:
		return ghcb_reset_hold(snp, vcpu, &request);
	case NAE_AP_CREATION:
		return ghcb_ap_creation(snp, vcpu, &request);
	case NAE_HV_FEATURES:
		return ghcb_answer(snp, vcpu, &request, GHCB_NO_ACTION, emu_snp_hv_features(snp), 0,
				   NULL);
	case NAE_TERMINATE:
		return terminate(snp, vcpu, &request);
	default:
		return ghcb_event(snp, vcpu, &request);
	}
}
