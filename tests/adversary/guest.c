/* SPDX-License-Identifier: MIT */
#include "tests/adversary/episode.h"

#include <stdlib.h>

/* The guest's steps, and what must hold after each. */

/* Pages of a block that are written and read: its first, its last, some between. */
#define SAMPLES 8

static struct model_page *page_at(struct episode *episode, uint64_t gpa)
{
	return &episode->model.page[gpa / 4096];
}

static uint64_t block_end(const struct block *block)
{
	return block->gpa + (UINT64_C(4096) << block->order);
}

static uint64_t stride(const struct block *block)
{
	uint64_t pages = UINT64_C(1) << block->order;

	return (pages > SAMPLES ? pages / SAMPLES : 1) * 4096;
}

static volatile uint64_t *word_at(struct episode *episode, uint64_t gpa)
{
	bool shared = page_at(episode, gpa)->shared;

	return (volatile uint64_t *)(gpa + (shared ? episode->shared_map : episode->direct_map));
}

static void write_block(struct episode *episode, const struct block *block)
{
	uint64_t tag = roll(episode, UINT64_MAX);

	for (uint64_t gpa = block->gpa; gpa < block_end(block); gpa += stride(block)) {
		*word_at(episode, gpa) = tag ^ gpa;
		page_at(episode, gpa)->content = tag ^ gpa;
		page_at(episode, gpa)->known = true;
	}
}

static void read_block(struct episode *episode, const struct block *block)
{
	for (uint64_t gpa = block->gpa; gpa < block_end(block); gpa += stride(block)) {
		uint64_t word = *word_at(episode, gpa);
		const struct model_page *page = page_at(episode, gpa);

		if (page->known && word != page->content)
			broken(episode, "0x%lx reads 0x%lx, and was written 0x%lx", gpa, word,
			       page->content);
	}
}

/* I3: what was handed out is the guest's alone, and accepted. */
static void check_handed_out(struct episode *episode, const struct block *block)
{
	if (block->gpa & ((UINT64_C(4096) << block->order) - 1) || block->gpa < TABLE_BASE ||
	    block_end(block) > RAM_BYTES) {
		broken(episode, "block 0x%lx of order %u is no memory of the allocator's",
		       block->gpa, block->order);
		return;
	}
	for (uint64_t gpa = block->gpa; gpa < block_end(block); gpa += 4096) {
		struct model_page *page = page_at(episode, gpa);

		if (page->allocated)
			broken(episode, "I3: 0x%lx is handed out twice", gpa);
		if (page->shared)
			broken(episode, "I3: 0x%lx is handed out while it is shared", gpa);
		if (emu_machine_state(hosted_emu(episode->machine), gpa) != EMU_PAGE_MAPPED &&
		    !page->taken)
			broken(episode, "I3: 0x%lx is handed out and not accepted", gpa);
		page->allocated = true;
		page->known = false;
	}
}

static void do_alloc(struct episode *episode)
{
	struct block *block = &episode->block[episode->blocks];
	int error;

	if (episode->blocks == MAX_BLOCKS)
		return;
	*block = (struct block){ .order = (unsigned)(roll(episode, 4) ? roll(episode, 6)
								      : roll(episode, 12)) };
	block->pages = &episode->pages[roll(episode, ALLOCATORS)];
	error = cvm_pages_alloc(block->pages, block->order, &block->gpa);
	say(episode, "alloc of order %u: %d, 0x%lx", block->order, error, error ? 0 : block->gpa);
	if (error) {
		if (error != CVM_ENOMEM)
			check_error(episode, "alloc", error);
		return;
	}
	check_handed_out(episode, block);
	if (!episode->result->text[0])
		episode->blocks++;
}

static void do_free(struct episode *episode, struct block *block)
{
	bool shared = block->broken || block->shared_start < block->shared_end;
	int error = cvm_pages_free(block->pages, block->gpa, block->order);

	say(episode, "free of 0x%lx: %d", block->gpa, error);
	if (shared) {
		if (error != CVM_EBUSY && !block->broken)
			broken(episode, "block 0x%lx is freed while it is shared", block->gpa);
		if (error)
			return;
	} else if (error) {
		broken(episode, "free of 0x%lx failed with %d", block->gpa, error);
		return;
	}
	for (uint64_t gpa = block->gpa; gpa < block_end(block); gpa += 4096)
		page_at(episode, gpa)->allocated = false;
	*block = episode->block[--episode->blocks];
}

