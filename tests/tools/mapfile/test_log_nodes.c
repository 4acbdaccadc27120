/* SPDX-License-Identifier: MIT */
/* Lines of memory nodes and of what a device tree reserves (mm/mm_init.c, drivers/of). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/mapfile/log.h"

static void expect(const char *line, uint32_t type, uint64_t start, uint64_t size)
{
	struct log_entry found = { 0 };

	assert_int_equal(log_node_row(line, &found), LOG_ENTRY);
	assert_int_equal(found.source, MAP_NODES);
	assert_int_equal(found.entry.type, type);
	assert_true(found.entry.type_known);
	assert_int_equal(found.entry.start, start);
	assert_int_equal(found.entry.size, size);
	assert_int_equal(found.entry.defect, MAP_DEFECT_NONE);
}

static void nodes(void **unused)
{
	expect("[    0.000000]   node   0: [mem 0x0000000040000000-0x000000007fffffff]", 1, 1 << 30,
	       1 << 30);
	expect("  node  12: [mem 0x0000001000000000-0x0000001000000fff]", 1, UINT64_C(1) << 36,
	       0x1000);
}

static void reserved(void **unused)
{
	struct log_entry found;

	expect("[    0.000000] OF: reserved mem: 0x0000000070000000..0x00000000701fffff (2048 KiB) "
	       "nomap non-reusable optee@70000000",
	       2, 0x70000000, 0x200000);
	expect("OF: reserved mem: 0x0000000078000000..0x00000000780fffff (1024 KiB) map "
	       "non-reusable ramoops@78000000",
	       2, 0x78000000, 0x100000);
	assert_int_equal(log_node_row("OF: reserved mem: 0x00000000be000000..0x00000000bfffffff "
				      "(32768 KiB) map reusable linux,cma",
				      &found),
			 LOG_NOTHING);
}

static void other_lines(void **unused)
{
	static const char *const lines[] = {
		"NUMA: Faking a node at [mem 0x0000000040000000-0x000000007fffffff]",
		"Initmem setup node 0 [mem 0x0000000040000000-0x000000007fffffff]",
		"ACPI: SRAT: Node 0 PXM 0 [mem 0x00000000-0x7fffffff]",
		"  DMA      [mem 0x0000000040000000-0x000000007fffffff]",
		"NODE_DATA(0) allocated [mem 0x7fffc800-0x7fffffff]",
		"OF: reserved mem: Reserved memory: No reserved-memory node in the DT",
		"OF: reserved mem: initialized node linux,cma, compatible id shared-dma-pool",
		"  node   0: [mem 0x0000000040000000",
		"  node   0: [mem 40000000-7fffffff]",
		"",
	};
	struct log_entry found;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_int_equal(log_node_row(lines[i], &found), LOG_NOTHING);
}

static void defects(void **unused)
{
	struct log_entry found;

	assert_int_equal(log_node_row("  node   0: [mem 0x80000000-0x40000000]", &found),
			 LOG_ENTRY);
	assert_int_equal(found.entry.defect, MAP_DEFECT_BACKWARD);
	assert_int_equal(log_node_row("  node   0: [mem 0x0-0x10000000000000000]", &found),
			 LOG_ENTRY);
	assert_int_equal(found.entry.defect, MAP_DEFECT_HUGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nodes),
		cmocka_unit_test(reserved),
		cmocka_unit_test(other_lines),
		cmocka_unit_test(defects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
