/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/guest/platform.h"
#include "qemu/memory/view.h"
#include "qemu/snp/snp.h"
#include "tests/qemu/fake_tables.h"

/*
 * Which accesses without the C-bit are private nevertheless (AMD APM volume 2, 15.34.4 to
 * 15.34.6), and which are caught.
 */
#define DATA	 UINT64_C(0x40000) /* a validated page that is no table */
#define NOT_USED UINT64_C(0x50000)

static const struct emu_ram ram[] = { { 0, 0x100000 } };

struct memory_view {
	int unused;
} memory_shared;
struct snp snp;
static uint64_t unblocked;

void memory_view_unblock(struct memory_view *view, uint64_t gpa, uint64_t size)
{
	unblocked = gpa;
}

static void ignore(void *ctx, uint64_t gpa, uint64_t size)
{
}

static void map_private(void *ctx, uint64_t gpa, uint64_t size, bool zero)
{
}

static bool no_access(void *ctx, uint64_t gpa, void *buffer, size_t size)
{
	return false;
}

static bool no_write(void *ctx, uint64_t gpa, const void *buffer, size_t size)
{
	return false;
}

/* Four levels: CR3 without the C-bit, then with and without in turn; the last table has one page
 * for data. */
static void start(void)
{
	const struct emu_backend engine = { .map_private = map_private,
					    .unmap_private = ignore,
					    .map_shared = ignore,
					    .unmap_shared = ignore,
					    .read_shared = no_access,
					    .write_shared = no_write };
	const struct emu_snp_config config = {
		.vcpus = 1, .ram = ram, .ram_count = 1, .assign_on_touch = true
	};

	fake_reset();
	fake_entry(0x1000, 7, C_BIT | 0x2000 | 1);
	fake_entry(0x2000, 0, 0x3000 | 1);
	fake_entry(0x3000, 511, 0x4000 | 1);
	fake_entry(0x3000, 2, DATA | 0x80 | 1); /* a large page, no table */
	fake_entry(0x4000, 1, DATA | 1);
	snp = (struct snp){ .emu = emu_snp_create(&config, &engine) };
	assert_non_null(snp.emu);
	emu_machine_launch(emu_snp_machine(snp.emu), 0, NOT_USED);
	unblocked = 0;
}

static bool allows(uint64_t gpa, bool shared, bool fetch)
{
	const struct platform_access access = { .gpa = gpa, .shared = shared, .fetch = fetch };

	return snp_allows(&access);
}

static void test_tables(void **state)
{
	start();
	assert_true(allows(0x1038, true, false));
	assert_int_equal(unblocked, 0x1000);
	assert_true(allows(0x3ff8, true, false));
	assert_int_equal(unblocked, 0x3000);
	assert_true(allows(0x4008, true, false));
	/* This one is reached by an entry with the C-bit. */
	unblocked = 0;
	assert_false(allows(0x2000, true, false));
	assert_false(allows(DATA + 8, true, false));
	assert_int_equal(unblocked, 0);
	/* Of CR3 with the C-bit, not even the first. */
	fake_cr[3] |= C_BIT;
	assert_false(allows(0x1038, true, false));
	assert_true(allows(0x4008, true, false));
	emu_snp_destroy(snp.emu);
}

static void test_private_all_the_same(void **state)
{
	start();
	assert_false(allows(DATA, true, false));
	assert_true(allows(DATA, true, true));
	fake_cr[0] = 0x11;
	assert_true(allows(DATA, true, false));
	assert_int_equal(unblocked, 0);
	/* Not validated is not validated. */
	assert_false(allows(NOT_USED, true, false));
	assert_int_equal(emu_machine_state(emu_snp_machine(snp.emu), NOT_USED), EMU_PAGE_FREE);
	emu_snp_destroy(snp.emu);
}

static void test_becomes_shared(void **state)
{
	start();
	assert_true(allows(NOT_USED + 0x123, true, false));
	assert_int_equal(emu_machine_state(emu_snp_machine(snp.emu), NOT_USED), EMU_PAGE_SHARED);
	assert_int_equal(snp.implicit, 1);
	/* Through the private view nothing is let through. */
	assert_false(allows(NOT_USED, false, false));
	assert_false(allows(NOT_USED + 0x1000, false, true));
	assert_int_equal(emu_machine_state(emu_snp_machine(snp.emu), NOT_USED + 0x1000),
			 EMU_PAGE_FREE);
	emu_snp_destroy(snp.emu);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_private_all_the_same),
		cmocka_unit_test(test_becomes_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
