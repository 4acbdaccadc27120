/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emu/tdx/tdx.h"
#include "tests/emu/fake_backend.h"

/* Every leaf but accept: numbers as the ABI and GHCI specifications print them. */

static const struct emu_ram ram[] = { { 0, 0x800000 }, { 0xa00000, 0xb01000 } };

struct machine {
	struct fake_backend *fake;
	struct emu_tdx *tdx;
	struct emu_machine *emu;
};

static struct machine start(unsigned gpa_width, uint64_t chunk)
{
	struct emu_tdx_config config = { .vcpus = 3,
					 .gpa_width = gpa_width,
					 .ram = ram,
					 .ram_count = 2,
					 .attributes = 0x10000000,
					 .map_gpa_chunk = chunk };
	struct machine m = { .fake = fake_create() };

	m.tdx = emu_tdx_create(&config, &m.fake->backend);
	assert_non_null(m.tdx);
	m.emu = emu_tdx_machine(m.tdx);
	fake_clear_log(m.fake);
	return m;
}

static void finish(struct machine *m)
{
	emu_tdx_destroy(m->tdx);
	fake_destroy(m->fake);
}

static void test_unknown_leaves(void **state)
{
	static const uint64_t leaves[] = { 2,  4,  5,	9,	 10,	    11,		12,
					   18, 20, 22,	23,	 24,	    25,		26,
					   27, 31, 255, 0x10006, 0x1000006, 0x100000006 };
	struct machine m = start(48, 0);
	struct emu_tdx_stats stats;

	for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
		uint64_t gpr[16] = { leaves[i], 1, 2, 3, 4, 5, 6, 7, 8, 9 };

		assert_int_equal(emu_tdx_tdcall(m.tdx, 0, gpr), EMU_NEXT);
		assert_int_equal(gpr[0], 0xC000010000000000);
		for (unsigned r = 1; r < 10; r++)
			assert_int_equal(gpr[r], r);
	}
	emu_tdx_stats(m.tdx, &stats);
	assert_int_equal(stats.calls[22], 1);
	assert_int_equal(stats.calls[6], 0);
	finish(&m);
}

static void test_vp_info(void **state)
{
	struct machine m = start(52, 0);
	uint64_t gpr[16] = { [0] = 1, [10] = 5, [11] = 5, [12] = 5 };

	assert_int_equal(emu_tdx_tdcall(m.tdx, 2, gpr), EMU_NEXT);
	assert_int_equal(gpr[0], 0);
	assert_int_equal(gpr[1], 52);
	assert_int_equal(gpr[2], 0x10000000);
	assert_int_equal(gpr[8], 0x0000000300000003);
	assert_int_equal(gpr[9], 2);
	assert_int_equal(gpr[10], 0);
	assert_int_equal(gpr[11], 0);
	assert_int_equal(gpr[12], 5);
	finish(&m);
}

static void test_veinfo(void **state)
{
	struct machine m = start(48, 0);
	uint64_t gpr[16] = { [0] = 3, [1] = 7, [8] = 7 };

	assert_int_equal(emu_tdx_tdcall(m.tdx, 0, gpr), EMU_NEXT);
	assert_int_equal(gpr[0], 0xC000070400000000);
	assert_int_equal(gpr[1], 0);
	assert_int_equal(gpr[8], 0);
	finish(&m);
}

static uint64_t vm_rd(struct machine *m, uint64_t field, uint64_t *value)
{
	uint64_t gpr[16] = { [0] = 7, [2] = field, [8] = 0x1234 };

	assert_int_equal(emu_tdx_tdcall(m->tdx, 0, gpr), EMU_NEXT);
	*value = gpr[8];
	return gpr[0];
}

static uint64_t vm_wr(struct machine *m, uint64_t field, uint64_t value, uint64_t mask,
		      uint64_t *previous)
{
	uint64_t gpr[16] = { [0] = 8, [2] = field, [8] = value, [9] = mask };

	assert_int_equal(emu_tdx_tdcall(m->tdx, 0, gpr), EMU_NEXT);
	*previous = gpr[8];
	return gpr[0];
}

