/* SPDX-License-Identifier: MIT */
/* Which words are near to which names, and the distance against its definition by recursion. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/common/suggest.h"

static const char *const names[] = { "boot", "inspect", "map", "status", "vm", "warm" };

static const char *meant(const char *word)
{
	return suggest_name(word, names, sizeof(names) / sizeof(names[0]));
}

static void near_misses(void **unused)
{
	static const char *const cases[][2] = {
		{ "bot", "boot" },	  { "bott", "boot" },	   { "mpa", "map" },
		{ "maps", "map" },	  { "vn", "vm" },	   { "wram", "warm" },
		{ "statsu", "status" },	  { "stats", "status" },   { "sattsu", "status" },
		{ "inspcet", "inspect" }, { "insect", "inspect" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(meant(cases[i][0]), cases[i][1]);
}

static void others(void **unused)
{
	static const char *const words[] = {
		"foo",	   "frobnicate",
		"",	   "x",
		"run",	   "list",

		"bootmap", "help",
		"tsu",	   "an-argument-that-is-longer-than-every-name-of-a-command",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert_null(meant(words[i]));
}

static size_t defined(const char *a, size_t i, const char *b, size_t j)
{
	size_t best, other;

	if (!i || !j)
		return i + j;
	best = defined(a, i - 1, b, j - 1) + (a[i - 1] != b[j - 1]);
	other = defined(a, i - 1, b, j) + 1;
	best = other < best ? other : best;
	other = defined(a, i, b, j - 1) + 1;
	best = other < best ? other : best;
	if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
		other = defined(a, i - 2, b, j - 2) + 1;
		best = other < best ? other : best;
	}
	return best;
}

/* Words of up to five letters of an alphabet of three. */
static void distances(void **unused)
{
	char a[8], b[8];

	for (unsigned i = 0; i < 6000; i++) {
		unsigned seed = i * 2654435761u;
		size_t length[2] = { seed >> 29 & 7, seed >> 26 & 7 };

		for (size_t at = 0; at < 7; at++) {
			seed = seed * 1664525u + 1013904223u;
			a[at] = (char)('a' + (seed >> 28) % 3);
			b[at] = (char)('a' + (seed >> 20) % 3);
		}
		length[0] = length[0] > 5 ? 5 : length[0];
		length[1] = length[1] > 5 ? 5 : length[1];
		a[length[0]] = b[length[1]] = '\0';
		assert_int_equal(suggest_distance(a, b), defined(a, length[0], b, length[1]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(near_misses),
		cmocka_unit_test(others),
		cmocka_unit_test(distances),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
