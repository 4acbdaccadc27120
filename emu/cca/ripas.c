/* SPDX-License-Identifier: MIT */
#include "emu/cca/internal.h"

/* Pages of one 2 MiB region that are being changed. */
struct piece {
	struct emu_cca *cca;
	struct emu_region *region;
	uint64_t start;
	uint8_t *page; /* of start */
	size_t count;
	bool ended; /* the transition refuses the page behind them */
	uint8_t from[512], to[512];
};

/* What the Realm can access without an exit: RAM that has a granule, or an unprotected alias. */
enum view { VIEW_NONE, VIEW_PRIVATE, VIEW_SHARED };

static enum view view_of(uint8_t byte)
{
	switch (emu_cca_state_of(byte)) {
	case EMU_PAGE_MAPPED:
		return byte & EMU_PAGE_ASSIGNED ? VIEW_PRIVATE : VIEW_NONE;
	case EMU_PAGE_SHARED:
		return VIEW_SHARED;
	default:
		return VIEW_NONE;
	}
}

static bool is_busy(const struct piece *piece)
{
	for (size_t i = 0; i < piece->count; i++)
		if (emu_byte(&piece->page[i]) & EMU_PAGE_BUSY)
			return true;
	return false;
}

/* Decide on each page, and mark those busy that change. */
static void mark(struct piece *piece, emu_cca_transition *transition)
{
	unsigned turns = 0;
	size_t i;

	emu_region_lock(piece->region);
	while (is_busy(piece)) {
		emu_region_unlock(piece->region);
		emu_pause(&turns);
		emu_region_lock(piece->region);
	}
	for (i = 0; i < piece->count; i++) {
		uint8_t byte = emu_byte(&piece->page[i]), to = transition(piece->cca, byte);

		if (to == CCA_NO_CHANGE)
			break;
		piece->from[i] = byte;
		piece->to[i] = to;
		if (piece->to[i] != byte)
			emu_byte_set(&piece->page[i], byte | EMU_PAGE_BUSY);
	}
	piece->ended = i < piece->count;
	piece->count = i;
	if (i && i < 512)
		emu_byte_set(&piece->region->size, EMU_REGION_4K);
	emu_region_unlock(piece->region);
}

enum step { STEP_NONE, UNMAP_PRIVATE, UNMAP_SHARED, MAP_ZEROED, MAP_KEPT, MAP_SHARED };

static enum step unmap_step(uint8_t from, uint8_t to)
{
	if (view_of(from) == view_of(to))
		return STEP_NONE;
	switch (view_of(from)) {
	case VIEW_PRIVATE:
		return UNMAP_PRIVATE;
	case VIEW_SHARED:
		return UNMAP_SHARED;
	default:
		return STEP_NONE;
	}
}

static enum step map_step(uint8_t from, uint8_t to)
{
	if (view_of(from) == view_of(to))
		return STEP_NONE;
	switch (view_of(to)) {
	case VIEW_PRIVATE:
		return to & EMU_PAGE_USED ? MAP_KEPT : MAP_ZEROED;
	case VIEW_SHARED:
		return MAP_SHARED;
	default:
		return STEP_NONE;
	}
}

static void call(const struct emu_backend *backend, enum step step, uint64_t ipa, uint64_t size)
{
	switch (step) {
	case UNMAP_PRIVATE:
		backend->unmap_private(backend->ctx, ipa, size);
		break;
	case UNMAP_SHARED:
		backend->unmap_shared(backend->ctx, ipa, size);
		break;
	case MAP_ZEROED:
	case MAP_KEPT:
		backend->map_private(backend->ctx, ipa, size, step == MAP_ZEROED);
		break;
	case MAP_SHARED:
		backend->map_shared(backend->ctx, ipa, size);
		break;
	case STEP_NONE:
		break;
	}
}

/* Runs of pages that need the same step are one callback. */
static void call_runs(const struct piece *piece, enum step (*step_of)(uint8_t from, uint8_t to))
{
	size_t i = 0;

	while (i < piece->count) {
		enum step step = step_of(piece->from[i], piece->to[i]);
		size_t first = i;

		while (i < piece->count && step_of(piece->from[i], piece->to[i]) == step)
			i++;
		call(&piece->cca->machine.pages.backend, step, piece->start + first * EMU_PAGE_SIZE,
		     (i - first) * EMU_PAGE_SIZE);
	}
}

static void publish(const struct piece *piece)
{
	struct emu_cca *cca = piece->cca;
	uint64_t mapped = 0, shared = 0, accepted = 0, destroyed = 0, populated = 0;

	for (size_t i = 0; i < piece->count; i++) {
		uint8_t from = piece->from[i], to = piece->to[i];
		enum emu_page_state was = emu_cca_state_of(from), is = emu_cca_state_of(to);

		if (from == to)
			continue;
		mapped += (is == EMU_PAGE_MAPPED) - (was == EMU_PAGE_MAPPED);
		shared += (is == EMU_PAGE_SHARED) - (was == EMU_PAGE_SHARED);
		accepted += is == EMU_PAGE_MAPPED && was != EMU_PAGE_MAPPED;
		destroyed += is == EMU_PAGE_PENDING && was != EMU_PAGE_PENDING;
		populated += !(from & EMU_PAGE_ASSIGNED) && (to & EMU_PAGE_ASSIGNED);
		/* The next view of the granule shows what the Realm writes to it now. */
		emu_byte_set(&piece->page[i],
			     view_of(to) == VIEW_PRIVATE ? to | EMU_PAGE_USED : to);
	}
	emu_count(&cca->machine.pages.mapped, mapped);
	emu_count(&cca->machine.pages.shared, shared);
	emu_count(&cca->machine.accepted[0], accepted);
	emu_count(&cca->stats.destroyed, destroyed);
	emu_count(&cca->stats.populated, populated);
}

uint64_t emu_cca_change(struct emu_cca *cca, uint64_t start, uint64_t end,
			emu_cca_transition *transition)
{
	struct emu_pages *pages = &cca->machine.pages;
	struct emu_ram part;

	while (emu_pages_ram(pages, start, end, &part) && part.start == start) {
		uint64_t limit = (start & -EMU_REGION_SIZE) + EMU_REGION_SIZE;
		struct piece piece = { .cca = cca,
				       .region = emu_region(pages, start),
				       .start = start,
				       .page = emu_page(pages, start) };

		piece.count = ((part.end < limit ? part.end : limit) - start) / EMU_PAGE_SIZE;
		mark(&piece, transition);
		call_runs(&piece, unmap_step);
		call_runs(&piece, map_step);
		publish(&piece);
		start += piece.count * EMU_PAGE_SIZE;
		if (piece.ended)
			break;
	}
	return start;
}

enum emu_ripas emu_cca_ripas(const struct emu_cca *cca, uint64_t ipa)
{
	switch (emu_machine_state(&cca->machine, ipa)) {
	case EMU_PAGE_MAPPED:
		return EMU_RIPAS_RAM;
	case EMU_PAGE_PENDING:
		return EMU_RIPAS_DESTROYED;
	default:
		return EMU_RIPAS_EMPTY;
	}
}
