/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "qemu/guest/guest.h"

#define GIB (UINT64_C(1) << 30)

static int setup(void **state)
{
	memset(&guest, 0, sizeof(guest));
	return 0;
}

static void test_sum(void **state)
{
	struct {
		uint32_t other;
		uint64_t counter[2];
	} vcpu[4] = {
		{ 7, { 1, 100 } }, { 7, { 20, 200 } }, { 7, { 300, 400 } }, { 7, { 5000, 5 } }
	};

	assert_int_equal(guest_sum(&vcpu[0].counter[0], sizeof(vcpu[0])), 0);
	guest.vcpus = 3;
	assert_int_equal(guest_sum(&vcpu[0].counter[0], sizeof(vcpu[0])), 321);
	assert_int_equal(guest_sum(&vcpu[0].counter[1], sizeof(vcpu[0])), 700);
}

static void test_ram(void **state)
{
	struct emu_ram ranges[GUEST_MAX_RAM + 1];

	guest.ram[0] = (struct emu_ram){ 0, 2 * GIB };
	guest.ram[1] = (struct emu_ram){ 4 * GIB, 6 * GIB };
	guest.ram_count = 2;
	assert_int_equal(guest_ram_ranges(ranges), 2);
	guest.window = (struct emu_ram){ 6 * GIB, 16 * GIB };
	assert_int_equal(guest_ram_ranges(ranges), 3);
	assert_memory_equal(ranges, guest.ram, 2 * sizeof(ranges[0]));
	assert_memory_equal(&ranges[2], &guest.window, sizeof(ranges[2]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_sum, setup),
		cmocka_unit_test_setup(test_ram, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
