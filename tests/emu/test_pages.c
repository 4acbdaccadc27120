/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emu/pages.h"
#include "tests/emu/fake_backend.h"

/* The RAM list, and finding a range in it; what happens to pages is tested by the platforms. */

#define K4 UINT64_C(0x1000)
#define M2 UINT64_C(0x200000)

static const struct {
	struct emu_ram ram[2];
	size_t count;
	const char *problem; /* a word of it; NULL: the list is good */
} lists[] = {
	{ { { 0 } }, 0, NULL },
	{ { { 0, K4 } }, 1, NULL },
	{ { { 0, M2 }, { M2, 2 * M2 } }, 2, NULL },
	{ { { 0, M2 }, { 2 * M2, UINT64_C(1) << 52 } }, 2, NULL },
	{ { { 1, K4 } }, 1, "aligned" },
	{ { { 0, K4 + 1 } }, 1, "aligned" },
	{ { { K4, K4 } }, 1, "empty" },
	{ { { 2 * K4, K4 } }, 1, "empty" },
	{ { { 0, M2 }, { M2 - K4, 2 * M2 } }, 2, "overlap" },
	{ { { M2, 2 * M2 }, { 0, M2 } }, 2, "order" },
	{ { { 0, M2 }, { 0, M2 } }, 2, "overlap" },
	{ { { M2, (UINT64_C(1) << 52) + K4 } }, 1, "2^52" },
};

static void test_list(void **state)
{
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		const char *problem = emu_ram_check(lists[i].ram, lists[i].count);

		if (!lists[i].problem) {
			assert_null(problem);
			continue;
		}
		assert_non_null(problem);
		assert_non_null(strstr(problem, lists[i].problem));
	}
}

/* No machine comes to be on a list that is refused. */
static void test_init(void **state)
{
	const struct emu_ram good[] = { { 0, M2 }, { 2 * M2, 3 * M2 } };
	const struct emu_ram bad[] = { { 0, M2 }, { K4, 3 * M2 } };
	struct fake_backend *fake = fake_create();
	struct emu_pages pages;

	assert_false(emu_pages_init(&pages, bad, 2, 0, &fake->backend));
	assert_false(emu_pages_init(&pages, NULL, 1, 0, &fake->backend));
	assert_true(emu_pages_init(&pages, good, 2, 0, &fake->backend));
	assert_int_equal(pages.ram_pages, 1024);
	assert_int_equal(pages.end, 3 * M2);
	emu_pages_free(&pages);
	fake_destroy(fake);
}

static void test_ram(void **state)
{
	/* The last two touch each other. */
	const struct emu_ram ram[] = { { K4, M2 }, { 2 * M2, 3 * M2 }, { 3 * M2, 4 * M2 } };
	struct fake_backend *fake = fake_create();
	struct emu_pages pages;
	struct emu_ram part;

	assert_true(emu_pages_init(&pages, ram, 3, 0, &fake->backend));
	assert_true(emu_pages_ram(&pages, 0, 5 * M2, &part));
	assert_int_equal(part.start, K4);
	assert_int_equal(part.end, M2);
	assert_true(emu_pages_ram(&pages, M2, 2 * M2 + K4, &part));
	assert_int_equal(part.start, 2 * M2);
	assert_int_equal(part.end, 2 * M2 + K4);
	assert_false(emu_pages_ram(&pages, M2, 2 * M2, &part));
	assert_false(emu_pages_ram(&pages, 4 * M2, 5 * M2, &part));
	assert_false(emu_pages_ram(&pages, M2, M2, &part));

	assert_true(emu_pages_is_ram(&pages, 2 * M2, 4 * M2));
	assert_false(emu_pages_is_ram(&pages, 0, M2));
	assert_false(emu_pages_is_ram(&pages, K4, 2 * M2 + K4));
	assert_false(emu_pages_is_ram(&pages, 3 * M2, 4 * M2 + 1));

	assert_int_equal(emu_pages_state(&pages, K4), EMU_PAGE_FREE);
	assert_int_equal(emu_pages_state(&pages, K4 - 1), EMU_PAGE_NOT_RAM);
	assert_int_equal(emu_pages_state(&pages, 4 * M2), EMU_PAGE_NOT_RAM);
	assert_int_equal(emu_pages_state(&pages, UINT64_MAX), EMU_PAGE_NOT_RAM);
	/* A region is free if all of it is RAM. */
	assert_true(emu_region_is_free(&pages, 2 * M2));
	assert_false(emu_region_is_free(&pages, 0));
	emu_pages_free(&pages);
	fake_destroy(fake);
}

/* RAM that comes and goes below the limit: free when it comes, and again when it comes back. */
static void test_add(void **state)
{
	const struct emu_ram ram = { 0, M2 };
	struct fake_backend *fake = fake_create();
	struct emu_pages pages;

	assert_true(emu_pages_init(&pages, &ram, 1, 8 * M2, &fake->backend));
	assert_int_equal(emu_pages_state(&pages, 4 * M2), EMU_PAGE_NOT_RAM);
	assert_int_equal(emu_pages_unaccepted(&pages), 512);
	/* Above the limit, on RAM that is there, empty, not aligned. */
	assert_false(emu_pages_add(&pages, 7 * M2, 9 * M2));
	assert_false(emu_pages_add(&pages, M2 - K4, 2 * M2));
	assert_false(emu_pages_add(&pages, 2 * M2, 2 * M2));
	assert_false(emu_pages_add(&pages, 2 * M2 + 1, 3 * M2));
	assert_int_equal(emu_pages_unaccepted(&pages), 512);

	assert_true(emu_pages_add(&pages, 6 * M2, 8 * M2));
	assert_true(emu_pages_add(&pages, 4 * M2, 6 * M2));
	assert_int_equal(emu_pages_state(&pages, 4 * M2), EMU_PAGE_FREE);
	assert_true(emu_pages_is_ram(&pages, 4 * M2, 8 * M2));
	assert_false(emu_pages_is_ram(&pages, 3 * M2, 8 * M2));
	assert_int_equal(emu_pages_unaccepted(&pages), 5 * 512);

	emu_pages_launch(&pages, 4 * M2, 4 * M2 + 3 * K4);
	emu_pages_share(&pages, 5 * M2, 6 * M2);
	assert_int_equal(emu_pages_unaccepted(&pages), 4 * 512 - 3);
	/* A part of a range, and one that is not there. */
	assert_false(emu_pages_remove(&pages, 4 * M2, 5 * M2));
	assert_false(emu_pages_remove(&pages, 2 * M2, 3 * M2));
	assert_true(emu_pages_remove(&pages, 4 * M2, 6 * M2));
	assert_int_equal(emu_pages_state(&pages, 4 * M2), EMU_PAGE_NOT_RAM);
	assert_int_equal(emu_pages_state(&pages, 6 * M2), EMU_PAGE_FREE);
	assert_int_equal(emu_pages_unaccepted(&pages), 3 * 512);
	assert_true(emu_pages_add(&pages, 4 * M2, 6 * M2));
	for (uint64_t gpa = 4 * M2; gpa < 6 * M2; gpa += K4)
		assert_int_equal(emu_pages_state(&pages, gpa), EMU_PAGE_FREE);
	assert_int_equal(emu_pages_unaccepted(&pages), 5 * 512);
	emu_pages_free(&pages);
	fake_destroy(fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_init),
		cmocka_unit_test(test_ram),
		cmocka_unit_test(test_add),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
