/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/emu/tdx/td.h"

/* TDG.VM.RD and TDG.VM.WR, numbers as the ABI specification prints them. */

static uint64_t vm_rd(struct td *m, uint64_t field, uint64_t *value)
{
	uint64_t gpr[16] = { [0] = 7, [2] = field, [8] = 0x1234 };

	assert_int_equal(emu_tdx_tdcall(m->tdx, 0, gpr), EMU_NEXT);
	*value = gpr[8];
	return gpr[0];
}

static uint64_t vm_wr(struct td *m, uint64_t field, uint64_t value, uint64_t mask,
		      uint64_t *previous)
{
	uint64_t gpr[16] = { [0] = 8, [2] = field, [8] = value, [9] = mask };

	assert_int_equal(emu_tdx_tdcall(m->tdx, 0, gpr), EMU_NEXT);
	*previous = gpr[8];
	return gpr[0];
}

static void test_fields(void **state)
{
	struct td m = td_start(48, 0);
	struct td wide = td_start(52, 0);
	uint64_t gpr[16] = { [0] = 7, [1] = 1, [2] = 0x1110000300000017 };
	uint64_t value;

	assert_int_equal(vm_rd(&m, 0x1110000300000017, &value), 0);
	assert_int_equal(value, 1); /* PENDING_VE_DISABLE, from the attribute */
	assert_int_equal(vm_rd(&m, 0x1110000300000016, &value), 0);
	assert_int_equal(value, 2); /* FLEXIBLE_PENDING_VE */
	assert_int_equal(vm_rd(&wide, 0x1110000300000016, &value), 0);
	assert_int_equal(value, 3); /* and GPAW */
	assert_int_equal(vm_rd(&m, 0x9100000000000010, &value), 0);
	assert_int_equal(value, 0);
	/* TOPOLOGY_ENUM_CONFIGURED came with a later module. */
	assert_int_equal(vm_rd(&m, 0x9100000000000019, &value), 0xC0000C0000000000);
	assert_int_equal(value, 0);
	/* The context code, bits 54:52, is not looked at. */
	assert_int_equal(vm_rd(&m, 0x1100000300000017, &value), 0);

	assert_int_equal(vm_rd(&m, 0x1110000300000018, &value), 0xC0000C0000000000);
	assert_int_equal(value, 0);
	assert_int_equal(vm_wr(&m, 0x42, 0, 0, &value), 0xC0000C0000000000);

	assert_int_equal(vm_wr(&m, 0x1110000300000017, 0, 1, &value), 0);
	assert_int_equal(value, 1);
	assert_int_equal(vm_wr(&m, 0x1110000300000017, 1, 1, &value), 0);
	assert_int_equal(value, 0);
	assert_int_equal(vm_wr(&m, 0x1110000300000017, 0, 0, &value), 0xC0000C0100000000);
	assert_int_equal(vm_rd(&m, 0x1110000300000017, &value), 0);
	assert_int_equal(value, 1);
	assert_int_equal(vm_wr(&m, 0x9100000000000010, 1, UINT64_MAX, &value), 0);
	assert_int_equal(vm_rd(&m, 0x9100000000000010, &value), 0);
	assert_int_equal(value, 1);
	/* A bit that may not be changed, without and with one that may; a field that may not be
	 * written. */
	assert_int_equal(vm_wr(&m, 0x1110000300000017, 2, 2, &value), 0xC0000C0100000000);
	assert_int_equal(vm_wr(&m, 0x1110000300000017, 2, 3, &value), 0xC0000C0300000000);
	assert_int_equal(vm_wr(&m, 0x1110000300000016, 2, 2, &value), 0xC0000C0100000000);

	assert_int_equal(emu_tdx_tdcall(m.tdx, 0, gpr), EMU_NEXT);
	assert_int_equal(gpr[0], 0xC000010000000001);
	td_finish(&m);
	td_finish(&wide);
}

