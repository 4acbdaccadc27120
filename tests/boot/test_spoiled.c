/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "boot/spoiled.h"

/* However many of its words are wrong, a page counts once; page 0 too. */
static void once_a_page(void **unused)
{
	static const struct {
		uint64_t gpa, pages;
	} words[] = {
		{ 0, 1 },     { 8, 1 },	    { 4088, 1 },    { 4096, 2 },       { 8184, 2 },
		{ 20480, 3 }, { 20488, 3 }, { 1 << 30, 4 }, { 0x40000040, 4 }, { 0x40001000, 5 },
	};
	struct spoiled spoiled = { 0 };

	assert_int_equal(spoiled.pages, 0);
	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		spoiled_word(&spoiled, words[i].gpa);
		assert_int_equal(spoiled.pages, words[i].pages);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(once_a_page) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
