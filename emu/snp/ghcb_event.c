/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "emu/snp/ghcb_page.h"

/*
 * Events that the host answers and that concern no page: GHCB specification 2.03, section 4.1,
 * tables "NAE event inputs" and "outputs". What a row calls for must be valid in the GHCB.
 */

/* IOIO: AMD APM volume 2, 15.10.2. */
enum { IOIO = 0x7b, IOIO_IN = 1 << 0, IOIO_STRING = 1 << 2 };
enum { MSR = 0x7c, MSR_WRITE = 1 };

static const struct {
	uint64_t exitcode;
	unsigned in, out;
} rows[] = {
	{ 0x27, 0, FIELD_RAX },			    /* DR7 read */
	{ 0x37, FIELD_RAX, 0 },			    /* DR7 write */
	{ 0x6e, 0, FIELD_RAX | FIELD_RDX },	    /* RDTSC */
	{ 0x6f, FIELD_RCX, FIELD_RAX | FIELD_RDX }, /* RDPMC */
	{ 0x72, FIELD_RAX | FIELD_RCX,		    /* CPUID */
	  FIELD_RAX | FIELD_RBX | FIELD_RCX | FIELD_RDX },
	{ 0x76, 0, 0 }, /* INVD */
	{ IOIO, 0, 0 },
	{ MSR, FIELD_RCX, 0 },
	{ 0x81, FIELD_RAX | FIELD_CPL, FIELD_RAX },		     /* VMMCALL */
	{ 0x87, 0, FIELD_RAX | FIELD_RCX | FIELD_RDX },		     /* RDTSCP */
	{ 0x89, 0, 0 },						     /* WBINVD */
	{ 0x8a, FIELD_RAX | FIELD_RCX | FIELD_RDX, 0 },		     /* MONITOR */
	{ 0x8b, FIELD_RAX | FIELD_RCX, 0 },			     /* MWAIT */
	{ 0x80000001, FIELD_SCRATCH, 0 },			     /* MMIO read */
	{ 0x80000002, FIELD_SCRATCH, 0 },			     /* MMIO write */
	{ 0x80000003, 0, 0 },					     /* NMI complete */
	{ 0x80000005, 0, 0 },					     /* AP jump table */
	{ 0x80000011, 0, 0 },					     /* SNP guest request */
	{ 0x80000012, FIELD_RAX | FIELD_RBX, FIELD_RBX },	     /* extended guest request */
	{ 0x80000014, 0, 0 },					     /* #HV doorbell page */
	{ 0x80000015, 0, 0 },					     /* #HV IPI */
	{ 0x80000016, FIELD_RAX | FIELD_RBX | FIELD_RCX | FIELD_RDX, /* #HV timer */
	  FIELD_RAX },
	{ 0x80000017, FIELD_RAX, FIELD_RAX }, /* APIC IDs */
	{ 0x80000018, 0, 0 },		      /* SNP run VMPL */
};

/* The inputs and outputs of two events depend on what they are. */
static void find_fields(const struct ghcb_request *request, unsigned row, unsigned *in,
			unsigned *out)
{
	uint64_t info1 = request->exitinfo1;

	*in = rows[row].in;
	*out = rows[row].out;
	if (request->exitcode == IOIO && info1 & IOIO_STRING)
		*in = FIELD_SCRATCH;
	else if (request->exitcode == IOIO)
		*(info1 & IOIO_IN ? out : in) = FIELD_RAX;
	if (request->exitcode == MSR && info1 == MSR_WRITE)
		*in |= FIELD_RAX | FIELD_RDX;
	else if (request->exitcode == MSR)
		*out = FIELD_RAX | FIELD_RDX;
}

/* A field that is not valid says nothing. */
static uint64_t get(const struct ghcb_request *request, unsigned field, unsigned offset)
{
	return ghcb_has_fields(request, field) ? ghcb_field(request, offset) : 0;
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
	event->cpl = ghcb_has_fields(request, FIELD_CPL) ? request->save[GHCB_CPL] : 0;
}

static enum emu_action answer(struct emu_snp *snp, unsigned vcpu,
			      const struct ghcb_request *request, enum emu_ghcb_result result,
			      const struct emu_ghcb_event *event, unsigned out)
{
	switch (result) {
	case EMU_GHCB_DONE:
		return ghcb_answer(snp, vcpu, request, GHCB_NO_ACTION, event->info2, out, event);
	case EMU_GHCB_GP:
		return ghcb_answer(snp, vcpu, request, GHCB_EXCEPTION, GHCB_INJECT_GP, 0, NULL);
	case EMU_GHCB_INVALID:
		return ghcb_malformed(snp, vcpu, request, GHCB_INVALID_INPUT);
	default:
		return ghcb_malformed(snp, vcpu, request, GHCB_INVALID_EVENT);
	}
}

enum emu_action ghcb_event(struct emu_snp *snp, unsigned vcpu, const struct ghcb_request *request)
{
	const struct emu_engine *engine = &snp->pages.engine;
	const struct emu_snp_host *host = &snp->config.host;
	struct emu_ghcb_event event;
	enum emu_ghcb_result result;
	unsigned row = 0, in, out;

	while (row < sizeof(rows) / sizeof(rows[0]) && rows[row].exitcode != request->exitcode)
		row++;
	if (!host->event || row == sizeof(rows) / sizeof(rows[0]))
		return ghcb_malformed(snp, vcpu, request, GHCB_INVALID_EVENT);
	find_fields(request, row, &in, &out);
	if (!ghcb_has_fields(request, in))
		return ghcb_malformed(snp, vcpu, request, GHCB_MISSING_INPUT);
	read_event(request, &event);
	event.size = in & FIELD_SCRATCH ? ghcb_room(request) : 0;
	if (in & FIELD_SCRATCH &&
	    (!event.size ||
	     !engine->read_shared(engine->ctx, request->scratch, event.buffer, event.size)))
		return ghcb_malformed(snp, vcpu, request, GHCB_INVALID_SCRATCH);

	result = host->event(host->ctx, vcpu, &event);
	if (emu_stopper_is_set(&snp->stopper))
		return EMU_STOP;
	if (result == EMU_GHCB_DONE && event.size &&
	    !engine->write_shared(engine->ctx, request->scratch, event.buffer, event.size))
		return ghcb_malformed(snp, vcpu, request, GHCB_INVALID_SCRATCH);
	return answer(snp, vcpu, request, result, &event, out);
}