static void test_fields(void **state)
{
	struct machine m = start(48, 0);
	struct machine wide = start(52, 0);
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
	assert_int_equal(vm_rd(&m, 0x9100000000000019, &value), 0);
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
	assert_int_equal(vm_wr(&m, 0x1110000300000017, 0, 0, &value), 0);
	assert_int_equal(vm_rd(&m, 0x1110000300000017, &value), 0);
	assert_int_equal(value, 1);
	assert_int_equal(vm_wr(&m, 0x9100000000000010, 1, UINT64_MAX, &value), 0);
	assert_int_equal(vm_rd(&m, 0x9100000000000010, &value), 0);
	assert_int_equal(value, 1);
	/* A bit that may not be changed; a field that may not be written. */
	assert_int_equal(vm_wr(&m, 0x1110000300000017, 2, 2, &value), 0xC0000C0100000000);
	assert_int_equal(vm_wr(&m, 0x1110000300000016, 2, 2, &value), 0xC0000C0100000000);

	assert_int_equal(emu_tdx_tdcall(m.tdx, 0, gpr), EMU_NEXT);
	assert_int_equal(gpr[0], 0xC000010000000001);
	finish(&m);
	finish(&wide);
}

static void test_vmcall_registers(void **state)
{
	static const uint64_t bad[] = { 0x1, 0x2, 0x10, 0x100000000, 0x8000000000000000 };
	struct machine m = start(48, 0);

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
	finish(&m);
}

static void test_map_gpa_errors(void **state)
{
	static const struct {
		unsigned width;
		uint64_t gpa, size, r10;
	} cases[] = {
		{ 48, 0x800000000000, 0, 0x8000000000000000 },
		{ 48, 0x800000000800, 0x1000, 0x8000000000000002 },
		{ 48, 0x800000000000, 0x800, 0x8000000000000002 },
		{ 48, 0x800000000000, 0xfffffffffffff000, 0x8000000000000000 }, /* wraps */
		{ 48, 0x7ffffffff000, 0x2000, 0x8000000000000000 }, /* private and shared */
		{ 48, 0xfffffffff000, 0x2000, 0x8000000000000000 }, /* beyond the width */
		{ 48, 0x1000000000000, 0x1000, 0x8000000000000000 },
		{ 52, 0xffffffffff000, 0x2000, 0x8000000000000000 },
		{ 48, 0x900000, 0x1000, 0x8000000000000000 }, /* no RAM to make private */
		{ 48, 0x7ff000, 0x2000, 0x8000000000000000 },
		{ 48, 0x800000900000, 0x1000, 0 }, /* a device's registers */
		{ 48, 0xfffffffff000, 0x1000, 0 },
		{ 52, 0x80000fee00000, 0x1000, 0 },
		{ 48, 0x1000, 0x1000, 0 }, /* private already */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct machine m = start(cases[i].width, 0);
		uint64_t gpr[16] = {
			[1] = 0x3c00, [11] = 0x10001, [12] = cases[i].gpa, [13] = cases[i].size
		};

		assert_int_equal(emu_tdx_tdcall(m.tdx, 0, gpr), EMU_NEXT);
		assert_int_equal(gpr[0], 0);
		assert_int_equal(gpr[10], cases[i].r10);
		if (cases[i].r10)
			assert_int_equal(gpr[11], cases[i].gpa);
		assert_int_equal(m.fake->calls, 0);
		finish(&m);
	}
}

static void test_map_gpa_retry(void **state)
{
	struct machine m = start(48, 0x200000);
	uint64_t gpr[16] = { [1] = 0x3c00, [11] = 0x10001, [12] = 0x800000100000, [13] = 0x500000 };
	struct emu_tdx_stats stats;

	assert_int_equal(emu_tdx_tdcall(m.tdx, 0, gpr), EMU_NEXT);
	assert_int_equal(gpr[10], 1);
	assert_int_equal(gpr[11], 0x800000300000);
	assert_int_equal(emu_machine_state(m.emu, 0xff000), EMU_PAGE_FREE);
	assert_int_equal(emu_machine_state(m.emu, 0x100000), EMU_PAGE_SHARED);
	assert_int_equal(emu_machine_state(m.emu, 0x2ff000), EMU_PAGE_SHARED);
	assert_int_equal(emu_machine_state(m.emu, 0x300000), EMU_PAGE_FREE);
	gpr[10] = 0;
	gpr[12] = gpr[11];
	gpr[11] = 0x10001;
	gpr[13] = 0x300000;
	assert_int_equal(emu_tdx_tdcall(m.tdx, 0, gpr), EMU_NEXT);
	assert_int_equal(gpr[10], 1);
	assert_int_equal(gpr[11], 0x800000500000);
	gpr[10] = 0;
	gpr[12] = gpr[11];
	gpr[11] = 0x10001;
	gpr[13] = 0x100000;
	assert_int_equal(emu_tdx_tdcall(m.tdx, 0, gpr), EMU_NEXT);
	assert_int_equal(gpr[10], 0);
	assert_int_equal(emu_machine_state(m.emu, 0x5ff000), EMU_PAGE_SHARED);
	assert_int_equal(emu_machine_state(m.emu, 0x600000), EMU_PAGE_FREE);
	emu_tdx_stats(m.tdx, &stats);
	assert_int_equal(stats.map_gpa_calls, 3);
	assert_int_equal(stats.retries, 2);
	finish(&m);
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
	struct emu_tdx_config config = { .vcpus = 2, .gpa_width = 48, .ram = ram, .ram_count = 2 };
	struct machine m = start(48, 0);
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
	finish(&m);
}

