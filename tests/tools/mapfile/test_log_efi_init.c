/* SPDX-License-Identifier: MIT */
/* EFI maps as kernels of arm64 print them with efi=debug (drivers/firmware/efi). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/mapfile/log.h"

#define RUN (UINT64_C(1) << 63)

static enum log_found parse(const char *text, struct log_entry *found)
{
	return log_parse(text, text, found);
}

static void expect(const char *line, uint32_t type, uint64_t start, uint64_t size, uint64_t attr)
{
	struct log_entry found = { 0 };

	assert_int_equal(parse(line, &found), LOG_ENTRY);
	assert_int_equal(found.source, MAP_EFI_INIT);
	assert_int_equal(found.entry.type, type);
	assert_true(found.entry.type_known);
	assert_int_equal(found.entry.start, start);
	assert_int_equal(found.entry.size, size);
	assert_int_equal(found.entry.attr, attr);
	assert_int_equal(found.entry.defect, MAP_DEFECT_NONE);
}

static void lines(void **unused)
{
	/* Linux 7.2 */
	expect("[    0.000000] efi:   0x000040000000-0x000043ffffff "
	       "[Conventional|   |  |  |  |  |  |  |  |  |  |   |WB|  |  |  ]",
	       7, 0x40000000, 0x4000000, 8);
	expect("efi:   0x0000bc440000-0x0000bc4bffff "
	       "[Runtime Code|RUN|  |  |  |  |  |  |  |  |  |   |WB|  |  |  ]",
	       5, 0xbc440000, 0x80000, RUN | 8);
	/* An address of more than 48 bits, as "%012llx" prints it. */
	expect("efi:   0xf000000000000-0xf000000000fff [Unaccepted  |   |WB]", 15,
	       UINT64_C(0xf000000000000), 0x1000, 8);
	/* Linux 4.5, and 3.19 with a range that it reserves. */
	expect("<6>[    0.000000] efi:   0x000000000000-0x000000000fff "
	       "[Conventional Memory|   |  |  |  |   |WB|WT|WC|UC]",
	       7, 0, 0x1000, 0xf);
	expect("[    0.000000]   0x00000bd60000-0x00000bd6ffff "
	       "[Runtime Data       |RUN|  |  |  |   |WB|  |  |  ]*",
	       6, 0xbd60000, 0x10000, RUN | 8);
	expect("Jan  1 00:00:00 host kernel:   0x000000000000-0x000000000fff [Boot Data  |WB]", 4,
	       0, 0x1000, 8);
}

static void other_lines(void **unused)
{
	struct log_entry found;

	/* The memory attributes table has parts of the map's entries. */
	assert_int_equal(parse("efi: memattr:  0x0000bc440000-0x0000bc44ffff "
			       "[Runtime Code|RUN|  |  |  |  |  |XP|  |  |  |   |  |  |  |  ]",
			       &found),
			 LOG_NOTHING);
	assert_int_equal(parse("fb: 0x000040000000-0x000043ffffff [Conventional|WB]", &found),
			 LOG_NOTHING);
	assert_int_equal(parse("efi:   0x0000bc440000-0x0000bc44ffff", &found), LOG_NOTHING);
	assert_int_equal(parse("efi:   0x40000000-0x43ffffff [x]", &found), LOG_NOTHING);
	assert_int_equal(parse("0x000040000000", &found), LOG_NOTHING);
}

static void incomplete_and_broken(void **unused)
{
	struct log_entry found = { 0 };

	assert_int_equal(parse("efi:   0x000040000000-0x000043ffffff [Conventional|   |", &found),
			 LOG_MORE);
	assert_int_equal(parse("efi:   0x000043000000-0x000040000000 [Boot Code|WB]", &found),
			 LOG_ENTRY);
	assert_int_equal(found.entry.defect, MAP_DEFECT_BACKWARD);
	assert_int_equal(parse("efi:   0x000000000000-0x10000000000000000 [Boot Code|WB]", &found),
			 LOG_ENTRY);
	assert_int_equal(found.entry.defect, MAP_DEFECT_HUGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(other_lines),
		cmocka_unit_test(incomplete_and_broken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
