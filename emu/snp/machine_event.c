/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "emu/snp/ghcb_page.h"

/*
 * Events that concern no page state, which the engine's machine answers: GHCB specification 2.03,
 * section 4.1, tables "NAE event inputs" and "outputs". The input fields of an event must be valid
 * in the GHCB.
 */

enum { IOIO_IN = 1 << 0, IOIO_STRING = 1 << 2 }; /* AMD APM volume 2, 15.10.2 */
enum { MSR_WRITE = 1 };

#define ALL_REGISTERS (FIELD_RAX | FIELD_RBX | FIELD_RCX | FIELD_RDX)

static const struct {
	uint64_t exitcode;
	unsigned in, out;
} rows[] = {
	{ NAE_DR7_READ, 0, FIELD_RAX },
	{ NAE_DR7_WRITE, FIELD_RAX, 0 },
	{ NAE_RDTSC, 0, FIELD_RAX | FIELD_RDX },
	{ NAE_RDPMC, FIELD_RCX, FIELD_RAX | FIELD_RDX },
	{ NAE_CPUID, FIELD_RAX | FIELD_RCX, ALL_REGISTERS },
	{ NAE_INVD, 0, 0 },
	{ NAE_IOIO, 0, 0 },
	{ NAE_MSR, FIELD_RCX, 0 },
	{ NAE_VMMCALL, FIELD_RAX | FIELD_CPL, FIELD_RAX },
	{ NAE_RDTSCP, 0, FIELD_RAX | FIELD_RCX | FIELD_RDX },
	{ NAE_WBINVD, 0, 0 },
	{ NAE_MONITOR, FIELD_RAX | FIELD_RCX | FIELD_RDX, 0 },
	{ NAE_MWAIT, FIELD_RAX | FIELD_RCX, 0 },
	{ NAE_MMIO_READ, FIELD_SCRATCH, 0 },
	{ NAE_MMIO_WRITE, FIELD_SCRATCH, 0 },
	{ NAE_NMI_COMPLETE, 0, 0 },
	{ NAE_AP_JUMP_TABLE, 0, 0 },
	{ NAE_GUEST_REQUEST, 0, 0 },
	{ NAE_EXTENDED_GUEST_REQUEST, FIELD_RAX | FIELD_RBX, FIELD_RBX },
	{ NAE_HV_DOORBELL, 0, 0 },
	{ NAE_HV_IPI, 0, 0 },
	{ NAE_HV_TIMER, ALL_REGISTERS, FIELD_RAX },
	{ NAE_APIC_IDS, FIELD_RAX, FIELD_RAX },
	{ NAE_RUN_VMPL, 0, 0 },
};

/* The fields of IOIO and MSR depend on SW_EXITINFO1. */
static void find_fields(const struct ghcb_request *request, unsigned row, unsigned *in,
			unsigned *out)
{
	uint64_t info1 = request->exitinfo1;

	*in = rows[row].in;
	*out = rows[row].out;
	if (request->exitcode == NAE_IOIO && info1 & IOIO_STRING)
		*in = FIELD_SCRATCH;
	else if (request->exitcode == NAE_IOIO)
		*(info1 & IOIO_IN ? out : in) = FIELD_RAX;
	if (request->exitcode == NAE_MSR && info1 == MSR_WRITE)
		*in |= FIELD_RAX | FIELD_RDX;
	else if (request->exitcode == NAE_MSR)
		*out = FIELD_RAX | FIELD_RDX;
}

/* A field that is not valid counts as 0. */
static uint64_t get(const struct ghcb_request *request, unsigned field, unsigned offset)
{
	return emu_ghcb_has_fields(request, field) ? emu_ghcb_field(request, offset) : 0;
}

static void read_event(const struct ghcb_request *request, struct emu_ghcb_event *event)
{
	event->exitcode = request->exitcode;
	event->info1 = request->exitinfo1;
	event->info2 = request->exitinfo2;
	event->rax = get(request, FIELD_RAX, GHCB_RAX);
	event->rbx = get(request, FIELD_RBX, GHCB_RBX);
	event->rcx = get(request, FIELD_RCX, GHCB_RCX);
	event->rdx = get(request, FIELD_RDX, GHCB_RDX);
	event->xcr0 = get(request, FIELD_XCR0, GHCB_XCR0);
	event->xss = get(request, FIELD_XSS, GHCB_XSS);
	event->cpl = emu_ghcb_has_fields(request, FIELD_CPL) ? request->save[GHCB_CPL] : 0;
}

static enum emu_action answer(struct emu_snp *snp, unsigned vcpu,
			      const struct ghcb_request *request, enum emu_ghcb_result result,
			      const struct emu_ghcb_event *event, unsigned out)
{
	switch (result) {
	case EMU_GHCB_DONE:
		return emu_ghcb_answer(snp, vcpu, request, GHCB_NO_ACTION, event->info2, out,
				       event);
	case EMU_GHCB_GP:
		return emu_ghcb_answer(snp, vcpu, request, GHCB_EXCEPTION, GHCB_INJECT_GP, 0, NULL);
	case EMU_GHCB_INVALID:
		return emu_ghcb_malformed(snp, vcpu, request, GHCB_INVALID_INPUT);
	default:
		return emu_ghcb_malformed(snp, vcpu, request, GHCB_INVALID_EVENT);
	}
}

enum emu_action emu_nae_machine_event(struct emu_snp *snp, unsigned vcpu,
				      const struct ghcb_request *request)
{
	const struct emu_backend *backend = &snp->machine.pages.backend;
	const struct emu_snp_host *host = &snp->config.host;
	struct emu_ghcb_event event;
	enum emu_ghcb_result result;
	unsigned row = 0, in, out;

	while (row < sizeof(rows) / sizeof(rows[0]) && rows[row].exitcode != request->exitcode)
		row++;
	if (!host->event || row == sizeof(rows) / sizeof(rows[0]))
		return emu_ghcb_malformed(snp, vcpu, request, GHCB_INVALID_EVENT);
	find_fields(request, row, &in, &out);
	if (!emu_ghcb_has_fields(request, in))
		return emu_ghcb_malformed(snp, vcpu, request, GHCB_MISSING_INPUT);
	read_event(request, &event);
	event.size = in & FIELD_SCRATCH ? emu_ghcb_room(request) : 0;
	if (in & FIELD_SCRATCH &&
	    (!event.size ||
	     !backend->read_shared(backend->ctx, request->scratch, event.buffer, event.size)))
		return emu_ghcb_malformed(snp, vcpu, request, GHCB_INVALID_SCRATCH);

	result = host->event(host->ctx, vcpu, &event);
	if (emu_stop_is_set(&snp->machine))
		return EMU_STOP;
	if (result == EMU_GHCB_DONE && event.size &&
	    !backend->write_shared(backend->ctx, request->scratch, event.buffer, event.size))
		return emu_ghcb_malformed(snp, vcpu, request, GHCB_INVALID_SCRATCH);
	return answer(snp, vcpu, request, result, &event, out);
}
