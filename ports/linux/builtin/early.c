// SPDX-License-Identifier: MIT
#include <linux/cvmem.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/vmstat.h>

/* What a zone keeps ready until Linux has computed its watermarks. */
#define EARLY_BYTES SZ_8M

bool cvmem_has_ready(struct zone *zone, unsigned int order)
{
	/* Linux counts unaccepted memory as free. */
	long ready = zone_page_state(zone, NR_FREE_PAGES) - zone_page_state(zone, NR_UNACCEPTED);

	if (ready < (long)((EARLY_BYTES >> PAGE_SHIFT) + (1ul << order)))
		return false;
	for (; order < NR_PAGE_ORDERS; order++)
		if (READ_ONCE(zone->free_area[order].nr_free))
			return true;
	return false;
}
