/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "qemu/memory/forgotten.h"

/* Which of eight pages are forgotten, as bits. */
static unsigned pages(void)
{
	unsigned bits = 0;

	for (unsigned i = 0; i < 8; i++)
		if (memory_is_forgotten(i * 4096u))
			bits |= 1u << i;
	return bits;
}

static void test_range(void **state)
{
	assert_int_equal(pages(), 0);
	memory_forget(2 * 4096, 4 * 4096);
	assert_int_equal(pages(), 0x3c);
	assert_true(memory_is_forgotten(6 * 4096 - 1));
	/* Beside it. */
	memory_forget_no_more(0, 2 * 4096);
	memory_forget_no_more(6 * 4096, 4096);
	assert_int_equal(pages(), 0x3c);
	memory_forget_no_more(4096, 2 * 4096);
	assert_int_equal(pages(), 0x38);
	memory_forget_no_more(5 * 4096, 2 * 4096);
	assert_int_equal(pages(), 0x18);
	memory_forget_no_more(0, 8 * 4096);
	assert_int_equal(pages(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_range) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
