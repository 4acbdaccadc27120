/* SPDX-License-Identifier: MIT */
#include "emu/snp/ghcb_page.h"

/*
 * Page-state changes, GHCB specification 2.03: of one page by MSR protocol 0x014 (section 2.3.1),
 * of a buffer of entries by NAE event 0x80000010 (section 4.1.6). The host works from cur_entry to
 * end_entry and advances cur_entry; the guest calls again until it has passed end_entry.
 */

struct psc_header {
	uint16_t current, end; /* both are indices */
	uint32_t reserved;
};

_Static_assert(sizeof(struct psc_header) == 8, "");

/* One entry: pages done already in 11:0, frame in 51:12, operation in 55:52, page size in
 * bit 56, the rest reserved. */

static uint64_t entry_done(uint64_t raw)
{
	return raw & 0xfff;
}

static uint64_t entry_pages(uint64_t raw)
{
	return raw >> 56 & 1 ? 512 : 1;
}

static uint64_t entry_gpa(uint64_t raw)
{
	return raw & UINT64_C(0x000ffffffffff000);
}

static unsigned entry_operation(uint64_t raw)
{
	return raw >> 52 & 0xf;
}

static bool is_entry_valid(uint64_t raw)
{
	unsigned operation = entry_operation(raw);

	return raw >> 57 == 0 && operation >= PSC_PRIVATE && operation <= PSC_UNSMASH &&
	       entry_done(raw) <= entry_pages(raw) &&
	       entry_gpa(raw) % (entry_pages(raw) * EMU_PAGE_SIZE) == 0;
}

/* 0, or SW_EXITINFO2. The rest of a 2 MiB entry that is partly done is converted by 4 KiB. */
static uint64_t do_entry(struct emu_snp *snp, uint64_t raw)
{
	uint64_t start = entry_gpa(raw) + entry_done(raw) * EMU_PAGE_SIZE;
	uint64_t end = entry_gpa(raw) + entry_pages(raw) * EMU_PAGE_SIZE;
	bool huge = entry_pages(raw) == 512 && !entry_done(raw);

	if (!is_entry_valid(raw))
		return PSC_INVALID_ENTRY;
	if (start < end && !emu_snp_host_psc(snp, entry_operation(raw), start, end, huge))
		return PSC_GENERIC;
	return 0;
}

/* The buffer is not shared memory, or one of its own entries has made it private. */
static enum emu_action fault(struct emu_snp *snp, unsigned vcpu, uint64_t scratch)
{
	return emu_stop_set(&snp->machine, EMU_STOP_HOST_FAULT, vcpu, scratch, 0,
			    "the page-state change buffer at 0x%llx is not shared memory",
			    (unsigned long long)scratch);
}

static bool read_entry(const struct emu_snp *snp, uint64_t scratch, unsigned index, uint64_t *raw)
{
	const struct emu_backend *backend = &snp->machine.pages.backend;

	return backend->read_shared(backend->ctx, scratch + 8 + index * 8, raw, sizeof(*raw));
}

/* The entries that continue the first one, with addresses that ascend without a gap, are answered
 * as done; what they make private is not provided on use. The guest asks for the others again, and
 * these are converted. */
static bool lie(struct emu_snp *snp, uint64_t scratch, struct psc_header *header, uint64_t raw)
{
	unsigned operation = entry_operation(raw), next = header->current;
	uint64_t start = entry_gpa(raw), end = start;
	bool is_private = operation == PSC_PRIVATE;

	if (!is_entry_valid(raw))
		return false;
	do {
		end += entry_pages(raw) * EMU_PAGE_SIZE;
		next++;
	} while (next <= header->end && read_entry(snp, scratch, next, &raw) &&
		 is_entry_valid(raw) && entry_operation(raw) == operation && entry_gpa(raw) == end);
	if (!emu_attack_lie(&snp->machine, is_private ? start : 0, is_private ? end : 0))
		return false;
	header->current = (uint16_t)next;
	return true;
}

/* A header that breaks the protocol or is not true; nothing is converted. False: the attack is not
 * possible here. */
static bool host_cheats(struct emu_snp *snp, enum emu_attack_kind attack, uint64_t scratch,
			struct psc_header *header)
{
	uint64_t raw;

