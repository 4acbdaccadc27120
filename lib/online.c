/* SPDX-License-Identifier: MIT */
#include "pages.h"

/* Memory enters the allocator: descriptors first, then acceptance without the lock. */

/* The room that cvm_pages_grow() keeps, unless so little is left that it has it. */
#define META_AHEAD	 (4 * META_FOR_SECTION)
#define META_AHEAD_PAGES (4 * SECTION_PAGES)

static int make_room(struct cvm_pages *pages)
{
	while (!meta_has_room(pages)) {
		int error = meta_grow(pages);

		if (error)
			return error;
	}
	return 0;
}

/* For page_of() without the lock. */
#define publish(slot, value) __atomic_store_n(slot, value, __ATOMIC_RELEASE)

/* Descriptors for the section that holds gpa, all absent; make_room() was called. */
static void describe(struct cvm_pages *pages, uint64_t gpa)
{
	uint32_t number = page_number(pages, gpa);
	struct cvm_page ***sections = &pages->index[number >> CVM_MAX_ORDER];
	struct cvm_page **section;

	if (!*sections)
		publish(sections, meta_alloc(pages, SECTION_PAGES * sizeof(struct cvm_page *)));
	section = &(*sections)[number >> CVM_SECTION_ORDER & (SECTION_PAGES - 1)];
	if (!*section)
		publish(section, meta_alloc(pages, SECTION_PAGES * sizeof(struct cvm_page)));
}

static bool is_described(const struct cvm_pages *pages, uint64_t gpa)
{
	return page_of(pages, page_number(pages, gpa)) != NULL;
}

static int accept_unlocked(struct cvm_pages *pages, uint64_t start, uint64_t end,
			   enum cvm_cause cause)
{
	struct pages_hook hook = pages_watch_due(pages);
	int error;

	pages->in_flight++;
	pages_unlock(pages);
	if (hook.call)
		hook.call(hook.ctx);
	error = pages_accept(pages, start, end, cause);
	pages_lock(pages);
	pages->in_flight--;
	return error;
}

/* A piece of what has not entered; it has descriptors. It is accepted as far as `accept`. */
static int bring_in(struct cvm_pages *pages, uint64_t start, uint64_t end, uint64_t accept,
		    enum cvm_cause cause)
{
	int error;

	if (!offline_cut(pages, start, end))
		return CVM_ENOMEM;
	error = accept_unlocked(pages, start, accept, cause);
	if (error) {
		pages->lost += (end - start) >> CVM_PAGE_SHIFT;
		return error;
	}
	CVM_ASSERT(!pages_unaccepted(pages, start, end));
	buddy_put_range(pages, start, end);
	return 0;
}

/* Nothing is left to take. */
static int wait_for_others(struct cvm_pages *pages)
{
	if (!pages->in_flight)
		return CVM_ENOMEM;
	/* What another CPU is bringing in may be enough for both. */
	pages_unlock(pages);
	pages_relax(pages);
	pages_lock(pages);
	return 0;
}

/* The next piece, with room for its descriptors. */
static int find_piece(struct cvm_pages *pages, unsigned order, bool small, uint64_t *start,
		      uint64_t *end)
{
	int error;

	for (;;) {
		if (!offline_next(pages, order, small, start, end))
			return CVM_ENOMEM;
		if (meta_has_room(pages))
			return 0;
		if (is_described(pages, *start) && pages_unaccepted(pages, *start, *end))
			return 0;
		error = meta_grow(pages);
		if (error == CVM_ENOMEM && is_described(pages, *start))
			return 0;
		/* Without room for descriptors the last piece cannot be used either. */
		if (error)
			return error;
	}
}

/*
 * No allocation is to pay for more than one unit. find_piece() therefore makes room for
 * descriptors together with a piece that is accepted already, and the piece that takes the last
 * room leaves such a piece behind, its upper half.
 */
static uint64_t lower_half(uint64_t start, uint64_t end)
{
	return end - start == CVM_PAGE_SIZE
		       ? end
		       : cvm_round_up(start + (end - start) / 2, CVM_PAGE_SIZE);
}

int online_piece(struct cvm_pages *pages, unsigned order)
{
	uint64_t start, end, whole;
	int error = find_piece(pages, order, order < CVM_SECTION_ORDER, &start, &whole);
	bool had_room = meta_has_room(pages);

	if (error == CVM_ENOMEM)
		return wait_for_others(pages);
	if (error)
		return error;
	describe(pages, start);
	end = whole;
	if (order < CVM_SECTION_ORDER - 1 && had_room && !meta_has_room(pages))
		end = lower_half(start, whole);
	return bring_in(pages, start, end, whole, CVM_CAUSE_PAGES);
}

int cvm_pages_grow(struct cvm_pages *pages, enum cvm_cause cause, uint64_t *bytes)
{
	uint64_t start, end;
	int error = CVM_ENOMEM;

	*bytes = 0;
	pages_lock(pages);
	/* Room first, so that no allocation has to wait for it. */
	if (pages->meta_end - pages->meta < META_AHEAD && !pages->meta_growing &&
	    pages->offline_pages > META_AHEAD_PAGES)
		error = meta_grow(pages);
	if (error == CVM_ENOMEM) {
		error = find_piece(pages, 0, false, &start, &end);
		if (!error) {
			describe(pages, start);
			error = bring_in(pages, start, end, end, cause);
		}
		if (!error)
			*bytes = end - start;
	}
	pages_unlock(pages);
	return error;
}

int online_block(struct cvm_pages *pages, unsigned order, uint32_t *number)
{
	uint64_t start, end, done, rest;
	int error = make_room(pages);

	if (error)
		return error;
	if (!offline_take_block(pages, order, &start))
		return CVM_ENOMEM;
	end = start + (CVM_PAGE_SIZE << order);
	for (done = start; done < end; done += CVM_SECTION) {
		rest = done;
		error = make_room(pages);
		if (error)
			break;
		describe(pages, done);
		error = accept_unlocked(pages, done, done + CVM_SECTION, CVM_CAUSE_PAGES);
		rest = done + CVM_SECTION;
		if (error) {
			pages->lost += SECTION_PAGES;
			break;
		}
	}
	if (error) {
		/* What is in already, and what is behind the trouble, is of use to others. */
		buddy_put_range(pages, start, done);
		if (rest < end && offline_add(pages, rest, end))
			pages->lost += (end - rest) >> CVM_PAGE_SHIFT;
		return error;
	}
	*number = page_number(pages, start);
	return 0;
}
