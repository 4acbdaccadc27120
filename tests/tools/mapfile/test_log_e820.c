/* SPDX-License-Identifier: MIT */
/* Lines of E820 maps as kernels of each age print them (arch/x86/kernel/e820.c). */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tools/mapfile/log.h"

static enum log_found parse(const char *text, struct log_entry *found)
{
	return log_parse(text, text, found);
}

/* What e820_type_to_string() and, before it, e820_print_type() have printed. */
static const struct {
	const char *name;
	uint32_t type;
} names[] = {
	{ "usable", 1 },
	{ "reserved", 2 },
	{ "ACPI data", 3 },
	{ "ACPI NVS", 4 },
	{ "unusable", 5 },
	{ "persistent (type 7)", 7 },
	{ "persistent (type 12)", 12 },
	{ "unaccepted", 8 },
	{ "soft reserved", 0xefffffff },
	{ "type 20", 20 },
	{ "System RAM", 1 },
	{ "device reserved", 2 },
	{ "ACPI Tables", 3 },
	{ "ACPI Non-volatile Storage", 4 },
};

static void types_in_any_case(void **unused)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char text[64];
		uint32_t type = 0;
		size_t length = 0;

		assert_true(log_e820_type(names[i].name, &type, &length));
		assert_int_equal(type, names[i].type);
		assert_int_equal(length + (strchr(names[i].name, ')') != NULL),
				 strlen(names[i].name));
		/* "(type 12)" is a number's place, not a name. */
		if (strstr(names[i].name, "type"))
			continue;
		for (size_t j = 0; j <= strlen(names[i].name); j++)
			text[j] = (char)toupper((unsigned char)names[i].name[j]);
		assert_true(log_e820_type(text, &type, &length));
		assert_int_equal(type, names[i].type);
		for (size_t j = 0; j <= strlen(names[i].name); j++)
			text[j] = (char)tolower((unsigned char)names[i].name[j]);
		assert_true(log_e820_type(text, &type, &length));
		assert_int_equal(type, names[i].type);
	}
}

static void no_types(void **unused)
{
	static const char *const texts[] = { "",       "usables",	  "reserved2", "type",
					     "type x", "type 4294967296", "unacc" };
	uint32_t type;
	size_t length;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(log_e820_type(texts[i], &type, &length));
}

static void expect(const char *line, enum log_found what, enum map_source source, uint64_t start,
		   uint64_t size, uint32_t type)
{
	struct log_entry found = { 0 };

	assert_int_equal(parse(line, &found), what);
	if (what != LOG_ENTRY && what != LOG_GAP)
		return;
	assert_int_equal(found.source, source);
	assert_int_equal(found.entry.start, start);
	assert_int_equal(found.entry.size, size);
	assert_int_equal(found.entry.type, type);
	assert_int_equal(found.entry.defect, MAP_DEFECT_NONE);
}

static void lines_of_each_age(void **unused)
{
	expect("BIOS-e820: [mem 0x0000000000000000-0x000000000009fbff] usable", LOG_ENTRY, MAP_E820,
	       0, 0x9fc00, 1);
	expect("[    0.000000]  BIOS-e820: [mem 0x000000000009fc00-0x000000000009ffff] reserved",
	       LOG_ENTRY, MAP_E820, 0x9fc00, 0x400, 2);
	expect("BIOS-e820: 0000000000100000 - 0000000007fe0000 (usable)", LOG_ENTRY, MAP_E820,
	       0x100000, 0x7ee0000, 1);
	expect("BIOS-e820: 000000000009fc00 @ 0000000000000000 (usable)", LOG_ENTRY, MAP_E820, 0,
	       0x9fc00, 1);
	expect("BIOS-e801: 0000000000000000 - 000000000009f000 (usable)", LOG_ENTRY, MAP_E801, 0,
	       0x9f000, 1);
	expect("user: [mem 0x0000000000001000-0x0000000000001fff] ACPI NVS", LOG_ENTRY, MAP_USER,
	       0x1000, 0x1000, 4);
	expect("BIOS-e820: [gap 0x00000000000a0000-0x00000000000effff]", LOG_GAP, MAP_E820, 0xa0000,
	       0x50000, 0);
	expect("BIOS-e820: [mem 0x0000000100000000-0x000000017fffffff]    2.0 GB usable", LOG_ENTRY,
	       MAP_E820, UINT64_C(1) << 32, UINT64_C(2) << 30, 1);
}

static void incomplete_and_broken(void **unused)
{
	expect("BIOS-e820: [mem 0x0000000000000000-", LOG_MORE, 0, 0, 0, 0);
	expect("BIOS-e820: [mem 0x0000000000000000-0x000000000009fbff] ACPI", LOG_MORE, 0, 0, 0, 0);
	expect("BIOS-e820: [mem 0x0000000000000000:0x000000000009fbff] usable", LOG_BROKEN, 0, 0, 0,
	       0);
	expect("superuser: [mem 0x0000000000001000-0x0000000000001fff] usable", LOG_NOTHING, 0, 0,
	       0, 0);
	expect("Memory: 1024K available", LOG_NOTHING, 0, 0, 0, 0);
}

static void defects(void **unused)
{
	struct log_entry found = { 0 };

	parse("BIOS-e820: [mem 0x0000000000000000-0xffffffffffffffff] usable", &found);
	assert_int_equal(found.entry.defect, MAP_DEFECT_HUGE);
	parse("BIOS-e820: [mem 0x0000000000002000-0x0000000000000fff] usable", &found);
	assert_int_equal(found.entry.defect, MAP_DEFECT_BACKWARD);
	parse("BIOS-e820: [mem 0x10000000000000000-0x10000000000000fff] usable", &found);
	assert_int_equal(found.entry.defect, MAP_DEFECT_HUGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_in_any_case), cmocka_unit_test(no_types),
		cmocka_unit_test(lines_of_each_age), cmocka_unit_test(incomplete_and_broken),
		cmocka_unit_test(defects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