static void test_fatal_error(void **state)
{
	struct machine m = start(48, 0);
	uint64_t gpr[16] = { [1] = 0xfffe & ~0x12, [11] = 0x10003, [12] = 0x42 };
	struct emu_stop stop;

	/* The message registers, in GHCI's order: R14 R15 RBX RDI RSI R8 R9 RDX. */
	memcpy(&gpr[14], "panic: n", 8);
	memcpy(&gpr[15], "o init\n", 8);
	assert_int_equal(emu_tdx_tdcall(m.tdx, 1, gpr), EMU_STOP);
	emu_stop_get(m.emu, &stop);
	assert_int_equal(stop.cause, EMU_STOP_GUEST_REQUEST);
	assert_int_equal(stop.vcpu, 1);
	assert_int_equal(stop.code, 0x42);
	assert_int_equal(stop.gpa, UINT64_MAX);
	assert_non_null(strstr(stop.text, "0x42: panic: no init "));
	assert_null(strchr(stop.text, '\n'));
	finish(&m);

	/* Bit 63: the message is in shared memory. */
	m = start(48, 0);
	{
		uint64_t map[16] = {
			[1] = 0x3c00, [11] = 0x10001, [12] = 0x800000004000, [13] = 0x1000
		};
		uint64_t report[16] = { [1] = 0x3c00,
					[11] = 0x10003,
					[12] = 0x8000000000000001,
					[13] = 0x800000004000 };

		assert_int_equal(emu_tdx_tdcall(m.tdx, 0, map), EMU_NEXT);
		strcpy((char *)m.fake->shared + 0x4000, "out of memory");
		assert_int_equal(emu_tdx_tdcall(m.tdx, 0, report), EMU_STOP);
	}
	emu_stop_get(m.emu, &stop);
	assert_int_equal(stop.code, 0x8000000000000001);
	assert_int_equal(stop.gpa, 0x4000);
	assert_non_null(strstr(stop.text, "out of memory"));
	finish(&m);
}

static void fault(void *arg)
{
	uint64_t gpr[16] = { [0] = 6, [1] = 0x900000 };

	assert_int_equal(emu_tdx_tdcall(arg, 0, gpr), EMU_STOP);
}

/* Two vCPUs stop the machine at once: the first reason stays. */
static void test_first_stop(void **state)
{
	struct machine m = start(48, 0);
	uint64_t gpr[16] = {
		[1] = 0x3c00, [11] = 0x10003, [12] = 0x8000000000000001, [13] = 0x800000004000
	};
	struct emu_stop stop;

	m.fake->meanwhile = fault;
	m.fake->meanwhile_arg = m.tdx;
	assert_int_equal(emu_tdx_tdcall(m.tdx, 1, gpr), EMU_STOP);
	emu_stop_get(m.emu, &stop);
	assert_int_equal(stop.cause, EMU_STOP_HOST_FAULT);
	assert_int_equal(stop.vcpu, 0);
	assert_int_equal(stop.gpa, 0x900000);
	finish(&m);
}

static void test_names(void **state)
{
	assert_string_equal(emu_page_state_name(EMU_TDX, EMU_PAGE_FREE), "FREE");
	assert_string_equal(emu_page_state_name(EMU_TDX, EMU_PAGE_PENDING), "PENDING");
	assert_string_equal(emu_page_state_name(EMU_TDX, EMU_PAGE_MAPPED), "MAPPED");
	assert_string_equal(emu_page_state_name(EMU_TDX, EMU_PAGE_SHARED), "SHARED");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unknown_leaves),
		cmocka_unit_test(test_vp_info),
		cmocka_unit_test(test_veinfo),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_vmcall_registers),
		cmocka_unit_test(test_map_gpa_errors),
		cmocka_unit_test(test_map_gpa_retry),
		cmocka_unit_test(test_other_vmcalls),
		cmocka_unit_test(test_fatal_error),
		cmocka_unit_test(test_first_stop),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