static void do_share(struct episode *episode, struct block *block)
{
	uint64_t pages = UINT64_C(1) << block->order, first = roll(episode, pages);
	uint64_t start = block->gpa + first * 4096;
	uint64_t end = start + (1 + roll(episode, pages - first)) * 4096;
	struct cvm_share_result result;
	int error = cvm_set_shared(&episode->share, start, end, &result);

	say(episode, "share of [0x%lx, 0x%lx): %d, %lu bytes left", start, end, error, result.left);
	if (!error) {
		block->shared_start = start;
		block->shared_end = end;
		return;
	}
	if (error != CVM_ENOSPC)
		check_error(episode, "share", error);
	block->broken = result.left;
}

static void do_unshare(struct episode *episode, struct block *block)
{
	struct cvm_share_result result;
	int error =
		cvm_set_private(&episode->share, block->shared_start, block->shared_end, &result);

	say(episode, "unshare of [0x%lx, 0x%lx): %d, %lu bytes left", block->shared_start,
	    block->shared_end, error, result.left);
	if (error && error != CVM_ENOSPC)
		check_error(episode, "unshare", error);
	if (error)
		block->broken = true;
	else
		block->shared_start = block->shared_end = 0;
}

static void do_accept(struct episode *episode)
{
	uint64_t start = TABLE_BASE + roll(episode, (episode->end - TABLE_BASE) / 4096) * 4096;
	uint64_t size = roll(episode, 3) ? 4096 : (1 + roll(episode, 1024)) * 4096;
	uint64_t end = start + size < episode->end ? start + size : episode->end;
	int error = cvm_accept(&episode->acceptor, start, end, CVM_CAUSE_RESERVED);

	say(episode, "accept of [0x%lx, 0x%lx): %d", start, end, error);
	if (error == CVM_EIO)
		return; /* now, or a unit that failed before: check_unit() distinguishes them */
	if (error)
		broken(episode, "accept failed with %d", error);
	if (cvm_is_unaccepted(&episode->acceptor, start, end))
		broken(episode, "[0x%lx, 0x%lx) was accepted, and is not", start, end);
}

static void do_grow(struct episode *episode)
{
	uint64_t bytes;
	int error = cvm_pages_populate(&episode->pages[roll(episode, ALLOCATORS)],
				       CVM_CAUSE_BACKGROUND, &bytes);

	say(episode, "grow: %d", error);
	if (error && error != CVM_ENOMEM)
		check_error(episode, "grow", error);
}

/* I4: a clear bit says that the unit is accepted, and the list of what is shared says what else
 * its pages are. */
static void check_unit(struct episode *episode, uint64_t unit)
{
	uint64_t start = TABLE_BASE + unit * episode->unit;

	if (start >= episode->known)
		return;
	if (episode->acceptor.config.table->bitmap[unit / 64] >> unit % 64 & 1)
		return;
	for (uint64_t gpa = start; gpa < start + episode->unit; gpa += 4096) {
		const struct model_page *page = page_at(episode, gpa);

		if (emu_machine_state(hosted_emu(episode->machine), gpa) == EMU_PAGE_MAPPED ||
		    page->taken)
			continue;
		if (cvm_share_state_at(&episode->share, gpa) == CVM_PRIVATE)
			broken(episode, "I4: 0x%lx counts as accepted, and is not", gpa);
	}
}

static bool is_usable(const struct block *block)
{
	return !block->broken;
}

void guest_step(struct episode *episode)
{
	uint64_t units = (episode->end - TABLE_BASE) / episode->unit;
	struct block *block = NULL;
	uint64_t what = roll(episode, 20);

	if (episode->blocks)
		block = &episode->block[roll(episode, episode->blocks)];
	if (what < 4 || !block)
		do_alloc(episode);
	else if (what < 6)
		do_free(episode, block);
	else if (what < 8 && is_usable(block))
		write_block(episode, block);
	else if (what < 10 && is_usable(block))
		read_block(episode, block);
	else if (what < 14 && is_usable(block) && block->shared_start == block->shared_end)
		do_share(episode, block);
	else if (what < 14 && is_usable(block))
		do_unshare(episode, block);
	else if (what == 14)
		do_accept(episode);
	else if (what == 15)
		do_grow(episode);
	else if (what > 15)
		hotplug_step(episode);
	if (episode->double_known)
		broken(episode, "I2: the guest goes on after a double accept");
	check_unit(episode, roll(episode, units));
}

void guest_verify(struct episode *episode)
{
	uint64_t units = (episode->end - TABLE_BASE) / episode->unit;

	for (uint64_t unit = 0; unit < units; unit++)
		check_unit(episode, unit);
	for (unsigned i = 0; i < episode->blocks; i++)
		if (is_usable(&episode->block[i]))
			read_block(episode, &episode->block[i]);
}
