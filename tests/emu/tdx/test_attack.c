/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "emu/tdx/tdx.h"
#include "tests/emu/fake_backend.h"

/* What a TD sees of a hostile host: status codes as the ABI and GHCI specifications print them. */

#define MIB    UINT64_C(0x100000)
#define REGION (2 * MIB)

#define OK	 0
#define ALREADY	 UINT64_C(0x00000B0A00000000)
#define MISMATCH UINT64_C(0xC0000B0B00000000)
#define BUSY_RCX UINT64_C(0x8000020000000001)

static const struct emu_ram ram[] = { { 0, 16 * MIB } };

struct machine {
	struct fake_backend *fake;
	struct emu_tdx *tdx;
	struct emu_machine *emu;
};

static struct machine start(enum emu_attack_kind kind, uint64_t at)
{
	struct emu_tdx_config config = {
		.vcpus = 1,
		.gpa_width = 48,
		.ram = ram,
		.ram_count = 1,
		.attack = { kind, at, EMU_ATTACK_ANYWHERE },
	};
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

static enum emu_action try_accept(struct machine *m, uint64_t rcx, uint64_t *rax)
{
	uint64_t gpr[EMU_GPRS] = { [EMU_RAX] = 6, [EMU_RCX] = rcx };
	enum emu_action action = emu_tdx_tdcall(m->tdx, 0, gpr);

