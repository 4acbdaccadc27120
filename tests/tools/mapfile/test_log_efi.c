/* SPDX-License-Identifier: MIT */
/* Lines of EFI maps as kernels of each age print them (arch/x86/platform/efi,
 * drivers/firmware/efi). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tools/mapfile/log.h"

static enum log_found parse(const char *text, struct log_entry *found)
{
	return log_parse(text, text, found);
}

static struct map_entry entry_of(const char *line)
{
	struct log_entry found = { 0 };

	assert_int_equal(parse(line, &found), LOG_ENTRY);
	assert_int_equal(found.source, MAP_EFI);
	return found.entry;
}

static void expect(const char *line, uint32_t type, uint64_t start, uint64_t size, uint64_t attr)
{
	struct map_entry entry = entry_of(line);

	assert_int_equal(entry.type, type);
	assert_int_equal(entry.start, start);
	assert_int_equal(entry.size, size);
	assert_int_equal(entry.attr, attr);
	assert_int_equal(entry.defect, MAP_DEFECT_NONE);
}

static void lines_of_each_age(void **unused)
{
	/* The end is excluded before ")" and included before "]". */
	expect("efi: mem00: type=3, attr=0xf, range=[0x0000000000000000-0x0000000000001000) (0MB)",
	       3, 0, 0x1000, 0xf);
	expect("efi: mem07: [Conventional Memory|   |  |  |  |   |WB|WT|WC|UC] "
	       "range=[0x0000000000100000-0x0000000000800000) (7MB)",
	       7, 0x100000, 0x700000, 0xf);
	expect("efi: mem15: [Unaccepted         |   |  |  |  |  |  |  |  |  |   |WB|  |  |  ] "
	       "range=[0x0000000100000000-0x000000017fffffff] (2048MB)",
	       15, UINT64_C(1) << 32, UINT64_C(2) << 30, 8);
	expect("[    0.000000] efi: mem16: [Runtime Data|RUN|  |  |XP|  |  |  |   |WB|  |  |  ] "
	       "range=[0x000000007f000000-0x000000007f000fff] (0MB)",
	       6, 0x7f000000, 0x1000, UINT64_C(1) << 63 | 0x4000 | 8);
	expect("efi: mem02: [type=2147483648|attr=0x9] "
	       "range=[0x0000000000001000-0x0000000000001fff] (0MB)",
	       0x80000000, 0x1000, 0x1000, 9);
	assert_int_equal(entry_of("efi: mem42: [MMIO|RUN] range=[0x1000-0x1fff] (0MB)").number, 42);
}

/* As a pipeline passes lines on that changes their case, or blanks. */
static void names_in_other_words(void **unused)
{
	static const char *const names[] = { "conventional memory", "CONVENTIONAL MEMORY",
					     "Conventional\tMemory", "Conventional   Memory" };
	static const char *const others[] = { "Conventional Memories", "ConventionalMemory",
					      "Conventional Mem", "Conventional  " };
	char line[128];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(line, sizeof(line), "efi: mem00: [%s\t|\t|wb|] range=[0x1000-0x1fff]",
			 names[i]);
		expect(line, 7, 0x1000, 0x1000, 8);
		snprintf(line, sizeof(line), "efi: mem00: [%s|WB|] range=[0x1000-0x1fff]",
			 others[i]);
		assert_int_equal(entry_of(line).type_known, i == 3);
	}
}

/* Each pair of letters in front of the bars, by the bits of UEFI 2.11 section 7.2.3. */
static void attributes(void **unused)
{
	static const struct {
		const char *letters;
		uint64_t bit;
	} bits[] = {
		{ "UC", 1 },	   { "WC", 2 },
		{ "WT", 4 },	   { "WB", 8 },
		{ "UCE", 0x10 },   { "WP", 0x1000 },
		{ "RP", 0x2000 },  { "XP", 0x4000 },
		{ "NV", 0x8000 },  { "MR", 0x10000 },
		{ "RO", 0x20000 }, { "SP", 0x40000 },
		{ "CC", 0x80000 }, { "RUN", UINT64_C(1) << 63 },
	};
	char line[128];

	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		snprintf(line, sizeof(line),
			 "efi: mem00: [Boot Code|%-3s|   ] range=[0x1000-0x1fff] (0MB)",
			 bits[i].letters);
		assert_int_equal(entry_of(line).attr, bits[i].bit);
	}
}

static void incomplete_and_broken(void **unused)
{
	struct log_entry found;

	assert_int_equal(parse("efi: mem00: [Boot Code|  |WB", &found), LOG_MORE);
	assert_int_equal(parse("efi: mem00: [Boot Code|WB] ran", &found), LOG_MORE);
	assert_int_equal(parse("efi: mem00: [Boot Code|WB] size=4", &found), LOG_BROKEN);
	assert_int_equal(parse("efi: mem00: [Boot Code|WB] range=[0x1000]", &found), LOG_BROKEN);
	assert_int_equal(parse("efi: memory: 4 GiB", &found), LOG_NOTHING);
	assert_int_equal(parse("efi: EFI v2.70 by EDK II", &found), LOG_NOTHING);
}

static void defects(void **unused)
{
	assert_int_equal(entry_of("efi: mem00: [Reserved|WB] range=[0x2000-0x0fff] (0MB)").defect,
			 MAP_DEFECT_BACKWARD);
	assert_int_equal(entry_of("efi: mem00: [Reserved|WB] "
				  "range=[0x0000000000000000-0xffffffffffffffff] (0MB)")
				 .defect,
			 MAP_DEFECT_HUGE);
	assert_int_equal(
		entry_of("efi: mem00: [Reserved|WB] range=[0x1000-0x1fff] (invalid)").defect,
		MAP_DEFECT_MARKED);
	assert_false(entry_of("efi: mem00: [type=77|attr=0x1] range=[0x1000-0x1fff]").type_known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_each_age), cmocka_unit_test(names_in_other_words),
		cmocka_unit_test(attributes),	     cmocka_unit_test(incomplete_and_broken),
		cmocka_unit_test(defects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
