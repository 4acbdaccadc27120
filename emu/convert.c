/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "emu/pages.h"

/* A piece of a range that lies in one region, and in RAM. */
struct piece {
	struct emu_pages *pages;
	struct emu_region *region;
	uint64_t start, end;
	uint8_t *page; /* of start */
	size_t count;
	bool whole; /* all of the region */
	/* What this conversion has marked busy, by page. Another vCPU may mark the other pages
	 * meanwhile, so EMU_PAGE_BUSY does not say which pages are this conversion's. */
	uint64_t marked[512 / 64];
};

static bool is_busy(const struct piece *piece)
{
	if (emu_byte(&piece->region->size) == EMU_REGION_2M)
		return emu_byte(&piece->region->leaf) & EMU_PAGE_BUSY;
	for (size_t i = 0; i < piece->count; i++)
		if (emu_byte(&piece->page[i]) & EMU_PAGE_BUSY)
			return true;
	return false;
}

/* Lock the region while no page of the piece is busy. A host that finds an entry locked by the
 * guest retries as well. */
static void lock_idle(const struct piece *piece)
{
	unsigned turns = 0;

	for (;;) {
		emu_region_lock(piece->region);
		if (!is_busy(piece))
			return;
		emu_region_unlock(piece->region);
		emu_pause(&turns);
	}
}

/* Mark the pages busy whose state is in the mask (bit s: state s). The region is locked. */
static size_t mark(struct piece *piece, unsigned states)
{
	size_t marked = 0;

	for (size_t i = 0; i < piece->count; i++) {
		uint8_t byte = emu_byte(&piece->page[i]);

		if (!(states >> (byte & EMU_PAGE_STATE) & 1))
			continue;
		emu_byte_set(&piece->page[i], byte | EMU_PAGE_BUSY);
		piece->marked[i / 64] |= UINT64_C(1) << (i % 64);
		marked++;
	}
	return marked;
}

static bool is_marked(const struct piece *piece, size_t i, unsigned states)
{
	return piece->marked[i / 64] >> (i % 64) & 1 &&
	       states >> (emu_byte(&piece->page[i]) & EMU_PAGE_STATE) & 1;
}

/* Call back for every run of marked pages in the given states. */
static void call_runs(const struct piece *piece, unsigned states,
		      void (*call)(void *ctx, uint64_t gpa, uint64_t size))
{
	size_t i = 0, first;

	while (i < piece->count) {
		for (first = i; i < piece->count && is_marked(piece, i, states);)
			i++;
		if (i == first)
			i++;
		else
			call(piece->pages->backend.ctx, piece->start + first * EMU_PAGE_SIZE,
			     (i - first) * EMU_PAGE_SIZE);
	}
}

static void publish(const struct piece *piece, uint8_t state)
{
	for (size_t i = 0; i < piece->count; i++)
		if (piece->marked[i / 64] >> (i % 64) & 1)
			emu_byte_set(&piece->page[i], state);
}

static size_t count_state(const struct piece *piece, uint8_t state)
{
	size_t n = 0;

	for (size_t i = 0; i < piece->count; i++)
		n += (emu_byte(&piece->page[i]) & EMU_PAGE_STATE) == state;
	return n;
}

#define FREE	(1u << EMU_PAGE_FREE)
#define PENDING (1u << EMU_PAGE_PENDING)
#define MAPPED	(1u << EMU_PAGE_MAPPED)
#define SHARED	(1u << EMU_PAGE_SHARED)

static void share_leaf(const struct piece *piece)
{
	const struct emu_backend *backend = &piece->pages->backend;
	bool mapped = (emu_byte(&piece->region->leaf) & EMU_PAGE_STATE) == EMU_PAGE_MAPPED;

	emu_byte_set(&piece->region->leaf, emu_byte(&piece->region->leaf) | EMU_PAGE_BUSY);
	emu_region_unlock(piece->region);
	if (mapped)
		backend->unmap_private(backend->ctx, piece->start, EMU_REGION_SIZE);
	backend->map_shared(backend->ctx, piece->start, EMU_REGION_SIZE);

	emu_region_lock(piece->region);
	for (size_t i = 0; i < 512; i++)
		emu_byte_set(&piece->page[i], EMU_PAGE_SHARED);
	emu_byte_set(&piece->region->size, EMU_REGION_NONE);
	emu_byte_set(&piece->region->leaf, EMU_PAGE_FREE);
	emu_region_unlock(piece->region);
	if (mapped)
		emu_count(&piece->pages->mapped, -UINT64_C(512));
	emu_count(&piece->pages->shared, 512);
}

