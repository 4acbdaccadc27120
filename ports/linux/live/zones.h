/* SPDX-License-Identifier: MIT */
#ifndef PORTS_LINUX_LIVE_ZONES_H
#define PORTS_LINUX_LIVE_ZONES_H

#include <linux/types.h>

#include <cvmem/reserve.h>

struct zone;

/* zones.c: one source and one reserve for each zone that has memory when the module is loaded. */
struct live_zone {
	struct cvm_source source;
	struct zone *zone;
};

int live_zones_init(struct live_zone **zones, size_t *count);

#endif