	*rax = gpr[EMU_RAX];
	return action;
}

static uint64_t accept(struct machine *m, uint64_t rcx)
{
	uint64_t rax;

	assert_int_equal(try_accept(m, rcx, &rax), EMU_NEXT);
	return rax;
}

/* R10; *next is R11. */
static uint64_t map_gpa(struct machine *m, uint64_t gpa, uint64_t size, uint64_t *next)
{
	uint64_t gpr[EMU_GPRS] = {
		[EMU_RCX] = 0x3c00, [EMU_R11] = 0x10001, [EMU_R12] = gpa, [EMU_R13] = size
	};

	assert_int_equal(emu_tdx_tdcall(m->tdx, 0, gpr), EMU_NEXT);
	assert_int_equal(gpr[EMU_RAX], OK);
	*next = gpr[EMU_R11];
	return gpr[EMU_R10];
}

static void expect(struct machine *m, uint64_t opportunities, uint64_t strikes, uint64_t gpa)
{
	struct emu_attack_report report;

	emu_attack_progress(m->emu, &report);
	assert_int_equal(report.triggers, opportunities);
	assert_int_equal(report.injections, strikes);
	assert_int_equal(report.gpa, gpa);
}

static void test_busy(void **state)
{
	struct machine m = start(EMU_ATTACK_BUSY, 2);

	assert_int_equal(accept(&m, 0 | 1), OK);
	/* The second region begins at any page of it, and is counted once. */
	for (int i = 0; i < EMU_ATTACK_BUSY_ANSWERS; i++)
		assert_int_equal(accept(&m, REGION + 0x3000), BUSY_RCX);
	assert_int_equal(m.fake->calls, 1);
	assert_int_equal(accept(&m, REGION + 0x3000), OK);
	assert_int_equal(accept(&m, 2 * REGION | 1), OK);
	expect(&m, 3, EMU_ATTACK_BUSY_ANSWERS, REGION + 0x3000);
	finish(&m);

	m = start(EMU_ATTACK_BUSY_FOREVER, 1);
	for (int i = 0; i < 20 * EMU_ATTACK_BUSY_ANSWERS; i++)
		assert_int_equal(accept(&m, 0 | 1), BUSY_RCX);
	assert_int_equal(accept(&m, REGION | 1), OK);
	finish(&m);
}

static void test_sizes(void **state)
{
	struct machine m = start(EMU_ATTACK_4K_ONLY, 2);

	assert_int_equal(accept(&m, 0 | 1), OK);
	assert_int_equal(accept(&m, REGION | 1), MISMATCH | 1);
	assert_int_equal(accept(&m, REGION), OK);
	assert_int_equal(accept(&m, 2 * REGION | 1), MISMATCH | 1);
	finish(&m);

	m = start(EMU_ATTACK_SIZE_MISMATCH, 1);
	assert_int_equal(accept(&m, 0 | 1), MISMATCH | 1);
	assert_int_equal(accept(&m, 0), MISMATCH);
	assert_int_equal(accept(&m, 0x1000), MISMATCH);
	assert_int_equal(accept(&m, REGION | 1), OK);
	finish(&m);
}

/* The page is there, with the host's content: accepting it says so, and does not clear it. */
static void test_already_accepted(void **state)
{
	struct machine m = start(EMU_ATTACK_ALREADY_ACCEPTED, 1);

	assert_int_equal(accept(&m, 0 | 1), ALREADY | 1);
	fake_expect(m.fake, 0, 'P', 0, REGION);
	assert_false(m.fake->call[0].zero);
	assert_int_equal(emu_machine_state(m.emu, 0), EMU_PAGE_MAPPED);
	assert_int_equal(accept(&m, REGION | 1), OK);
	assert_true(m.fake->call[1].zero);
	expect(&m, 2, 1, 0);
	finish(&m);
}

/* The instruction begins again, nothing is mapped before it ends, and then all is. */
static void test_interrupt(void **state)
{
	struct machine m = start(EMU_ATTACK_INTERRUPT_2M, 1);
	uint64_t rax, times;

	for (times = 0; try_accept(&m, 0 | 1, &rax) == EMU_AGAIN && times < 10; times++)
		assert_int_equal(m.fake->calls, 0);
	assert_int_equal(times, 3);
	assert_int_equal(rax, OK);
	assert_int_equal(m.fake->calls, 1);
	finish(&m);
}

/* The guest is told of it only if it has asked, and only after more than six. */
static void test_zero_step(void **state)
{
	struct machine m = start(EMU_ATTACK_ZERO_STEP, 1);
	uint64_t notify[16] = { [0] = 8, [2] = 0x9110000300000010, [8] = 1, [9] = 1 };
	uint64_t info[16] = { [0] = 3 };
	uint64_t rax, times;

	for (times = 0; try_accept(&m, 0x3000, &rax) == EMU_AGAIN && times < 10; times++)
		assert_int_equal(emu_machine_state(m.emu, 0x3000), EMU_PAGE_FREE);
	assert_int_equal(times, 8);
	assert_int_equal(rax, OK);
	finish(&m);

	m = start(EMU_ATTACK_ZERO_STEP, 1);
	assert_int_equal(emu_tdx_tdcall(m.tdx, 0, notify), EMU_NEXT);
	assert_int_equal(notify[0], 0);
	for (times = 0; times < 8; times++)
		assert_int_equal(try_accept(&m, 0x3000, &rax), EMU_AGAIN);
	assert_int_equal(try_accept(&m, 0x3000, &rax), EMU_VE);
	assert_int_equal(emu_tdx_tdcall(m.tdx, 0, info), EMU_NEXT);
	assert_int_equal(info[1], 48);
	assert_int_equal(info[9], 0x3000);
	/* Once, and the accept goes on where it was. */
	assert_int_equal(accept(&m, 0x3000), OK);
	assert_int_equal(accept(&m, 0x4000), OK);
	finish(&m);
}

/* The region before the second one is struck, as the page that it is mapped by. */
static void test_taken_pages(void **state)
{
	struct machine m = start(EMU_ATTACK_REMOVE, 2);

	assert_int_equal(accept(&m, 0 | 1), OK);
	assert_int_equal(accept(&m, 2 * REGION | 1), OK);
	assert_int_equal(emu_machine_state(m.emu, 0), EMU_PAGE_PENDING);
	assert_int_equal(emu_machine_state(m.emu, REGION - 1), EMU_PAGE_PENDING);
	assert_int_equal(m.fake->private_ok[0], 0);
	assert_int_equal(m.fake->shared_ok[0], 0);
	assert_int_equal(emu_machine_state(m.emu, 2 * REGION), EMU_PAGE_MAPPED);
	/* Whoever accepts it gets an empty page. */
	assert_int_equal(accept(&m, 0 | 1), OK);
	expect(&m, 2, 1, 0);
	finish(&m);

	m = start(EMU_ATTACK_REMAP, 2);
	assert_int_equal(accept(&m, 0x5000), OK);
	assert_int_equal(accept(&m, 0x6000), OK);
	assert_int_equal(accept(&m, REGION | 1), OK);
	assert_int_equal(emu_machine_state(m.emu, 0x5000), EMU_PAGE_FREE);
	assert_int_equal(emu_machine_state(m.emu, 0x6000), EMU_PAGE_MAPPED);
	finish(&m);

	/* Relocation moves the content with its address. */
	m = start(EMU_ATTACK_SWAP, 3);
	for (uint64_t region = 0; region < 3; region++)
		assert_int_equal(accept(&m, region * REGION | 1), OK);
	assert_int_equal(emu_machine_state(m.emu, 0), EMU_PAGE_MAPPED);
	assert_int_equal(emu_machine_state(m.emu, REGION), EMU_PAGE_MAPPED);
	assert_int_equal(m.fake->calls, 3);
	expect(&m, 3, 2, REGION);
	finish(&m);
}

static void test_strike_now(void **state)
{
	struct machine m = start(EMU_ATTACK_NONE, 0);

	assert_false(emu_attack_inject(m.emu, EMU_ATTACK_REMOVE, 0x1000));
	assert_int_equal(accept(&m, 0x1000), OK);
	assert_false(emu_attack_inject(m.emu, EMU_ATTACK_BUSY, 0x1000));
	assert_false(emu_attack_inject(m.emu, EMU_ATTACK_REMOVE, 16 * MIB));
	assert_false(emu_attack_inject(m.emu, EMU_ATTACK_REMOVE, EMU_ATTACK_ANYWHERE));
	assert_true(emu_attack_inject(m.emu, EMU_ATTACK_REMOVE, 0x1abc));
	assert_int_equal(emu_machine_state(m.emu, 0x1000), EMU_PAGE_PENDING);
	finish(&m);
}

static void expect_retry(enum emu_attack_kind kind, uint64_t answer)
{
	struct machine m = start(kind, 2);
	uint64_t next;

	assert_int_equal(accept(&m, 4 * MIB | 1), OK);
	assert_int_equal(map_gpa(&m, MIB | UINT64_C(1) << 47, 0x4000, &next), OK);
	assert_int_equal(map_gpa(&m, (2 * MIB) | UINT64_C(1) << 47, 0x4000, &next), 1);
	assert_int_equal(next, answer | UINT64_C(1) << 47);
	assert_int_equal(emu_machine_state(m.emu, MIB), EMU_PAGE_SHARED);
	assert_int_equal(emu_machine_state(m.emu, 2 * MIB), EMU_PAGE_FREE);
	expect(&m, 2, 1, 2 * MIB);
	finish(&m);
}

static void test_retry(void **state)
{
	expect_retry(EMU_ATTACK_RETRY_STALL, 2 * MIB);
	expect_retry(EMU_ATTACK_RETRY_PAST, 2 * MIB + 0x4000);
	expect_retry(EMU_ATTACK_RETRY_BACK, 2 * MIB - 0x1000);
	expect_retry(EMU_ATTACK_RETRY_UNALIGNED, 2 * MIB + 0x800);
}

static void test_lie(void **state)
{
	struct machine m = start(EMU_ATTACK_PSC_LIE, 1);
	uint64_t next;

	assert_int_equal(map_gpa(&m, UINT64_C(1) << 47, 0x4000, &next), OK);
	assert_int_equal(emu_machine_state(m.emu, 0), EMU_PAGE_FREE);
	/* Once. */
	assert_int_equal(map_gpa(&m, UINT64_C(1) << 47, 0x4000, &next), OK);
	assert_int_equal(emu_machine_state(m.emu, 0), EMU_PAGE_SHARED);
	finish(&m);
}

static void test_names(void **state)
{
	assert_null(emu_attack_info(EMU_ATTACK_NONE));
	assert_null(emu_attack_info(EMU_ATTACKS));
	for (unsigned i = 1; i < EMU_ATTACKS; i++) {
		const struct emu_attack_info *info = emu_attack_info(i);

		assert_non_null(info);
		assert_true(info->tdx_at || info->snp_at);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_already_accepted),
		cmocka_unit_test(test_interrupt),
		cmocka_unit_test(test_zero_step),
		cmocka_unit_test(test_taken_pages),
		cmocka_unit_test(test_strike_now),
		cmocka_unit_test(test_retry),
		cmocka_unit_test(test_lie),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
