/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "machine.h"

static void *zeroed(size_t bytes)
{
	void *memory = calloc(bytes + 1, 1);

	assert_non_null(memory);
	return memory;
}

static void make_table(struct machine *machine, uint32_t unit)
{
	struct cvm_table_plan plan;

	assert_int_equal(cvm_table_plan(&machine->map, unit, &plan), 0);
	if (!plan.bytes)
		return;
	machine->table = zeroed(plan.bytes);
	assert_int_equal(cvm_table_init(machine->table, plan.bytes, &plan), 0);
	assert_int_equal(
		cvm_table_build(machine->table, &machine->map, fake_accept_now, machine->fake), 0);
	machine->claims = zeroed(cvm_claims_bytes(machine->table));
}

static const struct cvm_host host = { .relax = job_relax };

static void make_pages(struct machine *machine, uint64_t base, uint64_t end)
{
	struct cvm_pages_config config = {
		.acceptor = &machine->acceptor,
		.direct_map = (uintptr_t)machine->fake->memory - base,
		.start = base,
		.end = end,
		.seed_bytes = CVM_PAGES_SEED,
	};

	config.index = machine->index = zeroed(cvm_pages_index_bytes(base, end));
	config.seed = machine->seed = aligned_alloc(16, CVM_PAGES_SEED);
	assert_non_null(machine->seed);
	assert_int_equal(cvm_pages_init(&machine->pages, &config), 0);
}

struct machine *machine_new(uint64_t base, uint64_t end, uint32_t unit, bool guard,
			    const struct cvm_range *ranges, size_t n)
{
	struct machine *machine = zeroed(sizeof(*machine));
	struct cvm_acceptor_config config = { .guard = guard, .host = &host };

	assert_true(n <= 64);
	machine->fake = fake_new(base, end, true);
	cvm_map_init(&machine->map, machine->ranges, 64);
	machine->map.count = n;
	memcpy(machine->ranges, ranges, n * sizeof(*ranges));
	for (size_t i = 0; i < n; i++)
		fake_set(machine->fake, ranges[i].start, ranges[i].end,
			 ranges[i].type == CVM_MEM_RAM ? FAKE_ACCEPTED : FAKE_UNACCEPTED);
	make_table(machine, unit);
	config.table = machine->table;
	config.claims = machine->claims;
	config.platform = &machine->fake->platform;
	assert_int_equal(cvm_acceptor_init(&machine->acceptor, &config), 0);
	machine->model = zeroed((end - base) / PAGE);
	make_pages(machine, base, end);
	return machine;
}

void machine_free(struct machine *machine)
{
	fake_free(machine->fake);
	free(machine->table);
	free(machine->claims);
	free(machine->index);
	free(machine->seed);
	free(machine->model);
	free(machine->block);
	free(machine);
}

void machine_add(struct machine *machine, uint64_t start, uint64_t end)
{
	assert_int_equal(cvm_pages_add(&machine->pages, start, end), 0);
	memset(machine->model + (start - machine->fake->base) / PAGE, PAGE_ADDED,
	       (end - start) / PAGE);
	machine->total += (end - start) / PAGE;
}

void machine_add_all(struct machine *machine)
{
	for (size_t i = 0; i < machine->map.count; i++)
		machine_add(machine, machine->ranges[i].start, machine->ranges[i].end);
}

/* Not every page of a large block. */
static uint64_t stride(const struct block *block)
{
	return block->order >= 9 ? 64 * PAGE : PAGE;
}

void block_write(struct fake *fake, const struct block *block)
{
	for (uint64_t at = 0; at < PAGE << block->order; at += stride(block)) {
		uint64_t *words = fake_memory(fake, block->gpa + at);

		words[0] = block->pattern;
		words[511] = block->gpa + at;
	}
}

bool block_intact(struct fake *fake, const struct block *block)
{
	for (uint64_t at = 0; at < PAGE << block->order; at += stride(block)) {
		const uint64_t *words = fake_memory(fake, block->gpa + at);

		if (words[0] != block->pattern || words[511] != block->gpa + at)
			return false;
	}
	return true;
}

