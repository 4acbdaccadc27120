/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "tools/mapfile/read.h"

/* Which map of a file a guest is booted from. */

#define LOW  "BIOS-e820: [mem 0x0000000000000000-0x000000000009ffff] usable\n"
#define GIB  "BIOS-e820: [mem 0x0000000000000000-0x000000003fffffff] usable\n"
#define USER "user: [mem 0x0000000000000000-0x00000000ffffffff] usable\n"
#define EFI                                                                                        \
	"efi: mem00: [Conventional|   |WB] range=[0x0000000000000000-0x00000000ffffffff] "         \
	"(4096MB)\n"
#define NO_RAM "BIOS-e820: [mem 0x0000000000000000-0x000000003fffffff] reserved\n"
#define BOOT   "Linux version 6\n"

static void expect(const char *text, enum map_source source, size_t line)
{
	const struct map_info *best;
	struct map_file file;

	assert_true(maps_read_bytes("log", text, strlen(text), MAP_FORMAT_AUTO, 0, &file));
	best = maps_best(&file);
	assert_non_null(best);
	assert_int_equal(best->source, source);
	assert_int_equal(best->line, line);
	maps_free(&file);
}

static void the_largest(void **state)
{
	expect(LOW BOOT GIB BOOT LOW, MAP_E820, 3);
}

static void the_first_of_equals(void **state)
{
	expect(GIB BOOT GIB, MAP_E820, 1);
}

static void the_firmwares_own(void **state)
{
	expect(USER LOW EFI, MAP_E820, 2);
	expect(USER EFI, MAP_EFI, 2);
	expect(USER, MAP_USER, 1);
}

static void one_with_memory(void **state)
{
	expect(NO_RAM USER, MAP_USER, 2);
}

static void none(void **state)
{
	struct map_file file;

	assert_true(maps_read_bytes("log", NO_RAM, strlen(NO_RAM), MAP_FORMAT_AUTO, 0, &file));
	assert_null(maps_best(&file));
	maps_free(&file);
	assert_false(maps_read_bytes("log", "", 0, MAP_FORMAT_AUTO, 0, &file));
	assert_non_null(file.error);
	assert_null(maps_best(&file));
	maps_free(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_largest),
		cmocka_unit_test(the_first_of_equals),
		cmocka_unit_test(the_firmwares_own),
		cmocka_unit_test(one_with_memory),
		cmocka_unit_test(none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
