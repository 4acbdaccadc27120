/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "world.h"

static const struct cvm_host world_host = { .relax = job_relax };

static void *zeroed(size_t bytes)
{
	void *memory = calloc(bytes ? bytes : 1, 1);

	if (!memory)
		abort();
	return memory;
}

void world_reset(struct world *world, const struct cvm_acceptor_config *config)
{
	if (cvm_acceptor_init(&world->acceptor, config))
		abort();
}

struct world *world_new(uint64_t base, uint32_t unit, uint64_t units, const uint64_t *bits,
			bool guard)
{
	struct world *world = zeroed(sizeof(*world));
	uint64_t words = (units + 63) / 64;
	struct cvm_acceptor_config config = { .guard = guard, .host = &world_host };

	world->fake = fake_new(base, base + units * unit, false);
	world->table = zeroed(CVM_TABLE_HEADER + words * 8);
	world->table->version = CVM_TABLE_VERSION;
	world->table->unit_size = unit;
	world->table->phys_base = base;
	world->table->size = (units + 7) / 8;
	for (uint64_t i = 0; i < units; i++) {
		uint64_t start = base + i * unit;
		bool set = !bits || bits[i / 64] >> i % 64 & 1;

		fake_set(world->fake, start, start + unit, set ? FAKE_UNACCEPTED : FAKE_ACCEPTED);
		if (set)
			world->table->bitmap[i / 64] |= UINT64_C(1) << i % 64;
	}
	world->claims = zeroed(cvm_claims_bytes(world->table));
	config.table = world->table;
	config.claims = world->claims;
	config.platform = &world->fake->platform;
	world_reset(world, &config);
	return world;
}

struct world *world_in_runs(uint64_t base, uint32_t unit, uint64_t units, const uint64_t *bits,
			    bool guard, uint64_t run_units)
{
	struct world *world = world_new(base, unit, units, bits, guard);
	struct cvm_acceptor_config config = world->acceptor.config;

	config.host = &world_host;
	config.run_bytes = run_units * unit;
	world_reset(world, &config);
	return world;
}

void world_free(struct world *world)
{
	fake_free(world->fake);
	free(world->table);
	free(world->claims);
	free(world);
}

bool world_exact(struct world *world)
{
	const struct cvm_table *table = world->table;
	uint64_t unit = table->unit_size, units = (world->fake->end - world->fake->base) / unit;

	for (uint64_t i = 0; i < units; i++) {
		uint64_t start = world->fake->base + i * unit;
		bool set = table->bitmap[i / 64] >> i % 64 & 1;

		if (fake_count(world->fake, start, start + unit,
			       set ? FAKE_UNACCEPTED : FAKE_ACCEPTED) != unit / PAGE)
			return false;
	}
	return fake_clean(world->fake);
}

int world_accept(struct job *job)
{
	struct world *world = job->ctx;

	return cvm_accept(&world->acceptor, job->start, job->end, CVM_CAUSE_FAULT);
}

int world_try_accept(struct job *job)
{
	struct world *world = job->ctx;

	return cvm_accept_nowait(&world->acceptor, job->start, job->end, CVM_CAUSE_FAULT);
}