	if (header->current > header->end || !read_entry(snp, scratch, header->current, &raw))
		return false;
	switch (attack) {
	case EMU_ATTACK_RETRY_STALL:
		break;
	case EMU_ATTACK_RETRY_PAST:
		header->current = header->end + 2;
		break;
	case EMU_ATTACK_RETRY_BACK:
		if (!header->current)
			return false;
		header->current--;
		break;
	case EMU_ATTACK_PSC_LIE:
		if (!lie(snp, scratch, header, raw))
			return false;
		break;
	default:
		return false;
	}
	emu_attack_changed(&snp->machine, entry_gpa(raw));
	return true;
}

/* `room` bytes at scratch may be used. *info2 is SW_EXITINFO2. */
static enum emu_action do_buffer(struct emu_snp *snp, unsigned vcpu, uint64_t scratch,
				 uint64_t room, uint64_t *info2)
{
	const struct emu_backend *backend = &snp->machine.pages.backend;
	unsigned left = snp->config.psc_chunk ? snp->config.psc_chunk : PSC_MAX_ENTRIES;
	struct psc_header header;
	enum emu_attack_kind attack;
	uint64_t raw, gpa;

	if (!backend->read_shared(backend->ctx, scratch, &header, sizeof(header)))
		return fault(snp, vcpu, scratch);
	/* OVMF does not clear the reserved field, and no host rejects that. */
	if (header.end >= PSC_MAX_ENTRIES || header.end >= room / 8 - 1) {
		*info2 = PSC_INVALID_HEADER;
		return EMU_NEXT;
	}

	*info2 = PSC_DONE_OR_INTERRUPTED;
	attack = emu_attack_on_change(&snp->machine);
	if (attack != EMU_ATTACK_NONE && host_cheats(snp, attack, scratch, &header)) {
		if (backend->write_shared(backend->ctx, scratch, &header, sizeof(header)))
			return EMU_NEXT;
		return fault(snp, vcpu, scratch);
	}
	/* So that the next answer can go back. */
	if (attack == EMU_ATTACK_RETRY_BACK)
		left = 1;
	for (; header.current <= header.end && left; left--) {
		gpa = scratch + 8 + header.current * 8;
		if (!backend->read_shared(backend->ctx, gpa, &raw, sizeof(raw)))
			return fault(snp, vcpu, scratch);
		*info2 = do_entry(snp, raw);
		if (*info2)
			return EMU_NEXT;
		emu_count(&snp->stats.psc_entries, 1);
		raw = (raw & ~UINT64_C(0xfff)) | entry_pages(raw);
		header.current++;
		if (!backend->write_shared(backend->ctx, gpa, &raw, sizeof(raw)) ||
		    !backend->write_shared(backend->ctx, scratch, &header.current,
					   sizeof(header.current)))
			return fault(snp, vcpu, scratch);
	}
	return EMU_NEXT;
}

enum emu_action emu_nae_psc(struct emu_snp *snp, unsigned vcpu, const struct ghcb_request *request)
{
	uint64_t room = emu_ghcb_room(request), info2 = 0;
	enum emu_action action;

	if (!emu_ghcb_has_fields(request, FIELD_SCRATCH))
		return emu_ghcb_malformed(snp, vcpu, request, GHCB_MISSING_INPUT);
	emu_count(&snp->stats.psc_requests, 1);
	if (room < 16 || request->scratch % 8)
		return emu_ghcb_malformed(snp, vcpu, request, GHCB_INVALID_SCRATCH);
	action = do_buffer(snp, vcpu, request->scratch, room, &info2);
	if (action != EMU_NEXT)
		return action;
	return emu_ghcb_answer(snp, vcpu, request, GHCB_NO_ACTION, info2, 0, NULL);
}

/* GPA in bits 51:12, operation in 55:52. */
enum emu_action emu_msr_psc(struct emu_snp *snp, unsigned vcpu, uint64_t *msr)
{
	uint64_t gpa = entry_gpa(*msr);
	unsigned operation = entry_operation(*msr);
	bool done = operation == PSC_PRIVATE || operation == PSC_SHARED;

	emu_count(&snp->stats.psc_msr, 1);
	done = done && emu_snp_host_psc(snp, operation, gpa, gpa + EMU_PAGE_SIZE, false);
	*msr = MSR_PSC | (done ? 0 : MSR_PSC_ERROR);
	return EMU_NEXT;
}
