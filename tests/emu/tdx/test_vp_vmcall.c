/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/emu/tdx/td.h"

/* TDG.VP.VMCALL: what the host sees of the registers, and calls that the engine answers. */

static const struct emu_ram ram[] = { { 0, 0x800000 } };

static void test_vmcall_registers(void **state)
{
	static const uint64_t bad[] = { 0x1, 0x2, 0x10, 0x100000000, 0x8000000000000000 };
	struct td m = td_start(48, 0);

	for (size_t i = 0; i < 5; i++) {
		uint64_t gpr[16] = { [1] = 0xfc00 | bad[i], [10] = 9, [11] = 0x10001 };

		assert_int_equal(emu_tdx_tdcall(m.tdx, 0, gpr), EMU_NEXT);
		assert_int_equal(gpr[0], 0xC000010000000001);
		assert_int_equal(gpr[10], 9);
	}

	/* The host does not see what the mask leaves out: R13, so the size is 0. */
	{
		uint64_t gpr[16] = {
			[1] = 0xdc00, [11] = 0x10001, [12] = 0x800000000000, [13] = 0x1000
		};

		assert_int_equal(emu_tdx_tdcall(m.tdx, 0, gpr), EMU_NEXT);
		assert_int_equal(gpr[0], 0);
		assert_int_equal(gpr[10], 0x8000000000000000);
		assert_int_equal(gpr[13], 0x1000);
	}
	/* And does not change it: R10. */
	{
		uint64_t gpr[16] = {
			[1] = 0xf800, [10] = 9, [11] = 0x10001, [12] = 0x800000000000, [13] = 0x1000
		};

		assert_int_equal(emu_tdx_tdcall(m.tdx, 0, gpr), EMU_NEXT);
		assert_int_equal(gpr[0], 0);
		assert_int_equal(gpr[10], 9);
		assert_int_equal(emu_machine_state(m.emu, 0), EMU_PAGE_SHARED);
	}
	td_finish(&m);
}

static bool answer_cpuid(void *ctx, unsigned vcpu, uint64_t *gpr)
{
	assert_int_equal(vcpu, 1);
	if (gpr[EMU_R11] != 10)
		return true;
	gpr[EMU_R10] = 0;
	gpr[EMU_R12] = *(uint64_t *)ctx;
	return false;
}

static void test_other_vmcalls(void **state)
{
	struct emu_tdx_config config = { .vcpus = 2, .gpa_width = 48, .ram = ram, .ram_count = 1 };
	struct td m = td_start(48, 0);
	uint64_t gpr[16] = { [1] = 0xfc00, [11] = 10 };
	uint64_t ctx = 0x77;
	struct emu_tdx *tdx;

	assert_int_equal(emu_tdx_tdcall(m.tdx, 1, gpr), EMU_NEXT);
	assert_int_equal(gpr[0], 0);
	assert_int_equal(gpr[10], 0x8000000000000003);

	config.vmcall = answer_cpuid;
	config.vmcall_ctx = &ctx;
	tdx = emu_tdx_create(&config, &m.fake->backend);
	memset(gpr, 0, sizeof(gpr));
	gpr[1] = 0xfc00;
	gpr[11] = 10;
	assert_int_equal(emu_tdx_tdcall(tdx, 1, gpr), EMU_NEXT);
	assert_int_equal(gpr[10], 0);
	assert_int_equal(gpr[12], 0x77);
	gpr[0] = 0;
	gpr[11] = 32;
	assert_int_equal(emu_tdx_tdcall(tdx, 1, gpr), EMU_NEXT);
	assert_int_equal(gpr[10], 0x8000000000000003);
	/* R10 not 0: a vendor's call, whatever R11 says. */
	gpr[0] = 0;
	gpr[10] = 1;
	gpr[11] = 0x10003;
	assert_int_equal(emu_tdx_tdcall(tdx, 1, gpr), EMU_NEXT);
	assert_int_equal(gpr[10], 0x8000000000000003);
	emu_tdx_destroy(tdx);
	td_finish(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vmcall_registers),
		cmocka_unit_test(test_other_vmcalls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
