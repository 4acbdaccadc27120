/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include <cvmem/tdx.h>

#include "tests/platform/fake_cpu.h"

/*
 * Accepts of random ranges from a module whose secure EPT has pages of 4 KiB, 2 MiB and 1 GiB. What
 * a call must have done is computed from the mapping, page by page and without its order.
 */

#define PAGE	  UINT64_C(0x1000)
#define PAGE_2M	  UINT64_C(0x200000)
#define PAGE_1G	  UINT64_C(0x40000000)
#define GIGABYTES 4
#define BLOCKS	  (GIGABYTES * 512)
#define NO_PAGE	  UINT64_MAX
#define ALREADY	  UINT64_C(0x00000b0a00000000)
#define MISMATCH  UINT64_C(0xc0000b0b00000000)
#define INVALID	  UINT64_C(0xc000010000000001)
#define VIOLATION UINT64_C(0xdead000000000000) /* no status: the test's own */

static struct cvm_tdx tdx;

static struct {
	bool knows_1g;
	uint8_t level[BLOCKS];	/* by block of 2 MiB: 0, 1; 2: part of a 1 GiB page */
	uint64_t accepted_page; /* accepted before; NO_PAGE: none is */
	uint64_t next;		/* addresses ascend */
	unsigned calls;
} module;

static uint64_t accept_at(uint64_t gpa, unsigned level)
{
	uint64_t bytes = PAGE << 9 * level;

	if (level > 2 || gpa % bytes || gpa < module.next || gpa + bytes > GIGABYTES * PAGE_1G)
		return VIOLATION;
	if (level == 2 && !module.knows_1g)
		return INVALID;
	if (level > module.level[gpa / PAGE_2M])
		return MISMATCH | module.level[gpa / PAGE_2M];
	if (module.accepted_page - gpa < bytes)
		return ALREADY | level;
	module.next = gpa + bytes;
	return 0;
}

static void on_tdcall(greg_t *regs)
{
	uint64_t rcx = (uint64_t)regs[REG_RCX];

	module.calls++;
	if (regs[REG_RAX] == 1) {
		regs[REG_RAX] = 0;
		regs[REG_RCX] = 48;
		return;
	}
	regs[REG_RAX] = (greg_t)accept_at(rcx & -PAGE, rcx & 7);
}

static bool inside(uint64_t at, uint64_t bytes, uint64_t start, uint64_t end)
{
	return at >= start && at + bytes <= end;
}

/* The level at which the page at gpa is accepted by a call for [start, end). */
static unsigned level_of(uint64_t gpa, uint64_t start, uint64_t end)
{
	uint8_t mapped = module.level[gpa / PAGE_2M];

	if (mapped == 2 && module.knows_1g && inside(gpa & -PAGE_1G, PAGE_1G, start, end))
		return 2;
	return mapped && inside(gpa & -PAGE_2M, PAGE_2M, start, end) ? 1 : 0;
}

static void check(uint64_t start, uint64_t end)
{
	uint64_t stop = end, stop_bytes = 0, accepted[CVM_LEVELS] = { 0 };
	uint64_t fallbacks[CVM_LEVELS] = { 0 };
	struct cvm_accept_result result = { 0 };
	int error;

	if (module.accepted_page >= start && module.accepted_page < end) {
		stop_bytes = PAGE << 9 * level_of(module.accepted_page, start, end);
		stop = module.accepted_page & -stop_bytes;
	}
	for (uint64_t gpa = start; gpa < stop;) {
		unsigned level = level_of(gpa, start, end);

		accepted[level]++;
		gpa += PAGE << 9 * level;
	}
	/* Tried larger: aligned pages in the range that were reached, and not accepted as such. */
	for (uint64_t gpa = 0; gpa < end && gpa <= stop; gpa += PAGE_2M)
		fallbacks[1] += inside(gpa, PAGE_2M, start, end) && !level_of(gpa, start, end);
	for (uint64_t gpa = 0; gpa < end && gpa <= stop; gpa += PAGE_1G)
		fallbacks[2] += inside(gpa, PAGE_1G, start, end) && level_of(gpa, start, end) < 2;
	if (!module.knows_1g && fallbacks[2] > 1)
		fallbacks[2] = 1;

	module.next = start;
	module.calls = 0;
	error = tdx.platform.accept(&tdx.platform, start, end, &result);
	assert_int_equal(error, stop < end ? CVM_EALREADY : 0);
	assert_int_equal(result.done, stop - start);
	for (unsigned level = 0; level < CVM_LEVELS; level++) {
		assert_int_equal(result.accepted[level], accepted[level]);
		assert_int_equal(result.fallbacks[level], fallbacks[level]);
	}
	assert_int_equal(module.calls, accepted[0] + accepted[1] + accepted[2] + fallbacks[1] +
					       fallbacks[2] + (stop < end));
	if (!error)
		return;
	assert_int_equal(result.where, stop);
	assert_int_equal(result.where_bytes, stop_bytes);
	assert_int_equal(result.status & -PAGE, ALREADY);
}

static uint64_t below(uint64_t n)
{
	return (uint64_t)rand() % n;
}

static void map_at_random(void)
{
	module.knows_1g = below(2);
	for (unsigned i = 0; i < GIGABYTES; i++) {
		unsigned kind = (unsigned)below(3);

		for (unsigned j = 0; j < 512; j++)
			module.level[512 * i + j] = kind == 2 ? 2 : kind == 1 ? 1 : below(64) > 0;
	}
}

static void test_random_ranges(void **state)
{
	fake_cpu_begin();
	fake_cpu.tdcall = on_tdcall;
	assert_int_equal(cvm_tdx_init(&tdx), 0);
	srand(1);
	for (unsigned round = 0; round < 200; round++) {
		uint64_t unit = below(3) ? PAGE : PAGE_1G;
		uint64_t pages = GIGABYTES * PAGE_1G / unit;
		uint64_t start = below(pages) * unit, end = start;

		end += (1 + below(pages - start / unit)) * unit;
		map_at_random();
		module.accepted_page = NO_PAGE;
		if (below(2))
			module.accepted_page = start + below((end - start) / PAGE) * PAGE;
		check(start, end);
	}
}

/* One call, all levels: the first GiB is one page, the second 2 MiB pages, except a block. */
static void test_every_level(void **state)
{
	fake_cpu_begin();
	fake_cpu.tdcall = on_tdcall;
	assert_int_equal(cvm_tdx_init(&tdx), 0);
	module.knows_1g = true;
	for (unsigned i = 0; i < BLOCKS; i++)
		module.level[i] = i < 1024 ? 2 : i != 1100;
	module.accepted_page = NO_PAGE;
	check(PAGE_1G, 3 * PAGE_1G);
	assert_int_equal(module.calls, 1 + 1 + 511 + 1 + 512);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_ranges),
		cmocka_unit_test(test_every_level),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