int machine_alloc(struct machine *machine, unsigned order)
{
	struct block block = { .order = order, .pattern = ++machine->patterns };
	int error = cvm_pages_alloc(&machine->pages, order, &block.gpa);

	if (error)
		return error;
	assert_int_equal(block.gpa % (PAGE << order), 0);
	assert_true(block.gpa >= machine->fake->base);
	assert_true(block.gpa + (PAGE << order) <= machine->fake->end);
	for (uint64_t at = block.gpa; at < block.gpa + (PAGE << order); at += PAGE) {
		uint8_t *page = &machine->model[(at - machine->fake->base) / PAGE];

		assert_int_equal(*page, PAGE_ADDED);
		assert_int_equal(fake_at(machine->fake, at), FAKE_ACCEPTED);
		*page = PAGE_OUT;
	}
	machine->out += UINT64_C(1) << order;
	block_write(machine->fake, &block);
	if (machine->blocks == machine->capacity) {
		machine->capacity = 2 * machine->capacity + 64;
		machine->block = realloc(machine->block, machine->capacity * sizeof(block));
		assert_non_null(machine->block);
	}
	machine->block[machine->blocks++] = block;
	return 0;
}

void machine_release(struct machine *machine, size_t i)
{
	struct block block = machine->block[i];

	assert_true(block_intact(machine->fake, &block));
	assert_int_equal(cvm_pages_free(&machine->pages, block.gpa, block.order), 0);
	memset(machine->model + (block.gpa - machine->fake->base) / PAGE, PAGE_ADDED,
	       1u << block.order);
	machine->out -= UINT64_C(1) << block.order;
	machine->block[i] = machine->block[--machine->blocks];
	assert_int_equal(fake_at(machine->fake, block.gpa), FAKE_ACCEPTED);
}

void machine_release_all(struct machine *machine, uint64_t *seed)
{
	while (machine->blocks)
		machine_release(machine, below(seed, machine->blocks));
}

uint64_t machine_exhaust(struct machine *machine, unsigned order)
{
	uint64_t n = 0;
	int error;

	while (!(error = machine_alloc(machine, order)))
		n++;
	assert_int_equal(error, CVM_ENOMEM);
	return n;
}

struct cvm_pages_stats machine_stats(struct machine *machine)
{
	struct cvm_pages_stats stats;

	cvm_pages_get_stats(&machine->pages, &stats);
	return stats;
}

uint64_t machine_accepted(struct machine *machine, enum cvm_cause cause)
{
	struct cvm_accept_stats stats;

	cvm_acceptor_get_stats(&machine->acceptor, &stats);
	return stats.bytes[cause];
}

void machine_check(struct machine *machine)
{
	struct cvm_pages_stats stats = machine_stats(machine);
	struct fake *fake = machine->fake;
	uint64_t online = 0, unaccepted = 0;

	for (unsigned order = 0; order < CVM_ORDERS; order++)
		online += stats.free_blocks[order] << order;
	assert_int_equal(stats.total, machine->total);
	assert_int_equal(stats.allocated, machine->out);
	assert_int_equal(stats.free, stats.pending + online);
	assert_int_equal(stats.total, stats.free + stats.allocated + stats.memmap + stats.failed);
	assert_int_equal(stats.total, stats.accepted + stats.unaccepted + stats.failed);
	assert_true(fake_clean(fake));
	if (machine->refuses)
		return;
	for (uint64_t i = 0; i < (fake->end - fake->base) / PAGE; i++)
		unaccepted +=
			machine->model[i] != PAGE_NOT_ADDED && fake->state[i] == FAKE_UNACCEPTED;
	assert_int_equal(stats.unaccepted, unaccepted);
	assert_int_equal(stats.failed, 0);
}

static bool whole(const uint8_t *pages, uint64_t first, uint64_t n)
{
	for (uint64_t i = first; i < first + n; i++)
		if (!pages[i])
			return false;
	return true;
}

/* The span begins on a GiB here, so that page numbers are alignment enough. */
void machine_check_merged(struct machine *machine, const uint8_t *pages)
{
	uint64_t n = (machine->fake->end - machine->fake->base) / PAGE;
	struct cvm_pages_stats stats = machine_stats(machine);
	uint64_t blocks[CVM_ORDERS] = { 0 };

	assert_int_equal(machine->fake->base % GIB, 0);
	for (uint64_t i = 0, size; i < n; i += size) {
		unsigned order = CVM_MAX_ORDER;

		size = 1;
		if (!pages[i])
			continue;
		while (i % (1u << order) || i + (1u << order) > n || !whole(pages, i, 1u << order))
			order--;
		blocks[order]++;
		size = 1u << order;
	}
	for (unsigned order = 0; order < CVM_ORDERS; order++)
		assert_int_equal(stats.free_blocks[order], blocks[order]);
}
