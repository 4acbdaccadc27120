/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cvmem/handover.h>

#include "convert.h"

/*
 * Ten kernels, each started by the one before, told of memory in four different ways. Each
 * accepts and shares at random, and loses a unit now and then. No page is accepted twice, none is
 * believed to be accepted that is not, and only memory that the platform rejected is unusable.
 */

#define BASE   GIB
#define UNIT   (2 * MIB)
#define UNITS  96
#define ROOM   512
#define BYTES  (ROOM * 64)
#define KEXECS 10

enum told { TOLD_EFI_AND_TABLE, TOLD_EFI, TOLD_E820_AND_TABLE, TOLD_E820, TOLD_WAYS };

struct kernel {
	struct convert *convert;
	struct cvm_range ranges[ROOM];
	struct cvm_map map;
	uint64_t seed, memory;
	bool lost[UNITS]; /* in this kernel's time: it knows */
};

/* Edges that are not units', a range of less than two, reserved memory in between. */
static void firmware_map(struct kernel *kernel)
{
	static const struct {
		uint64_t start, end;
		enum cvm_mem_type type;
	} range[] = {
		{ 0, 3 * UNIT + 7 * PAGE, CVM_MEM_RAM },
		{ 3 * UNIT + 7 * PAGE, 20 * UNIT + 100 * PAGE, CVM_MEM_UNACCEPTED },
		{ 20 * UNIT + 100 * PAGE, 20 * UNIT + 101 * PAGE, CVM_MEM_NVS },
		{ 20 * UNIT + 101 * PAGE, 22 * UNIT, CVM_MEM_UNACCEPTED },
		{ 23 * UNIT, 24 * UNIT, CVM_MEM_RESERVED },
		{ 24 * UNIT, 90 * UNIT + 3 * PAGE, CVM_MEM_UNACCEPTED },
		{ 90 * UNIT + 3 * PAGE, 95 * UNIT, CVM_MEM_RAM },
	};
	struct fake *fake = kernel->convert->world->fake;

	cvm_map_init(&kernel->map, kernel->ranges, ROOM);
	fake_set(fake, fake->base, fake->end, FAKE_OUTSIDE);
	for (size_t i = 0; i < sizeof(range) / sizeof(range[0]); i++) {
		uint64_t start = BASE + range[i].start, end = BASE + range[i].end;

		assert_int_equal(cvm_map_add(&kernel->map, start, end - start, range[i].type, 0xf),
				 0);
		if (range[i].type == CVM_MEM_RAM)
			fake_set(fake, start, end, FAKE_ACCEPTED);
		else if (range[i].type == CVM_MEM_UNACCEPTED)
			fake_set(fake, start, end, FAKE_UNACCEPTED);
	}
	kernel->memory = cvm_map_bytes(&kernel->map, CVM_MEM_RAM) +
			 cvm_map_bytes(&kernel->map, CVM_MEM_UNACCEPTED);
}

static void *zeroed(size_t bytes)
{
	void *memory = calloc(1, bytes);

	assert_non_null(memory);
	return memory;
}

/* As a loader does it: a new table from the map. */
static void build_table(struct kernel *kernel)
{
	struct world *world = kernel->convert->world;
	struct cvm_table_plan plan;

	free(world->table);
	world->table = NULL;
	assert_int_equal(cvm_table_plan(&kernel->map, 0, &plan), 0);
	if (!plan.bytes)
		return;
	world->table = zeroed(plan.bytes);
	assert_int_equal(cvm_table_init(world->table, plan.bytes, &plan), 0);
	assert_int_equal(cvm_table_build(world->table, &kernel->map, fake_accept_now, world->fake),
			 0);
}

static void start_kernel(struct kernel *kernel)
{
	struct world *world = kernel->convert->world;
	struct cvm_acceptor_config config = { .platform = &kernel->convert->platform };
	size_t bytes = 0;

	free(world->claims);
	world->claims = NULL;
	if (world->table) {
		world->claims = zeroed(cvm_claims_bytes(world->table));
		bytes = CVM_TABLE_HEADER + (world->table->size + 7) / 8 * 8;
	}
	config.table = world->table;
	config.claims = world->claims;
	/* The table lies below all of this memory. */
	assert_int_equal(
		cvm_handover_import(&world->acceptor, &config, BASE / 2 + 40, bytes, &kernel->map),
		0);
	convert_reset(kernel->convert, 32);
	memset(kernel->lost, 0, sizeof(kernel->lost));
}

/* What the kernel believes of each page, and the truth. */
static void check_belief(struct kernel *kernel)
{
	struct fake *fake = kernel->convert->world->fake;
	const struct cvm_table *table = kernel->convert->world->table;
	uint64_t memory = 0;

	for (uint64_t gpa = fake->base; gpa < fake->end; gpa += PAGE) {
		const struct cvm_range *range = cvm_map_find(&kernel->map, gpa);
		enum cvm_mem_type type = range ? range->type : CVM_MEM_NONE;

		if (type == CVM_MEM_UNUSABLE)
			memory += PAGE;
		if (type != CVM_MEM_RAM && type != CVM_MEM_UNACCEPTED)
			continue;
		memory += PAGE;
		assert_int_equal(fake_at(fake, gpa), table && cvm_table_any(table, gpa, gpa + PAGE)
							     ? FAKE_UNACCEPTED
							     : FAKE_ACCEPTED);
	}
	assert_int_equal(memory, kernel->memory);
	assert_true(fake_clean(fake));
}

