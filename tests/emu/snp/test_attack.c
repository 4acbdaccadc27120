/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emu/snp/snp.h"
#include "tests/emu/fake_backend.h"

/* What an SNP guest sees of a hostile host. The GHCB is at 0, private memory in the regions
 * behind. */

#define MIB    UINT64_C(0x100000)
#define REGION (2 * MIB)
#define CF     (UINT64_C(1) << 32)

static const struct emu_ram ram[] = { { 0, 16 * MIB } };

struct machine {
	struct fake_backend *fake;
	struct emu_snp *snp;
	struct emu_machine *emu;
};

static void msr(struct machine *m, uint64_t request, uint64_t answer)
{
	uint64_t value;

	assert_int_equal(emu_snp_wrmsr(m->snp, 0, 0xc0010130, request), EMU_NEXT);
	assert_int_equal(emu_snp_vmgexit(m->snp, 0), EMU_NEXT);
	assert_int_equal(emu_snp_rdmsr(m->snp, 0, 0xc0010130, &value), EMU_NEXT);
	assert_int_equal(value, answer);
}

static struct machine start(enum emu_attack_kind kind, uint64_t at)
{
	struct emu_snp_config config = {
		.vcpus = 1,
		.ram = ram,
		.ram_count = 1,
		.assign_on_touch = true,
		.attack = { kind, at, EMU_ATTACK_ANYWHERE },
	};
	struct machine m = { .fake = fake_create() };

	m.snp = emu_snp_create(&config, &m.fake->backend);
	assert_non_null(m.snp);
	m.emu = emu_snp_machine(m.snp);
	msr(&m, UINT64_C(2) << 52 | 0x014, 0x015);
	msr(&m, 0x012, 0x013);
	assert_int_equal(emu_snp_wrmsr(m.snp, 0, 0xc0010130, 0), EMU_NEXT);
	return m;
}

static void finish(struct machine *m)
{
	emu_snp_destroy(m->snp);
	fake_destroy(m->fake);
}

/* EAX, and CF in bit 32. */
static uint64_t set_validated(struct machine *m, uint64_t gpa, bool large, bool validated)
{
	uint32_t eax;
	bool cf;

	assert_int_equal(emu_snp_pvalidate(m->snp, 0, gpa, true, large, validated, &eax, &cf),
			 EMU_NEXT);
	return eax | (cf ? CF : 0);
}

static uint64_t validate(struct machine *m, uint64_t gpa, bool large)
{
	return set_validated(m, gpa, large, true);
}

static uint64_t rescind(struct machine *m, uint64_t gpa)
{
	return set_validated(m, gpa, false, false);
}

static void put(struct machine *m, uint64_t gpa, uint64_t value)
{
	memcpy(m->fake->shared + gpa, &value, 8);
}

/* A new request for `count` regions from gpa on. */
static void prepare(struct machine *m, unsigned op, uint64_t gpa, unsigned count)
{
	memset(m->fake->shared, 0, 0x1000);
	put(m, 0x390, 0x80000010);
	put(m, 0x3a8, 0x800);
	put(m, 0x3f8, 0x003c000000000000);
	m->fake->shared[0xffa] = 2;
	put(m, 0x800, (uint64_t)(count - 1) << 16);
	for (unsigned i = 0; i < count; i++)
		put(m, 0x808 + 8 * i, (gpa + i * REGION) | (uint64_t)op << 52 | UINT64_C(1) << 56);
}

/* One VMGEXIT, which answers success; cur_entry afterwards. */
static uint16_t vmgexit(struct machine *m)
{
	static const uint64_t success[2];
	uint16_t current;

	put(m, 0x3f8, 0x003c000000000000);
	assert_int_equal(emu_snp_vmgexit(m->snp, 0), EMU_NEXT);
	assert_memory_equal(m->fake->shared + 0x398, success, 16);
	memcpy(&current, m->fake->shared + 0x800, 2);
	return current;
}

static void expect(struct machine *m, uint64_t opportunities, uint64_t strikes, uint64_t gpa)
{
	struct emu_attack_report report;

	emu_attack_progress(m->emu, &report);
	assert_int_equal(report.triggers, opportunities);
	assert_int_equal(report.injections, strikes);
	assert_int_equal(report.gpa, gpa);
}

static void test_sizes(void **state)
{
	struct machine m = start(EMU_ATTACK_4K_ONLY, 2);

	assert_int_equal(validate(&m, REGION, true), 0);
	assert_int_equal(validate(&m, 2 * REGION, true), 6);
	assert_int_equal(validate(&m, 2 * REGION, false), 0);
	/* Also by a page-state change. */
	prepare(&m, 1, 3 * REGION, 1);
	assert_int_equal(vmgexit(&m), 1);
	assert_int_equal(validate(&m, 3 * REGION, true), 6);
	finish(&m);

	m = start(EMU_ATTACK_SIZE_MISMATCH, 1);
	assert_int_equal(validate(&m, REGION, true), 6);
	assert_int_equal(validate(&m, REGION, false), 6);
	assert_int_equal(validate(&m, REGION + 0x1000, false), 6);
	assert_int_equal(validate(&m, 2 * REGION, true), 0);
	finish(&m);
}