/* Each line of the file: what the real module answers. */
static void test_recorded(void **state)
{
	static const struct {
		const char *name;
		unsigned number;
	} registers[] = { { "rax", 0 }, { "rdx", 2 }, { "r8", 8 } };
	char line[256], call[8], field[64], name[8];
	FILE *file = fopen(getenv("VM_RD_WR"), "r");
	unsigned long id, r8, r9, answer;
	unsigned rows = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		struct td m;
		uint64_t gpr[16] = { 0 };
		unsigned at = 0, version = 0;

		if (line[0] == '#')
			continue;
		assert_int_equal(sscanf(line, "%7[^\t]\t%63[^\t]\t%lx\t%lx\t%lx\t%7s\t%lx", call,
					field, &id, &r8, &r9, name, &answer),
				 7);
		sscanf(field, "version %u", &version);
		gpr[0] = (strcmp(call, "rd") ? 8 : 7) | version << 16;
		gpr[2] = id;
		gpr[8] = r8;
		gpr[9] = r9;
		while (strcmp(registers[at].name, name))
			at++;
		m = td_start(48, 0);
		assert_int_equal(emu_tdx_tdcall(m.tdx, 0, gpr), EMU_NEXT);
		if (gpr[registers[at].number] != answer)
			fail_msg("%s: 0x%llx", line, (unsigned long long)gpr[registers[at].number]);
		td_finish(&m);
		rows++;
	}
	fclose(file);
	assert_int_equal(rows, 84);
}

/* Version 1 walks over all that the guest may read. */
static void test_list(void **state)
{
	struct td m = td_start(48, 0);
	uint64_t gpr[16] = { [0] = 0x10007, [2] = UINT64_MAX }, id;
	unsigned elements = 0;

	assert_int_equal(emu_tdx_tdcall(m.tdx, 0, gpr), EMU_NEXT);
	assert_int_equal(gpr[0], 0x00000C0B00000000);
	assert_int_equal(gpr[2], 0x8010000300000020); /* TD_UUID */
	for (; gpr[2] != UINT64_MAX; elements++) {
		id = gpr[2];
		gpr[0] = 0x10007;
		assert_int_equal(emu_tdx_tdcall(m.tdx, 0, gpr), EMU_NEXT);
		assert_int_equal(gpr[0], 0);
	}
	assert_int_equal(id, 0x991000030000008f); /* the last of SERVTD_BINDINGS_TABLE */
	assert_int_equal(elements, 4 + 2 + 8 + 6 * 4 + 24 + 4 + 6 + 1 + 16);
	td_finish(&m);
}

static void test_values(void **state)
{
	struct td m = td_start(48, 0);
	uint8_t mrtd[48] = { [8] = 0x34, [9] = 0x12 };
	uint64_t value;

	emu_tdx_set_mrtd(m.tdx, mrtd);
	assert_int_equal(vm_rd(&m, 0x1310000300000001, &value), 0);
	assert_int_equal(value, 0x1234);
	assert_int_equal(vm_rd(&m, 0x1110000300000000, &value), 0);
	assert_int_equal(value, 0x10000000);
	assert_int_equal(vm_rd(&m, 0x1110000300000001, &value), 0);
	assert_int_equal(value, 3); /* x87 and SSE, which every TD has */
	assert_int_equal(vm_rd(&m, 0x9010000200000001, &value), 0);
	assert_int_equal(value, 3);
	/* EPTP: it exists, and the guest may not look at it. */
	assert_int_equal(vm_rd(&m, 0x1110000300000004, &value), 0xC0000C0200000000);
	assert_int_equal(vm_wr(&m, 0x1110000300000004, 1, 1, &value), 0xC0000C0100000000);
	/* A reserved bit; the last field of a sequence. */
	assert_int_equal(vm_rd(&m, 0x5110000300000017, &value), 0xC0000C0000000000);
	assert_int_equal(vm_rd(&m, 0x1110004300000017, &value), 0xC0000C0000000000);
	td_finish(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_recorded),
		cmocka_unit_test(test_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
