/* SPDX-License-Identifier: MIT */
#include <cvmem/reserve.h>

#include "pages.h"

/* The page allocator as a source. */

static struct cvm_pages *pages_of(struct cvm_source *source)
{
	return ((struct cvm_pages_source *)source)->pages;
}

static void sample(struct cvm_source *source, uint64_t *ready, uint64_t *used)
{
	struct cvm_pages *pages = pages_of(source);

	pages_lock(pages);
	*ready = pages->free_online << CVM_PAGE_SHIFT;
	*used = pages->allocated << CVM_PAGE_SHIFT;
	pages_unlock(pages);
}

static int bring(struct cvm_source *source, enum cvm_cause cause, uint64_t *bytes)
{
	return cvm_pages_grow(pages_of(source), cause, bytes);
}

static bool watch(struct cvm_source *source, uint64_t below, void (*call)(void *ctx), void *ctx)
{
	return cvm_pages_watch(pages_of(source), below, call, ctx);
}

void cvm_pages_source_init(struct cvm_pages_source *source, struct cvm_pages *pages)
{
	source->source.sample = sample;
	source->source.bring = bring;
	source->source.watch = watch;
	source->source.unit_bytes = CVM_SECTION;
	source->pages = pages;
}
