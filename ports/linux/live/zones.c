// SPDX-License-Identifier: MIT
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/slab.h>
#include <linux/static_call.h>
#include <linux/vmstat.h>

#include "live.h"
#include "zones.h"

/* Linux's zones as the sources of reserves. */

static void no_accept_page(struct page *page)
{
}

DEFINE_STATIC_CALL(live_accept_page, no_accept_page);

/* Linux accepts memory for an allocation where less than this is free: the highest watermark, and
 * what only some allocations may take. What is above it is ready for all. */
static unsigned long kept_by_linux(struct zone *zone)
{
	return wmark_pages(zone, WMARK_PROMO) + READ_ONCE(zone->nr_reserved_highatomic) +
	       zone_page_state(zone, NR_FREE_CMA_PAGES);
}

/*
 * Linux counts unaccepted memory as free. What is free in pieces is not ready for an allocation of
 * a whole block, and Linux accepts memory for that one, so only whole blocks count.
 */
static void sample(struct cvm_source *source, uint64_t *ready, uint64_t *used)
{
	struct zone *zone = container_of(source, struct live_zone, source)->zone;
	unsigned long free = zone_page_state(zone, NR_FREE_PAGES);
	unsigned long not_ready = zone_page_state(zone, NR_UNACCEPTED) + kept_by_linux(zone);
	unsigned long blocks = READ_ONCE(zone->free_area[MAX_PAGE_ORDER].nr_free);
	unsigned long managed = zone_managed_pages(zone);

	*ready = free > not_ready
			 ? (u64)min(free - not_ready, blocks << MAX_PAGE_ORDER) << PAGE_SHIFT
			 : 0;
	*used = managed > free ? (u64)(managed - free) << PAGE_SHIFT : 0;
}

/* The block that Linux would take next. accept_page() looks again, under the lock, whether it is
 * unaccepted still. */
static struct page *first_unaccepted(struct zone *zone)
{
	struct page *page;
	unsigned long flags;

	spin_lock_irqsave(&zone->lock, flags);
	page = list_first_entry_or_null(&zone->unaccepted_pages, struct page, lru);
	spin_unlock_irqrestore(&zone->lock, flags);
	return page;
}

static int populate(struct cvm_source *source, enum cvm_cause cause, uint64_t *bytes)
{
	struct page *page = first_unaccepted(container_of(source, struct live_zone, source)->zone);

	*bytes = 0;
	if (!page)
		return CVM_ENOMEM;
	static_call(live_accept_page)(page);
	*bytes = MAX_ORDER_NR_PAGES * PAGE_SIZE;
	return 0;
}

int live_zones_init(struct live_zone **zones, size_t *count)
{
	void *accept_page = (void *)live_symbol("accept_page");
	size_t most = num_online_nodes() * MAX_NR_ZONES;
	int node;

	if (!accept_page)
		return -ENOENT;
	*zones = kcalloc(most, sizeof(**zones), GFP_KERNEL);
	if (!*zones)
		return -ENOMEM;
	static_call_update(live_accept_page, accept_page);
	*count = 0;
	for_each_online_node(node)
	{
		struct zone *zone = NODE_DATA(node)->node_zones;

		for (int i = 0; i < MAX_NR_ZONES && *count < most; i++) {
			struct live_zone *entry = &(*zones)[*count];

			if (!managed_zone(&zone[i]))
				continue;
			entry->zone = &zone[i];
			entry->source.sample = sample;
			entry->source.populate = populate;
			entry->source.unit_bytes = MAX_ORDER_NR_PAGES * PAGE_SIZE;
			++*count;
		}
	}
	return 0;
}
