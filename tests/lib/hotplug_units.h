/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_TESTS_LIB_HOTPLUG_UNITS_H
#define CVMEM_TESTS_LIB_HOTPLUG_UNITS_H

#include <cvmem/hotplug.h>

#include "convert.h"
#include "lib/claim.h"

/* Units of memory that tests release and add. cmocka.h is to be included before. */

#define BASE  GIB
#define UNIT  (2 * MIB)
#define AT(n) (BASE + (uint64_t)(n)*UNIT)

static inline struct convert *begin(uint64_t units, uint64_t unaccepted, bool guard)
{
	uint64_t bits[4] = { unaccepted, 0, 0, 0 };
	struct convert *c = convert_new(BASE, units, bits, 16);
	struct cvm_acceptor_config config = c->world->acceptor.config;

	config.guard = guard;
	config.host = NULL;
	world_reset(c->world, &config);
	return c;
}

static inline int release(struct convert *c, uint64_t start, uint64_t end)
{
	return cvm_memory_release(&c->share, start, end, NULL);
}

static inline int add(struct convert *c, uint64_t start, uint64_t end)
{
	return cvm_memory_add(&c->share, start, end, NULL);
}

static inline int accept(struct convert *c, uint64_t start, uint64_t end)
{
	return cvm_accept(&c->world->acceptor, start, end, CVM_CAUSE_PAGES);
}

static inline enum cvm_share_state state_of(struct convert *c, unsigned unit)
{
	return cvm_share_state_at(&c->share, AT(unit));
}

static inline bool is_unaccepted(struct convert *c, unsigned unit)
{
	return cvm_table_any(c->world->acceptor.config.table, AT(unit), AT(unit + 1));
}

static inline uint64_t units_accepted(struct convert *c)
{
	struct cvm_accept_stats stats;

	cvm_acceptor_get_stats(&c->world->acceptor, &stats);
	assert_int_equal(stats.bytes[CVM_CAUSE_PAGES] + stats.bytes[CVM_CAUSE_RESERVED],
			 stats.units * UNIT);
	return stats.units;
}

#endif
