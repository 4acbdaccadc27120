/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emu/tdx/tdx.h"
#include "tests/emu/fake_backend.h"

/* TDG.MEM.PAGE.ACCEPT: the cases of the ABI, numbers as the specification prints them. */

#define K4 0x1000
#define M2 0x200000

#define ALREADY_4K  0x00000B0A00000000
#define ALREADY_2M  0x00000B0A00000001
#define MISMATCH_2M 0xC0000B0B00000001
#define INVALID_RCX 0xC000010000000001
#define BUSY_RCX    0x8000020000000001

/* 8 MiB, a hole, and 1 MiB + 4 KiB that no 2 MiB page fits into. */
static const struct emu_ram ram[] = { { 0, 0x800000 }, { 0xa00000, 0xb01000 } };

struct machine {
	struct fake_backend *fake;
	struct emu_tdx *tdx;
	struct emu_machine *emu;
};

static struct emu_tdx_config config_of(unsigned gpa_width, bool host_4k_only)
{
	return (struct emu_tdx_config){ .vcpus = 2,
					.gpa_width = gpa_width,
					.ram = ram,
					.ram_count = 2,
					.attributes = 1u << 28,
					.host_4k_only = host_4k_only };
}

static struct machine start(unsigned gpa_width, bool host_4k_only)
{
	struct emu_tdx_config config = config_of(gpa_width, host_4k_only);
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

/*
 * While an accept ends in an EPT violation that the host handles, the guest executes it again, and
 * the emulator calls this (the linker's --wrap). With one vCPU one time is enough: more is an
 * accept without end.
 */
static unsigned retries;

void __wrap_emu_pause(unsigned *turns)
{
	assert_in_range(++retries, 1, 1);
}

static uint64_t accept(struct machine *m, uint64_t rcx)
{
	retries = 0;
	uint64_t gpr[16] = { [0] = 6, [1] = rcx };

	assert_int_equal(emu_tdx_tdcall(m->tdx, 0, gpr), EMU_NEXT);
	assert_int_equal(gpr[1], rcx);
	return gpr[0];
}

static uint64_t map_gpa(struct machine *m, uint64_t gpa, uint64_t size)
{
	uint64_t gpr[16] = { [1] = 0xfc00, [11] = 0x10001, [12] = gpa, [13] = size };

	assert_int_equal(emu_tdx_tdcall(m->tdx, 0, gpr), EMU_NEXT);
	assert_int_equal(gpr[0], 0);
	return gpr[10];
}

static void test_operand(void **state)
{
	static const struct {
		unsigned width;
		uint64_t rcx, status;
	} cases[] = {
		{ 48, 0x2, INVALID_RCX }, /* 1 GiB */
		{ 48, 0x3, INVALID_RCX }, /* no such level */
		{ 48, 0x7, INVALID_RCX },
		{ 48, 0x8, INVALID_RCX },    /* reserved bit 3 */
		{ 48, 0x800, INVALID_RCX },  /* reserved bit 11 */
		{ 48, 0x1001, INVALID_RCX }, /* 2 MiB, not aligned */
		{ 48, 0x100001, INVALID_RCX },
		{ 48, 0x800000000000, INVALID_RCX }, /* the shared bit */
		{ 48, 0x800000200001, INVALID_RCX },
		{ 48, 0x1000000000000, INVALID_RCX },	 /* bit 48 */
		{ 52, 0x8000000000000, INVALID_RCX },	 /* the shared bit */
		{ 52, 0x10000000000000, INVALID_RCX },	 /* reserved bit 52 */
		{ 52, 0x8000000000001000, INVALID_RCX }, /* reserved bit 63 */
		{ 48, 0x0, 0 },
		{ 48, 0x200001, 0 },
		{ 52, 0x400001, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct machine m = start(cases[i].width, false);

		assert_int_equal(accept(&m, cases[i].rcx), cases[i].status);
		assert_int_equal(m.fake->calls, cases[i].status ? 0 : 1);
		finish(&m);
	}
}

static void test_success(void **state)
{
	struct machine m = start(48, false);
	struct emu_stats common;
	struct emu_tdx_stats stats;

	assert_int_equal(fake_unaccepted(m.emu), 0x901000);
	assert_int_equal(accept(&m, 0x3000), 0);
	fake_expect(m.fake, 0, 'P', 0x3000, K4);
	assert_true(m.fake->call[0].zero);
	assert_int_equal(emu_machine_state(m.emu, 0x3000), EMU_PAGE_MAPPED);
	assert_int_equal(emu_machine_state(m.emu, 0x3fff), EMU_PAGE_MAPPED);
	assert_int_equal(emu_machine_state(m.emu, 0x4000), EMU_PAGE_FREE);
	assert_int_equal(accept(&m, 0x200001), 0);
	fake_expect(m.fake, 1, 'P', 0x200000, M2);
	assert_true(m.fake->call[1].zero);
	assert_int_equal(m.fake->calls, 2);
	assert_int_equal(emu_machine_state(m.emu, 0x3ff000), EMU_PAGE_MAPPED);
	assert_int_equal(fake_unaccepted(m.emu), 0x901000 - M2 - K4);
	emu_tdx_stats(m.tdx, &stats);
	emu_machine_stats(m.emu, &common);
	assert_int_equal(common.accepted[0], 1);
	assert_int_equal(common.accepted[1], 1);
	assert_int_equal(common.accepted_bytes, M2 + K4);
	assert_int_equal(stats.calls[6], 2);
	finish(&m);
}

static void test_already(void **state)
{
	struct machine m = start(48, false);
	struct emu_stats stats;

	assert_int_equal(accept(&m, 0x3000), 0);
	assert_int_equal(accept(&m, 0x3000), ALREADY_4K);
	assert_int_equal(accept(&m, 0x200001), 0);
	assert_int_equal(accept(&m, 0x200001), ALREADY_2M);
	/* 4 KiB of an accepted 2 MiB page: the level is that of the page. */
	assert_int_equal(accept(&m, 0x205000), ALREADY_2M);
	assert_int_equal(m.fake->calls, 2);
	emu_machine_stats(m.emu, &stats);
	assert_int_equal(stats.already_accepted, 3);
	finish(&m);
}

static void test_mismatch_after_4k(void **state)
{
	struct machine m = start(48, false);
	struct emu_stats stats;

	assert_int_equal(accept(&m, 0x207000), 0);
	assert_int_equal(accept(&m, 0x200001), MISMATCH_2M);
	assert_int_equal(m.fake->calls, 1);
	assert_int_equal(accept(&m, 0x200000), 0);
	/* Not even when every page of it is accepted. */
	for (uint64_t gpa = 0x200000; gpa < 0x400000; gpa += K4)
		accept(&m, gpa);
	assert_int_equal(accept(&m, 0x200001), MISMATCH_2M);
	emu_machine_stats(m.emu, &stats);
	assert_int_equal(stats.size_mismatch, 2);
	assert_int_equal(stats.accepted[0], 512);
	finish(&m);
}

static void test_mismatch_by_host(void **state)
{
	struct machine m = start(48, true);

	assert_int_equal(accept(&m, 0x400001), MISMATCH_2M);
	/* The host has added the one page that the exit named. */
	assert_int_equal(emu_machine_state(m.emu, 0x400000), EMU_PAGE_PENDING);
	assert_int_equal(emu_machine_state(m.emu, 0x401000), EMU_PAGE_FREE);
	assert_int_equal(m.fake->calls, 0);
	assert_int_equal(accept(&m, 0x400000), 0);
	assert_int_equal(accept(&m, 0x401000), 0);
	finish(&m);
}

/* No 2 MiB page where a part is not RAM, or is shared. */
static void test_mismatch_partial(void **state)
{
	struct machine m = start(48, false);

	assert_int_equal(accept(&m, 0xa00001), MISMATCH_2M);
	assert_int_equal(accept(&m, 0xb00000), 0);
	assert_int_equal(map_gpa(&m, 0x800000201000, K4), 0);
	assert_int_equal(accept(&m, 0x200001), MISMATCH_2M);
	finish(&m);
}

static void stops(uint64_t prepare_shared, uint64_t rcx, uint64_t gpa)
{
	struct machine m = start(48, false);
	uint64_t gpr[16] = { [0] = 6, [1] = rcx };
	struct emu_stop stop;

	if (prepare_shared)
		assert_int_equal(map_gpa(&m, 0x800000000000 | prepare_shared, K4), 0);
	emu_stop_get(m.emu, &stop);
	assert_int_equal(stop.cause, EMU_RUNNING);
	assert_int_equal(emu_tdx_tdcall(m.tdx, 1, gpr), EMU_STOP);
	emu_stop_get(m.emu, &stop);
	assert_int_equal(stop.cause, EMU_STOP_HOST_FAULT);
	assert_int_equal(stop.vcpu, 1);
	assert_int_equal(stop.gpa, gpa);
	assert_true(strlen(stop.text) > 10);

	/* A stop is for good, whatever the call, and keeps its first reason. */
	gpr[0] = 1;
	assert_int_equal(emu_tdx_tdcall(m.tdx, 0, gpr), EMU_STOP);
	assert_int_equal(gpr[0], 1);
	emu_stop_get(m.emu, &stop);
	assert_int_equal(stop.vcpu, 1);
	finish(&m);
}

static void test_host_fault(void **state)
{
	stops(0, 0x800000, 0x800000); /* in the hole */
	stops(0, 0x800001, 0x800000);
	stops(0, 0xb01000, 0xb01000); /* behind the last page */
	stops(0, 0x400000000000, 0x400000000000);
	stops(0x5000, 0x5000, 0x5000); /* shared, and never asked back */
	stops(0x200000, 0x200001, 0x200000);
}

static void test_convert(void **state)
{
	struct machine m = start(48, false);

	/* A whole 2 MiB page goes out and comes back as one. */
	assert_int_equal(accept(&m, 0x200001), 0);
	fake_clear_log(m.fake);
	assert_int_equal(map_gpa(&m, 0x800000200000, M2), 0);
	fake_expect(m.fake, 0, 'p', 0x200000, M2);
	fake_expect(m.fake, 1, 'S', 0x200000, M2);
	assert_int_equal(emu_machine_state(m.emu, 0x200000), EMU_PAGE_SHARED);
	assert_int_equal(emu_machine_state(m.emu, 0x3ff000), EMU_PAGE_SHARED);
	assert_int_equal(fake_unaccepted(m.emu), 0x901000 - M2);
	assert_int_equal(map_gpa(&m, 0x200000, M2), 0);
	fake_expect(m.fake, 2, 's', 0x200000, M2);
	assert_int_equal(m.fake->calls, 3);
	assert_int_equal(emu_machine_state(m.emu, 0x200000), EMU_PAGE_FREE);
	assert_int_equal(fake_unaccepted(m.emu), 0x901000);
	assert_int_equal(accept(&m, 0x200001), 0);

	/* A part of it: the rest stays accepted, by 4 KiB from now on. */
	fake_clear_log(m.fake);
	assert_int_equal(map_gpa(&m, 0x8000003fe000, K4), 0);
	fake_expect(m.fake, 0, 'p', 0x3fe000, K4);
	fake_expect(m.fake, 1, 'S', 0x3fe000, K4);
	assert_int_equal(accept(&m, 0x200001), MISMATCH_2M);
	assert_int_equal(accept(&m, 0x3ff000), ALREADY_4K);
	assert_int_equal(map_gpa(&m, 0x3fe000, K4), 0);
	assert_int_equal(accept(&m, 0x3fe000), 0);
	assert_int_equal(accept(&m, 0x3fe000), ALREADY_4K);
	finish(&m);
}

/* What another vCPU finds while the backend maps an accepted page. */
static void during_2m(void *arg)
{
	struct machine *m = arg;

	assert_int_equal(emu_machine_state(m->emu, 0x200000), EMU_PAGE_PENDING);
	assert_int_equal(accept(m, 0x200001), BUSY_RCX);
	assert_int_equal(accept(m, 0x3ff000), BUSY_RCX);
	assert_int_equal(accept(m, 0x400001), 0);
}

static void during_4k(void *arg)
{
	struct machine *m = arg;

	assert_int_equal(emu_machine_state(m->emu, 0x601000), EMU_PAGE_PENDING);
	assert_int_equal(accept(m, 0x601000), BUSY_RCX);
	assert_int_equal(accept(m, 0x602000), 0);
	assert_int_equal(accept(m, 0x600001), MISMATCH_2M);
}

/* While a page is being converted to shared, it can be neither accepted nor used. */
static void during_share(void *arg)
{
	struct machine *m = arg;

	assert_int_equal(accept(m, 0x601000), BUSY_RCX);
	assert_int_equal(accept(m, 0x603000), 0);
}

static void test_busy(void **state)
{
	struct machine m = start(48, false);
	struct emu_tdx_stats stats;

	m.fake->meanwhile_arg = &m;
	m.fake->meanwhile = during_2m;
	assert_int_equal(accept(&m, 0x200001), 0);
	m.fake->meanwhile = during_4k;
	assert_int_equal(accept(&m, 0x601000), 0);
	m.fake->meanwhile = during_share;
	assert_int_equal(map_gpa(&m, 0x800000601000, K4), 0);
	assert_null(m.fake->meanwhile);
	assert_int_equal(emu_machine_state(m.emu, 0x601000), EMU_PAGE_SHARED);
	emu_tdx_stats(m.tdx, &stats);
	assert_int_equal(stats.busy, 4);
	finish(&m);
}

static void test_launch(void **state)
{
	struct machine m = start(48, false);

	emu_machine_launch(m.emu, 0x600000, 0x603000);
	fake_expect(m.fake, 0, 'P', 0x600000, 0x3000);
	assert_false(m.fake->call[0].zero);
	assert_int_equal(accept(&m, 0x602000), ALREADY_4K);
	assert_int_equal(accept(&m, 0x603000), 0);
	assert_int_equal(accept(&m, 0x600001), MISMATCH_2M);
	assert_int_equal(fake_unaccepted(m.emu), 0x901000 - 0x4000);
	finish(&m);
}

static void test_bad_config(void **state)
{
	static const struct emu_ram overlap[] = { { 0, 0x2000 }, { 0x1000, 0x3000 } };
	static const struct emu_ram unaligned[] = { { 0, 0x1800 } };
	static const struct emu_ram empty[] = { { 0x1000, 0x1000 } };
	static const struct emu_ram high[] = { { 0x800000000000, 0x800000001000 } };
	static const struct emu_ram *const bad[] = { overlap, unaligned, empty, high };
	struct fake_backend *fake = fake_create();
	struct emu_tdx_config config;

	for (size_t i = 0; i < 4; i++) {
		config = config_of(48, false);
		config.ram = bad[i];
		config.ram_count = i ? 1 : 2;
		assert_null(emu_tdx_create(&config, &fake->backend));
	}
	config = config_of(50, false);
	assert_null(emu_tdx_create(&config, &fake->backend));
	config = config_of(48, false);
	config.vcpus = 0;
	assert_null(emu_tdx_create(&config, &fake->backend));
	fake_destroy(fake);
}

/* The tables of 4 TiB cost address space, not memory. */
static void test_large(void **state)
{
	static const struct emu_ram large = { 0, UINT64_C(4) << 40 };
	struct emu_tdx_config config = config_of(48, false);
	struct fake_backend *fake = fake_create();
	uint64_t gpr[16] = { [0] = 6, [1] = (UINT64_C(4) << 40) | 1 };
	struct emu_tdx *tdx;

	config.ram = &large;
	config.ram_count = 1;
	tdx = emu_tdx_create(&config, &fake->backend);
	assert_non_null(tdx);
	assert_int_equal(fake_unaccepted(emu_tdx_machine(tdx)), UINT64_C(4) << 40);
	assert_true(emu_machine_is_ram(emu_tdx_machine(tdx), (UINT64_C(4) << 40) - 1));
	assert_false(emu_machine_is_ram(emu_tdx_machine(tdx), UINT64_C(4) << 40));
	assert_int_equal(emu_tdx_tdcall(tdx, 0, gpr), EMU_STOP);
	emu_tdx_destroy(tdx);
	fake_destroy(fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_operand),
		cmocka_unit_test(test_success),
		cmocka_unit_test(test_already),
		cmocka_unit_test(test_mismatch_after_4k),
		cmocka_unit_test(test_mismatch_by_host),
		cmocka_unit_test(test_mismatch_partial),
		cmocka_unit_test(test_host_fault),
		cmocka_unit_test(test_convert),
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_launch),
		cmocka_unit_test(test_bad_config),
		cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
