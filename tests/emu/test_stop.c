/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emu/tdx/tdx.h"
#include "tests/emu/fake_backend.h"

/* Why a machine stopped, on a TD. */

static void fault(void *arg)
{
	uint64_t gpr[16] = { [0] = 6, [1] = 0x900000 };

	assert_int_equal(emu_tdx_tdcall(arg, 0, gpr), EMU_STOP);
}

/* Two vCPUs stop the machine at once: the first reason stays. */
static void test_first_stop(void **state)
{
	const struct emu_ram ram = { 0, 0x800000 };
	const struct emu_tdx_config config = {
		.vcpus = 2, .gpa_width = 48, .ram = &ram, .ram_count = 1
	};
	struct fake_backend *fake = fake_create();
	struct emu_tdx *tdx = emu_tdx_create(&config, &fake->backend);
	uint64_t gpr[16] = {
		[1] = 0x3c00, [11] = 0x10003, [12] = 0x8000000000000001, [13] = 0x800000004000
	};
	struct emu_stop stop;

	assert_non_null(tdx);
	fake->meanwhile = fault;
	fake->meanwhile_arg = tdx;
	assert_int_equal(emu_tdx_tdcall(tdx, 1, gpr), EMU_STOP);
	emu_stop_get(emu_tdx_machine(tdx), &stop);
	assert_int_equal(stop.cause, EMU_STOP_HOST_FAULT);
	assert_int_equal(stop.vcpu, 0);
	assert_int_equal(stop.gpa, 0x900000);
	emu_tdx_destroy(tdx);
	fake_destroy(fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
