/* SPDX-License-Identifier: MIT */
#include "pages.h"

/* Memory enters the allocator: descriptors first, then acceptance without the lock. */

static int make_room(struct cvm_pages *pages)
{
	while (pages->meta_end - pages->meta < META_FOR_SECTION) {
		int error = meta_grow(pages);

		if (error)
			return error;
	}
	return 0;
}

/* Descriptors for the section that holds gpa, all absent; make_room() was called. */
static void describe(struct cvm_pages *pages, uint64_t gpa)
{
	uint32_t number = page_number(pages, gpa);
	struct cvm_page ***sections = &pages->index[number >> CVM_MAX_ORDER];
	struct cvm_page **section;

	if (!*sections)
		*sections = meta_alloc(pages, SECTION_PAGES * sizeof(struct cvm_page *));
	section = &(*sections)[number >> CVM_SECTION_ORDER & (SECTION_PAGES - 1)];
	if (!*section)
		*section = meta_alloc(pages, SECTION_PAGES * sizeof(struct cvm_page));
}

static int accept_unlocked(struct cvm_pages *pages, uint64_t start, uint64_t end)
{
	int error;

	pages->in_flight++;
	pages_unlock(pages);
	error = cvm_accept(pages->config.acceptor, start, end, CVM_CAUSE_PAGES);
	pages_lock(pages);
	pages->in_flight--;
	if (error)
		pages->lost += (end - start) >> CVM_PAGE_SHIFT;
	return error;
}

int online_piece(struct cvm_pages *pages, unsigned order)
{
	uint64_t start, end;
	int error = make_room(pages);

	/* Without room for descriptors the last piece cannot be used either. */
	if (!error && !offline_take(pages, order, &start, &end))
		error = CVM_ENOMEM;
	if (error) {
		if (error != CVM_ENOMEM || !pages->in_flight)
			return error;
		/* What another CPU is bringing in may be enough for both. */
		pages_unlock(pages);
		pages_relax(pages);
		pages_lock(pages);
		return 0;
	}
	describe(pages, start);
	error = accept_unlocked(pages, start, end);
	if (error)
		return error;
	CVM_ASSERT(!cvm_is_unaccepted(pages->config.acceptor, start, end));
	buddy_put_range(pages, start, end);
	return 0;
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
		error = accept_unlocked(pages, done, done + CVM_SECTION);
		rest = done + CVM_SECTION;
		if (error)
			break;
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