static void share_piece(struct piece *piece)
{
	struct emu_pages *pages = piece->pages;
	size_t marked, mapped;

	lock_idle(piece);
	if (emu_byte(&piece->region->size) == EMU_REGION_2M && piece->whole) {
		share_leaf(piece);
		return;
	}
	if (emu_byte(&piece->region->size) == EMU_REGION_2M)
		emu_region_split(pages, piece->start);
	mapped = count_state(piece, EMU_PAGE_MAPPED);
	marked = mark(piece, FREE | PENDING | MAPPED);
	emu_region_unlock(piece->region);
	call_runs(piece, MAPPED, pages->backend.unmap_private);
	call_runs(piece, FREE | PENDING | MAPPED, pages->backend.map_shared);
	publish(piece, EMU_PAGE_SHARED);
	emu_count(&pages->mapped, -(uint64_t)mapped);
	emu_count(&pages->shared, marked);
	if (!piece->whole)
		return;

	/* No private page is left: the host frees the page table as well. */
	emu_region_lock(piece->region);
	if (!is_busy(piece) && count_state(piece, EMU_PAGE_SHARED) == 512)
		emu_byte_set(&piece->region->size, EMU_REGION_NONE);
	emu_region_unlock(piece->region);
}

static void unshare_piece(struct piece *piece, uint8_t state, bool huge)
{
	struct emu_pages *pages = piece->pages;
	unsigned from = state == EMU_PAGE_PENDING ? SHARED | FREE : SHARED;
	size_t marked, shared;
	bool leaf;

	lock_idle(piece);
	if (emu_byte(&piece->region->size) == EMU_REGION_2M) {
		emu_region_unlock(piece->region);
		return;
	}
	shared = count_state(piece, EMU_PAGE_SHARED);
	marked = mark(piece, from);
	leaf = state == EMU_PAGE_PENDING && huge && marked == 512;
	if (state == EMU_PAGE_PENDING && !leaf)
		emu_byte_set(&piece->region->size, EMU_REGION_4K);
	emu_region_unlock(piece->region);
	call_runs(piece, SHARED, pages->backend.unmap_shared);
	emu_count(&pages->shared, -(uint64_t)shared);
	if (!leaf) {
		publish(piece, state);
		return;
	}

	emu_region_lock(piece->region);
	emu_byte_set(&piece->region->leaf, state);
	emu_byte_set(&piece->region->size, EMU_REGION_2M);
	publish(piece, EMU_PAGE_FREE);
	emu_region_unlock(piece->region);
}

/* The first piece of [start, end), or false. */
static bool next_piece(struct emu_pages *pages, uint64_t start, uint64_t end, struct piece *piece)
{
	struct emu_ram part;
	uint64_t limit;

	if (!emu_pages_ram(pages, start, end, &part))
		return false;
	limit = (part.start & -EMU_REGION_SIZE) + EMU_REGION_SIZE;
	memset(piece, 0, sizeof(*piece));
	piece->pages = pages;
	piece->region = emu_region(pages, part.start);
	piece->start = part.start;
	piece->end = part.end < limit ? part.end : limit;
	piece->page = emu_page(pages, part.start);
	piece->count = (piece->end - piece->start) / EMU_PAGE_SIZE;
	piece->whole = piece->count == 512;
	return true;
}

void emu_pages_share(struct emu_pages *pages, uint64_t start, uint64_t end)
{
	struct piece piece;

	for (; next_piece(pages, start, end, &piece); start = piece.end)
		share_piece(&piece);
}

void emu_pages_unshare(struct emu_pages *pages, uint64_t start, uint64_t end, uint8_t state,
		       bool huge)
{
	struct piece piece;

	for (; next_piece(pages, start, end, &piece); start = piece.end)
		unshare_piece(&piece, state, huge);
}

/* Private pages leave through shared ones: what was there is lost. */
bool emu_pages_remove(struct emu_pages *pages, uint64_t start, uint64_t end)
{
	if (!emu_pages_is_range(pages, start, end))
		return false;
	emu_pages_share(pages, start, end);
	emu_pages_unshare(pages, start, end, EMU_PAGE_FREE, false);
	return emu_pages_forget(pages, start, end);
}