static void test_already_accepted(void **state)
{
	struct machine m = start(EMU_ATTACK_ALREADY_ACCEPTED, 2);

	assert_int_equal(validate(&m, REGION, true), 0);
	assert_int_equal(validate(&m, 2 * REGION, true), CF);
	assert_int_equal(emu_machine_state(m.emu, 2 * REGION), EMU_PAGE_MAPPED);
	assert_int_equal(validate(&m, 3 * REGION, true), 0);
	expect(&m, 3, 1, 2 * REGION);
	finish(&m);
}

static void test_taken_pages(void **state)
{
	static const enum emu_attack_kind kinds[] = { EMU_ATTACK_REMOVE, EMU_ATTACK_REMAP };

	for (unsigned i = 0; i < 2; i++) {
		struct machine m = start(kinds[i], 2);

		assert_int_equal(validate(&m, REGION, true), 0);
		assert_int_equal(validate(&m, 2 * REGION, true), 0);
		assert_int_equal(emu_machine_state(m.emu, REGION),
				 i ? EMU_PAGE_FREE : EMU_PAGE_PENDING);
		assert_int_equal(m.fake->private_ok[512], 0);
		assert_int_equal(m.fake->private_ok[1024], 1);
		expect(&m, 2, 1, REGION);
		finish(&m);
	}
}

/* What another vCPU does meanwhile, which accepts in new regions as well. */
static void two_more(void *arg)
{
	struct machine *m = arg;

	assert_int_equal(validate(m, 3 * REGION, true), 0);
	assert_int_equal(validate(m, 4 * REGION, true), 0);
}

static void test_taken_once(void **state)
{
	struct machine m = start(EMU_ATTACK_REMOVE, 2);

	assert_int_equal(validate(&m, REGION, true), 0);
	m.fake->meanwhile = two_more;
	m.fake->meanwhile_arg = &m;
	assert_int_equal(validate(&m, 2 * REGION, true), 0);
	assert_null(m.fake->meanwhile);
	expect(&m, 4, 1, REGION);
	assert_int_equal(emu_machine_state(m.emu, REGION), EMU_PAGE_PENDING);
	assert_int_equal(emu_machine_state(m.emu, 3 * REGION), EMU_PAGE_MAPPED);
	finish(&m);

	/* Where the page is not accepted, the next opportunity counts. */
	m = start(EMU_ATTACK_REMOVE, 2);
	assert_int_equal(validate(&m, REGION + 0x1000, false), 0);
	assert_int_equal(rescind(&m, REGION + 0x1000), 0);
	assert_int_equal(validate(&m, 2 * REGION, true), 0);
	expect(&m, 2, 0, EMU_ATTACK_ANYWHERE);
	assert_int_equal(validate(&m, 3 * REGION, true), 0);
	expect(&m, 3, 1, 2 * REGION);
	finish(&m);
}

static void test_swap(void **state)
{
	struct machine m = start(EMU_ATTACK_SWAP, 3);

	for (unsigned i = 1; i < 5; i++)
		assert_int_equal(validate(&m, i * REGION, true), 0);
	assert_int_equal(emu_machine_state(m.emu, 1 * REGION), EMU_PAGE_PENDING);
	assert_int_equal(emu_machine_state(m.emu, 2 * REGION), EMU_PAGE_PENDING);
	assert_int_equal(emu_machine_state(m.emu, 3 * REGION), EMU_PAGE_MAPPED);
	expect(&m, 4, 2, 2 * REGION);
	finish(&m);
}

static void test_retry(void **state)
{
	struct machine m = start(EMU_ATTACK_RETRY_STALL, 2);

	prepare(&m, 1, REGION, 2);
	assert_int_equal(vmgexit(&m), 2);
	prepare(&m, 1, 3 * REGION, 2);
	for (int i = 0; i < 5000; i++)
		assert_int_equal(vmgexit(&m), 0);
	expect(&m, 5001, 5000, 3 * REGION);
	finish(&m);

	m = start(EMU_ATTACK_RETRY_PAST, 1);
	prepare(&m, 2, REGION, 2);
	assert_int_equal(vmgexit(&m), 3);
	assert_int_equal(emu_machine_state(m.emu, REGION), EMU_PAGE_FREE);
	finish(&m);
}

/* One step forward, one back. */
static void test_retry_back(void **state)
{
	struct machine m = start(EMU_ATTACK_RETRY_BACK, 1);

	prepare(&m, 2, REGION, 3);
	assert_int_equal(vmgexit(&m), 1);
	expect(&m, 1, 0, EMU_ATTACK_ANYWHERE);
	assert_int_equal(vmgexit(&m), 0);
	assert_int_equal(vmgexit(&m), 1);
	assert_int_equal(vmgexit(&m), 0);
	expect(&m, 4, 2, 2 * REGION);
	finish(&m);
}