/* A random part of memory; false: it is not all memory. */
static bool random_range(struct kernel *kernel, uint64_t *start, uint64_t *end)
{
	*start = BASE + below(&kernel->seed, UNITS * UNIT / PAGE - 600) * PAGE;
	*end = *start + (1 + below(&kernel->seed, 600)) * PAGE;
	for (uint64_t gpa = *start; gpa < *end; gpa += PAGE) {
		const struct cvm_range *range = cvm_map_find(&kernel->map, gpa);

		if (!range || (range->type != CVM_MEM_RAM && range->type != CVM_MEM_UNACCEPTED))
			return false;
	}
	return true;
}

static bool touches_lost(const struct kernel *kernel, uint64_t start, uint64_t end)
{
	bool lost = false;

	for (uint64_t gpa = start; gpa < end; gpa += PAGE)
		lost |= kernel->lost[(gpa - BASE) / UNIT];
	return lost;
}

static void live(struct kernel *kernel)
{
	struct convert *c = kernel->convert;
	struct fake *fake = c->world->fake;
	struct cvm_acceptor *acceptor = &c->world->acceptor;

	for (int i = 0; i < 6; i++) {
		uint64_t start, end, at;
		bool lose;

		if (!random_range(kernel, &start, &end))
			continue;
		at = start + below(&kernel->seed, (end - start) / PAGE) * PAGE;
		if (!below(&kernel->seed, 8) && cvm_is_unaccepted(acceptor, at, at + PAGE)) {
			fake_mood(fake, at, FAKE_REFUSE);
			kernel->lost[(at - BASE) / UNIT] = true;
		}
		lose = touches_lost(kernel, start, end);
		assert_int_equal(cvm_accept(acceptor, start, end, CVM_CAUSE_PAGES),
				 lose ? CVM_EIO : 0);
		fake_mood(fake, at, 0);
		if (lose)
			continue;
		assert_true(fake_all_accepted(fake, start, end));
		/* A device's buffer, for a while. */
		assert_int_equal(cvm_set_shared(&c->share, start, end, NULL), 0);
		assert_int_equal(cvm_set_private(&c->share, start, end, NULL), 0);
	}
}

/* The next kernel's map, by the way in which it is told. */
static void tell(struct kernel *kernel, const struct cvm_map *map, enum told told)
{
	static uint8_t bytes[BYTES];
	size_t needed;
	bool efi = told == TOLD_EFI || told == TOLD_EFI_AND_TABLE;

	if (efi)
		assert_int_equal(cvm_map_write_efi(map, bytes, BYTES, 48, &needed), 0);
	else
		assert_int_equal(cvm_map_write_e820(map, bytes, BYTES,
						    told == TOLD_E820_AND_TABLE ? 1 : 8, &needed),
				 0);
	cvm_map_init(&kernel->map, kernel->ranges, ROOM);
	if (efi)
		assert_int_equal(cvm_map_read_efi(&kernel->map, bytes, needed, 48), 0);
	else
		assert_int_equal(cvm_map_read_e820(&kernel->map, bytes, needed, 8), 0);
}

static void kexec(struct kernel *kernel, enum told told)
{
	struct world *world = kernel->convert->world;
	struct cvm_handover handover = { .acceptor = &world->acceptor,
					 .share = &kernel->convert->share,
					 .map = &kernel->map };
	static struct cvm_range room[ROOM];
	struct cvm_span segment[2];
	struct cvm_map map;
	size_t failed;

	while (!random_range(kernel, &segment[0].start, &segment[0].end) ||
	       !random_range(kernel, &segment[1].start, &segment[1].end) ||
	       cvm_handover_segments(&handover, segment, 2, &failed))
		;
	for (unsigned i = 0; i < 2; i++)
		assert_true(fake_all_accepted(world->fake, segment[i].start, segment[i].end));
	assert_int_equal(cvm_handover_freeze(&handover), 0);
	cvm_map_init(&map, room, ROOM);
	assert_int_equal(cvm_handover_map(&handover, &map), 0);
	tell(kernel, &map, told);
	if (told == TOLD_EFI || told == TOLD_E820)
		build_table(kernel);
}

static void chain(uint64_t seed)
{
	struct kernel kernel = { .seed = seed };
	struct fake *fake;
	uint64_t lost;

	kernel.convert = convert_new(BASE, UNITS, NULL, 8);
	fake = kernel.convert->world->fake;
	firmware_map(&kernel);
	build_table(&kernel);
	for (unsigned i = 0; i <= KEXECS; i++) {
		start_kernel(&kernel);
		check_belief(&kernel);
		if (i == KEXECS)
			break;
		live(&kernel);
		kexec(&kernel, (enum told)((i + seed) % TOLD_WAYS));
	}
	/* The last one uses all of it. */
	lost = cvm_map_bytes(&kernel.map, CVM_MEM_UNUSABLE);
	for (size_t i = 0; i < kernel.map.count; i++)
		assert_int_equal(cvm_accept(&kernel.convert->world->acceptor,
					    kernel.map.range[i].start, kernel.map.range[i].end,
					    CVM_CAUSE_EAGER),
				 0);
	check_belief(&kernel);
	for (size_t i = 0; i < kernel.map.count; i++)
		if (kernel.map.range[i].type == CVM_MEM_RAM ||
		    kernel.map.range[i].type == CVM_MEM_UNACCEPTED)
			lost += fake_count(fake, kernel.map.range[i].start, kernel.map.range[i].end,
					   FAKE_ACCEPTED) *
				PAGE;
	assert_int_equal(lost, kernel.memory);
	convert_free(kernel.convert);
}

static void test_ten_kexecs(void **state)
{
	for (uint64_t seed = 0; seed < 24; seed++)
		chain(seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ten_kexecs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
