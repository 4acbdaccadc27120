/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emu/snp/snp.h"
#include "emu/tdx/tdx.h"
#include "tests/emu/fake_backend.h"

/* What both platforms have: states in their words, counters, launch. */

static void test_names(void **state)
{
	assert_string_equal(emu_page_state_name(EMU_TDX, EMU_PAGE_FREE), "FREE");
	assert_string_equal(emu_page_state_name(EMU_TDX, EMU_PAGE_PENDING), "PENDING");
	assert_string_equal(emu_page_state_name(EMU_TDX, EMU_PAGE_MAPPED), "MAPPED");
	assert_string_equal(emu_page_state_name(EMU_TDX, EMU_PAGE_SHARED), "SHARED");
	assert_string_equal(emu_page_state_name(EMU_SNP, EMU_PAGE_FREE), "UNVALIDATED");
	assert_string_equal(emu_page_state_name(EMU_SNP, EMU_PAGE_PENDING), "UNVALIDATED");
	assert_string_equal(emu_page_state_name(EMU_SNP, EMU_PAGE_MAPPED), "VALIDATED");
	assert_string_equal(emu_page_state_name(EMU_SNP, EMU_PAGE_SHARED), "SHARED");
	assert_string_equal(emu_page_state_name(EMU_CCA, EMU_PAGE_FREE), "EMPTY");
	assert_string_equal(emu_page_state_name(EMU_CCA, EMU_PAGE_PENDING), "DESTROYED");
	assert_string_equal(emu_page_state_name(EMU_CCA, EMU_PAGE_MAPPED), "RAM");
	assert_string_equal(emu_page_state_name(EMU_CCA, EMU_PAGE_SHARED), "EMPTY");
	assert_string_equal(emu_page_state_name(EMU_TDX, EMU_PAGE_NOT_RAM), "not RAM");
	assert_string_equal(emu_page_state_name(EMU_SNP, EMU_PAGE_NOT_RAM), "not RAM");
}

static void check_launch(struct emu_machine *machine, const char *state)
{
	struct emu_stats stats;

	emu_machine_stats(machine, &stats);
	assert_int_equal(stats.unaccepted_bytes, 0x200000);
	emu_machine_launch(machine, 0x3000, 0x5000);
	/* Addresses outside RAM are skipped. */
	emu_machine_launch(machine, 0x1ff000, 0x400000);
	assert_string_equal(emu_machine_state_name(machine, 0x4fff), state);
	assert_string_equal(emu_machine_state_name(machine, 0x1ff000), state);
	assert_string_equal(emu_machine_state_name(machine, 0x200000), "not RAM");
	assert_string_equal(emu_machine_state_name(machine, UINT64_MAX), "not RAM");
	assert_true(emu_machine_is_ram(machine, 0x1fffff));
	assert_false(emu_machine_is_ram(machine, 0x200000));
	/* What is there at launch was not accepted by the guest. */
	emu_machine_stats(machine, &stats);
	assert_int_equal(stats.unaccepted_bytes, 0x200000 - 0x3000);
	assert_int_equal(stats.accepted_bytes, 0);
}

static void test_launch(void **state)
{
	const struct emu_ram ram = { 0, 0x200000 };
	const struct emu_tdx_config tdx_config = {
		.vcpus = 1, .gpa_width = 48, .ram = &ram, .ram_count = 1
	};
	const struct emu_snp_config snp_config = { .vcpus = 1, .ram = &ram, .ram_count = 1 };
	struct fake_backend *fake = fake_create();
	struct emu_tdx *tdx = emu_tdx_create(&tdx_config, &fake->backend);
	struct emu_snp *snp;

	assert_non_null(tdx);
	check_launch(emu_tdx_machine(tdx), "MAPPED");
	emu_tdx_destroy(tdx);
	fake_destroy(fake);

	fake = fake_create();
	snp = emu_snp_create(&snp_config, &fake->backend);
	assert_non_null(snp);
	check_launch(emu_snp_machine(snp), "VALIDATED");
	emu_snp_destroy(snp);
	fake_destroy(fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_launch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