/* What was said to be private cannot be validated, once the host is asked for it. */
static void test_lie(void **state)
{
	struct machine m = start(EMU_ATTACK_PSC_LIE, 1);
	struct emu_stop stop;
	uint32_t eax;
	bool cf;

	prepare(&m, 1, REGION, 2);
	assert_int_equal(vmgexit(&m), 2);
	expect(&m, 1, 1, REGION);
	assert_int_equal(validate(&m, 3 * REGION, true), 0);
	assert_int_equal(emu_snp_pvalidate(m.snp, 0, 3 * REGION - 0x1000, true, 0, 1, &eax, &cf),
			 EMU_STOP);
	emu_stop_get(m.emu, &stop);
	assert_int_equal(stop.cause, EMU_STOP_HOST_FAULT);
	assert_int_equal(stop.gpa, 3 * REGION - 0x1000);
	finish(&m);

	m = start(EMU_ATTACK_PSC_LIE, 1);
	prepare(&m, 2, REGION, 1);
	assert_int_equal(vmgexit(&m), 1);
	assert_int_equal(emu_machine_state(m.emu, REGION), EMU_PAGE_FREE);
	finish(&m);
}

/* Regions, one entry each. */
static void prepare_list(struct machine *m, const uint64_t *regions, unsigned count)
{
	prepare(m, 1, 0, count);
	for (unsigned i = 0; i < count; i++)
		put(m, 0x808 + 8 * i, regions[i] * REGION | UINT64_C(1) << 52 | UINT64_C(1) << 56);
}

static void expect_not_provided(struct machine *m, uint64_t gpa)
{
	struct emu_stop stop;
	uint32_t eax;
	bool cf;

	assert_int_equal(emu_snp_pvalidate(m->snp, 0, gpa, true, 0, 1, &eax, &cf), EMU_STOP);
	emu_stop_get(m->emu, &stop);
	assert_int_equal(stop.cause, EMU_STOP_HOST_FAULT);
	assert_int_equal(stop.gpa, gpa);
}

/* Only what continues the first entry is a lie: the request for the rest is carried out, and other
 * memory is provided on use. */
static void test_lie_in_pieces(void **state)
{
	static const uint64_t descending[] = { 4, 3, 1 }, gap[] = { 1, 2, 4 };
	struct machine m = start(EMU_ATTACK_PSC_LIE, 1);

	prepare_list(&m, descending, 3);
	assert_int_equal(vmgexit(&m), 1);
	expect(&m, 1, 1, 4 * REGION);
	assert_int_equal(vmgexit(&m), 3);
	expect(&m, 2, 1, 4 * REGION);
	assert_int_equal(emu_machine_state(m.emu, 3 * REGION), EMU_PAGE_PENDING);
	assert_int_equal(emu_machine_state(m.emu, 1 * REGION), EMU_PAGE_PENDING);
	assert_int_equal(validate(&m, 2 * REGION, true), 0);
	expect_not_provided(&m, 4 * REGION);
	finish(&m);

	m = start(EMU_ATTACK_PSC_LIE, 1);
	prepare_list(&m, gap, 3);
	assert_int_equal(vmgexit(&m), 2);
	assert_int_equal(vmgexit(&m), 3);
	expect(&m, 2, 1, REGION);
	assert_int_equal(validate(&m, 3 * REGION, true), 0);
	assert_int_equal(validate(&m, 4 * REGION, true), 0);
	expect_not_provided(&m, 3 * REGION - 0x1000);
	finish(&m);
}

/* Another vCPU's request, between this one's and its answer. */
static void lie_meanwhile(void *arg)
{
	struct machine *m = arg;
	struct emu_attack_report report;

	emu_attack_progress(m->emu, &report);
	if (!report.triggers) {
		m->fake->meanwhile = lie_meanwhile;
		return;
	}
	prepare(m, 1, 5 * REGION, 1);
	assert_int_equal(vmgexit(m), 1);
	prepare(m, 1, REGION, 1);
}

static void test_lie_once(void **state)
{
	struct machine m = start(EMU_ATTACK_PSC_LIE, 1);

	prepare(&m, 1, REGION, 1);
	m.fake->meanwhile = lie_meanwhile;
	m.fake->meanwhile_arg = &m;
	assert_int_equal(vmgexit(&m), 1);
	expect(&m, 2, 1, 5 * REGION);
	assert_int_equal(emu_machine_state(m.emu, REGION), EMU_PAGE_PENDING);
	assert_int_equal(emu_machine_state(m.emu, 5 * REGION), EMU_PAGE_FREE);
	finish(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),	      cmocka_unit_test(test_already_accepted),
		cmocka_unit_test(test_taken_pages),   cmocka_unit_test(test_taken_once),
		cmocka_unit_test(test_swap),	      cmocka_unit_test(test_retry),
		cmocka_unit_test(test_retry_back),    cmocka_unit_test(test_lie),
		cmocka_unit_test(test_lie_in_pieces), cmocka_unit_test(test_lie_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
