/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "emu/snp/ghcb_page.h"

/* The GHCB page: what a request says, and the answer. GHCB specification 2.03, section 4. */

static const struct {
	unsigned field, offset;
} fields_at[] = {
	{ FIELD_RAX, GHCB_RAX },   { FIELD_RBX, GHCB_RBX },
	{ FIELD_RCX, GHCB_RCX },   { FIELD_RDX, GHCB_RDX },
	{ FIELD_XCR0, GHCB_XCR0 }, { FIELD_CPL, GHCB_CPL },
	{ FIELD_XSS, GHCB_XSS },   { FIELD_SCRATCH, GHCB_SW_SCRATCH },
};

#define FIELDS (sizeof(fields_at) / sizeof(fields_at[0]))

uint64_t emu_ghcb_field(const struct ghcb_request *request, unsigned offset)
{
	uint64_t value;

	memcpy(&value, request->save + offset, sizeof(value));
	return value;
}

bool emu_ghcb_read(const struct emu_snp *snp, struct ghcb_request *request)
{
	const struct emu_backend *backend = &snp->machine.pages.backend;
	uint8_t tail[EMU_PAGE_SIZE - GHCB_SHARED_BUFFER_END];

	if (!backend->read_shared(backend->ctx, request->gpa, request->save,
				  sizeof(request->save)) ||
	    !backend->read_shared(backend->ctx, request->gpa + GHCB_VALID_BITMAP, request->valid,
				  sizeof(request->valid)) ||
	    !backend->read_shared(backend->ctx, request->gpa + GHCB_SHARED_BUFFER_END, tail,
				  sizeof(tail)))
		return false;
	memcpy(&request->version, &tail[GHCB_PROTOCOL_VERSION - GHCB_SHARED_BUFFER_END],
	       sizeof(request->version));
	memcpy(&request->usage, &tail[GHCB_USAGE - GHCB_SHARED_BUFFER_END], sizeof(request->usage));
	request->exitcode = emu_ghcb_field(request, GHCB_SW_EXITCODE);
	request->exitinfo1 = emu_ghcb_field(request, GHCB_SW_EXITINFO1);
	request->exitinfo2 = emu_ghcb_field(request, GHCB_SW_EXITINFO2);
	request->scratch = emu_ghcb_field(request, GHCB_SW_SCRATCH);
	return true;
}

bool emu_ghcb_is_valid(const struct ghcb_request *request, unsigned offset)
{
	unsigned bit = offset / 8;

	return request->valid[bit / 64] >> (bit % 64) & 1;
}

bool emu_ghcb_has_fields(const struct ghcb_request *request, unsigned fields)
{
	for (unsigned i = 0; i < FIELDS; i++)
		if (fields & fields_at[i].field && !emu_ghcb_is_valid(request, fields_at[i].offset))
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

enum emu_action emu_ghcb_answer(struct emu_snp *snp, unsigned vcpu,
				const struct ghcb_request *request, uint64_t info1, uint64_t info2,
				unsigned fields, const struct emu_ghcb_event *registers)
{
	const struct emu_backend *backend = &snp->machine.pages.backend;
	uint64_t infos[2] = { info1, info2 };
	uint64_t valid[2] = { 0, UINT64_C(3) << (GHCB_SW_EXITINFO1 / 8 - 64) };
	bool ok = true;

	for (unsigned i = 0; i < FIELDS; i++) {
		unsigned offset = fields_at[i].offset;
		uint64_t value;

		if (!(fields & fields_at[i].field))
			continue;
		value = value_of(registers, fields_at[i].field);
		ok = ok && backend->write_shared(backend->ctx, request->gpa + offset, &value,
						 sizeof(value));
		valid[offset / 512] |= UINT64_C(1) << offset / 8 % 64;
	}
	if (ok &&
	    backend->write_shared(backend->ctx, request->gpa + GHCB_SW_EXITINFO1, infos,
				  sizeof(infos)) &&
	    backend->write_shared(backend->ctx, request->gpa + GHCB_VALID_BITMAP, valid,
				  sizeof(valid)))
		return EMU_NEXT;
	return emu_stop_set(&snp->machine, EMU_STOP_HOST_FAULT, vcpu, request->gpa, 0,
			    "the GHCB at 0x%llx is not shared memory any more",
			    (unsigned long long)request->gpa);
}

enum emu_action emu_ghcb_malformed(struct emu_snp *snp, unsigned vcpu,
				   const struct ghcb_request *request, unsigned reason)
{
	return emu_ghcb_answer(snp, vcpu, request, GHCB_MALFORMED_INPUT, reason, 0, NULL);
}

/* Version 2 of the protocol: within the GHCB's shared buffer. Version 1: any shared memory. */
uint64_t emu_ghcb_room(const struct ghcb_request *request)
{
	uint64_t start = request->gpa + GHCB_SHARED_BUFFER;
	uint64_t end = request->gpa + GHCB_SHARED_BUFFER_END;

	if (request->scratch >= start && request->scratch < end)
		return end - request->scratch;
	if (request->version > 1 || request->scratch - request->gpa < EMU_PAGE_SIZE)
		return 0;
	return EMU_GHCB_BUFFER;
}
