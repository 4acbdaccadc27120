/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emu/snp/internal.h"
#include "tests/emu/fake_backend.h"

/* PVALIDATE and RMPADJUST: the cases of the APM, numbers as it prints them. */

#define K4 0x1000
#define M2 0x200000

static const struct emu_ram ram[] = { { 0, 0x800000 }, { 0xa00000, 0xb01000 } };

struct machine {
	struct fake_backend *fake;
	struct emu_snp *snp;
	struct emu_machine *emu;
};

static struct machine start_with(struct emu_snp_config config)
{
	struct machine m = { .fake = fake_create() };

	config.vcpus = 2;
	config.ram = ram;
	config.ram_count = 2;
	m.snp = emu_snp_create(&config, &m.fake->backend);
	assert_non_null(m.snp);
	m.emu = emu_snp_machine(m.snp);
	fake_clear_log(m.fake);
	return m;
}

static struct machine start(void)
{
	return start_with((struct emu_snp_config){ .assign_on_touch = true });
}

static void finish(struct machine *m)
{
	emu_snp_destroy(m->snp);
	fake_destroy(m->fake);
}

/* EAX, with CF as bit 32. */
static uint64_t pvalidate(struct machine *m, uint64_t gpa, bool mapped_2m, uint32_t size,
			  uint32_t validate)
{
	uint32_t eax = 99;
	bool cf = true;

	assert_int_equal(emu_snp_pvalidate(m->snp, 0, gpa, mapped_2m, size, validate, &eax, &cf),
			 EMU_NEXT);
	return eax | (uint64_t)cf << 32;
}

#define CF 0x100000000

static uint64_t psc(struct machine *m, uint64_t gpa, unsigned operation)
{
	uint64_t value;

	assert_int_equal(
		emu_snp_wrmsr(m->snp, 0, 0xc0010130, gpa | (uint64_t)operation << 52 | 0x014),
		EMU_NEXT);
	assert_int_equal(emu_snp_vmgexit(m->snp, 0), EMU_NEXT);
	assert_int_equal(emu_snp_rdmsr(m->snp, 0, 0xc0010130, &value), EMU_NEXT);
	return value;
}

static void test_operand(void **state)
{
	static const struct {
		uint64_t gpa;
		bool mapped_2m;
		uint32_t size, validate;
		uint64_t result;
	} cases[] = {
		{ 0x3000, true, 2, 1, 1 },
		{ 0x3000, true, 0xffffffff, 1, 1 },
		{ 0x3000, true, 0, 0xabcd01, 0 }, /* EDX: bit 0 counts */
		{ 0x3000, true, 0, 0xabcd00, CF },
		{ 0x3000, true, 1, 1, 1 },
		{ 0x300000, true, 1, 1, 1 },
		{ 0x200000, false, 1, 1, 1 },
		{ 0x200000, true, 1, 1, 0 },
		{ 0x3000, false, 0, 1, 0 },
		{ 0x3abc, false, 0, 1, 0 },
		{ 0x3000, true, 0, 1, 0 },
		{ 0x3000, true, 0, 0, CF /* was so */ },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct machine m = start();

		assert_int_equal(pvalidate(&m, cases[i].gpa, cases[i].mapped_2m, cases[i].size,
					   cases[i].validate),
				 cases[i].result);
		assert_int_equal(m.fake->calls, cases[i].result ? 0 : 1);
		finish(&m);
	}
}

static void test_validate(void **state)
{
	struct machine m = start();
	struct emu_snp_stats stats;
	struct emu_stats common;

	assert_int_equal(pvalidate(&m, 0x3000, false, 0, 1), 0);
	fake_expect(m.fake, 0, 'P', 0x3000, K4);
	assert_false(m.fake->call[0].zero);
	assert_int_equal(emu_machine_state(m.emu, 0x3fff), EMU_PAGE_MAPPED);
	assert_int_equal(emu_machine_state(m.emu, 0x4000), EMU_PAGE_FREE);
	assert_int_equal(pvalidate(&m, 0x200000, true, 1, 1), 0);
	fake_expect(m.fake, 1, 'P', 0x200000, M2);
	assert_int_equal(fake_unaccepted(m.emu), 0x901000 - M2 - K4);

	/* Once more: CF, nothing changes. */
	assert_int_equal(pvalidate(&m, 0x3000, false, 0, 1), CF);
	assert_int_equal(pvalidate(&m, 0x200000, true, 1, 1), CF);
	assert_int_equal(m.fake->calls, 2);

	assert_int_equal(pvalidate(&m, 0x3000, false, 0, 0), 0);
	fake_expect(m.fake, 2, 'p', 0x3000, K4);
	assert_int_equal(pvalidate(&m, 0x3000, false, 0, 0), CF);
	assert_int_equal(pvalidate(&m, 0x200000, true, 1, 0), 0);
	fake_expect(m.fake, 3, 'p', 0x200000, M2);
	assert_int_equal(fake_unaccepted(m.emu), 0x901000);
	emu_snp_stats(m.snp, &stats);
	emu_machine_stats(m.emu, &common);
	assert_int_equal(common.accepted[0], 1);
	assert_int_equal(common.accepted[1], 1);
	assert_int_equal(common.accepted_bytes, M2 + K4);
	assert_int_equal(common.already_accepted, 2);
	assert_int_equal(stats.rescinded[0], 1);
	assert_int_equal(stats.rescinded[1], 1);
	assert_int_equal(stats.unchanged, 3);
	finish(&m);
}

static void test_sizes(void **state)
{
	struct machine m = start();
	struct emu_stats stats;

	/* 2 MiB of 4 KiB entries. */
	assert_int_equal(pvalidate(&m, 0x205000, false, 0, 1), 0);
	assert_int_equal(pvalidate(&m, 0x200000, true, 1, 1), 6);
	/* A region that is RAM in part. */
	assert_int_equal(pvalidate(&m, 0xa00000, true, 1, 1), 6);
	assert_int_equal(pvalidate(&m, 0xb00000, true, 0, 1), 0);
	emu_machine_stats(m.emu, &stats);
	assert_int_equal(stats.size_mismatch, 2);

	/* 4 KiB of a 2 MiB entry: the host splits it, and its pages stay validated. */
	assert_int_equal(pvalidate(&m, 0x400000, true, 1, 1), 0);
	assert_int_equal(pvalidate(&m, 0x405000, true, 0, 1), CF);
	assert_int_equal(pvalidate(&m, 0x405000, true, 0, 0), 0);
	assert_int_equal(emu_machine_state(m.emu, 0x404000), EMU_PAGE_MAPPED);
	assert_int_equal(emu_machine_state(m.emu, 0x405000), EMU_PAGE_PENDING);
	assert_int_equal(pvalidate(&m, 0x400000, true, 1, 1), 6);
	finish(&m);

	m = start_with((struct emu_snp_config){ .assign_on_touch = true, .rmp_4k_only = true });
	assert_int_equal(pvalidate(&m, 0x200000, true, 1, 1), 6);
	assert_int_equal(m.fake->calls, 0);
	assert_int_equal(pvalidate(&m, 0x200000, true, 0, 1), 0);
	finish(&m);
}

/* Prepare with a page-state change (0: none), then PVALIDATE must stop the machine. */
static void stops(bool assign_on_touch, uint64_t gpa, unsigned operation, uint32_t size)
{
	struct machine m =
		start_with((struct emu_snp_config){ .assign_on_touch = assign_on_touch });
	struct emu_stop stop;
	uint64_t value;
	uint32_t eax;
	bool cf;

	if (operation)
		assert_int_equal(psc(&m, gpa, operation), 0x015);
	assert_int_equal(emu_snp_pvalidate(m.snp, 1, gpa, true, size, 1, &eax, &cf), EMU_STOP);
	emu_stop_get(m.emu, &stop);
	assert_int_equal(stop.cause, EMU_STOP_HOST_FAULT);
	assert_int_equal(stop.vcpu, 1);
	assert_int_equal(stop.gpa, gpa);
	assert_non_null(strstr(stop.text, "PVALIDATE"));

	assert_int_equal(emu_snp_pvalidate(m.snp, 0, 0x1000, true, 0, 1, &eax, &cf), EMU_STOP);
	assert_int_equal(emu_snp_rmpadjust(m.snp, 0, 0x1000, true, 0, 1, &eax), EMU_STOP);
	assert_int_equal(emu_snp_rdmsr(m.snp, 0, 0xc0010131, &value), EMU_STOP);
	assert_int_equal(emu_snp_wrmsr(m.snp, 0, 0xc0010130, 0), EMU_STOP);
	assert_int_equal(emu_snp_vmgexit(m.snp, 0), EMU_STOP);
	finish(&m);
}

static void test_npf(void **state)
{
	stops(true, 0x800000, 0, 0); /* in the hole */
	stops(true, 0x800000, 0, 1);
	stops(true, 0xb01000, 0, 0);
	stops(true, UINT64_C(1) << 45, 0, 0);
	stops(true, 0x5000, 2, 0); /* shared */
	stops(true, 0x200000, 2, 1);
	stops(false, 0x5000, 0, 0); /* never made private */
	stops(false, 0x200000, 0, 1);
}

static void test_assignment_by_psc(void **state)
{
	struct machine m = start_with((struct emu_snp_config){ 0 });

	assert_int_equal(psc(&m, 0x5000, 1), 0x015);
	assert_int_equal(emu_machine_state(m.emu, 0x5000), EMU_PAGE_PENDING);
	assert_int_equal(pvalidate(&m, 0x5000, true, 0, 1), 0);
	finish(&m);
}

static void test_convert(void **state)
{
	struct machine m = start();

	/* Shared while validated: the page is lost, and must be validated afresh. */
	assert_int_equal(pvalidate(&m, 0x200000, true, 1, 1), 0);
	fake_clear_log(m.fake);
	assert_int_equal(psc(&m, 0x2ff000, 2), 0x015);
	fake_expect(m.fake, 0, 'p', 0x2ff000, K4);
	fake_expect(m.fake, 1, 'S', 0x2ff000, K4);
	assert_int_equal(emu_machine_state(m.emu, 0x2ff000), EMU_PAGE_SHARED);
	assert_int_equal(emu_machine_state(m.emu, 0x2fe000), EMU_PAGE_MAPPED);
	assert_int_equal(fake_unaccepted(m.emu), 0x901000 - M2);
	assert_int_equal(psc(&m, 0x2ff000, 1), 0x015);
	fake_expect(m.fake, 2, 's', 0x2ff000, K4);
	assert_int_equal(emu_machine_state(m.emu, 0x2ff000), EMU_PAGE_PENDING);
	assert_int_equal(pvalidate(&m, 0x2ff000, true, 0, 1), 0);
	/* A change to the state that it has changes nothing: validated it stays. */
	assert_int_equal(psc(&m, 0x2ff000, 1), 0x015);
	assert_int_equal(pvalidate(&m, 0x2ff000, true, 0, 1), CF);
	finish(&m);
}

/* Another vCPU does not see a page validated before the backend has mapped it, and is
 * free to go on elsewhere. */
static void during_validate(void *arg)
{
	struct machine *m = arg;

	assert_int_equal(emu_machine_state(m->emu, 0x5000), EMU_PAGE_PENDING);
	assert_int_equal(pvalidate(m, 0x6000, false, 0, 1), 0);
}

static void during_rescind(void *arg)
{
	struct machine *m = arg;

	assert_int_equal(pvalidate(m, 0x6000, false, 0, 1), CF);
	assert_int_equal(pvalidate(m, 0x200000, true, 1, 1), 0);
}

static void test_meanwhile(void **state)
{
	struct machine m = start();

	m.fake->meanwhile_arg = &m;
	m.fake->meanwhile = during_validate;
	assert_int_equal(pvalidate(&m, 0x5000, false, 0, 1), 0);
	m.fake->meanwhile = during_rescind;
	assert_int_equal(pvalidate(&m, 0x5000, false, 0, 0), 0);
	assert_null(m.fake->meanwhile);
	finish(&m);
}

static void test_launch(void **state)
{
	struct machine m = start();

	emu_machine_launch(m.emu, 0x600000, 0x603000);
	fake_expect(m.fake, 0, 'P', 0x600000, 0x3000);
	assert_int_equal(pvalidate(&m, 0x602000, true, 0, 1), CF);
	assert_int_equal(pvalidate(&m, 0x603000, true, 0, 1), 0);
	finish(&m);
}

static uint32_t rmpadjust(struct machine *m, uint64_t gpa, uint32_t size, uint64_t rdx)
{
	uint32_t eax = 99;

	assert_int_equal(emu_snp_rmpadjust(m->snp, 0, gpa, true, size, rdx, &eax), EMU_NEXT);
	return eax;
}

static void test_rmpadjust(void **state)
{
	struct machine m = start();
	struct emu_snp_stats stats;
	struct emu_stop stop;
	uint32_t eax;

	assert_int_equal(pvalidate(&m, 0x3000, true, 0, 1), 0);
	assert_int_equal(pvalidate(&m, 0x200000, true, 1, 1), 0);
	assert_int_equal(rmpadjust(&m, 0x3000, 0, 0x0f01), 0);
	assert_int_equal(rmpadjust(&m, 0x3000, 0, 0x0f03), 0);
	assert_int_equal(rmpadjust(&m, 0x3000, 0, 0x0f04), 1); /* no such VMPL */
	assert_int_equal(rmpadjust(&m, 0x3000, 0, 0x0f00), 2); /* its own */
	assert_int_equal(rmpadjust(&m, 0x3000, 2, 0x0f01), 1);
	assert_int_equal(rmpadjust(&m, 0x3000, 1, 0x0f01), 1);
	assert_int_equal(rmpadjust(&m, 0x0, 1, 0x0f01), 6);
	assert_int_equal(rmpadjust(&m, 0x200000, 1, 0x0f01), 0);
	assert_int_equal(emu_snp_rmpadjust(m.snp, 0, 0x200000, false, 1, 1, &eax), EMU_NEXT);
	assert_int_equal(eax, 1);

	/* A VMSA, and no more: bit 16. */
	assert_int_equal(rmpadjust(&m, 0x3000, 0, 0x10001), 0);
	assert_true(emu_snp_is_vmsa(m.snp, 0x3000));
	assert_false(emu_snp_is_vmsa(m.snp, 0x2000));
	assert_int_equal(emu_machine_state(m.emu, 0x3000), EMU_PAGE_MAPPED);
	assert_int_equal(pvalidate(&m, 0x3000, true, 0, 1), CF);
	assert_int_equal(rmpadjust(&m, 0x3000, 0, 0x00001), 0);
	assert_false(emu_snp_is_vmsa(m.snp, 0x3000));

	/* 4 KiB of a 2 MiB entry is split by the host. */
	assert_int_equal(rmpadjust(&m, 0x201000, 0, 0x10001), 0);
	assert_true(emu_snp_is_vmsa(m.snp, 0x201000));
	assert_false(emu_snp_is_vmsa(m.snp, 0x202000));
	assert_int_equal(emu_machine_state(m.emu, 0x202000), EMU_PAGE_MAPPED);
	emu_snp_stats(m.snp, &stats);
	assert_int_equal(stats.rmpadjusts, 12);

	assert_int_equal(emu_snp_rmpadjust(m.snp, 0, 0x4000, true, 0, 1, &eax), EMU_STOP);
	emu_stop_get(m.emu, &stop);
	assert_int_equal(stop.gpa, 0x4000);
	assert_int_equal(stop.code, 0x404);
	finish(&m);
}

static void refuse_pvalidate(struct machine *m, uint32_t size, uint32_t validate)
{
	uint32_t eax = 99;
	bool cf = true;

	assert_int_equal(emu_snp_pvalidate(m->snp, 0, 0x3000, true, size, validate, &eax, &cf),
			 EMU_GP);
	/* An exception changes no register. */
	assert_true(eax == 99 && cf);
}

/* A guest above VMPL0, and its SVSM. */
static void test_vmpl(void **state)
{
	struct machine m =
		start_with((struct emu_snp_config){ .assign_on_touch = true, .vmpl = 1 });
	uint32_t eax = 99;
	bool cf = true;

	refuse_pvalidate(&m, 0, 1);
	refuse_pvalidate(&m, 2, 1); /* the privilege comes before the operands */
	assert_int_equal(emu_machine_state(m.emu, 0x3000), EMU_PAGE_FREE);
	assert_int_equal(emu_snp_svsm_pvalidate(m.snp, 0, 0x3000, 0, 1, &eax, &cf), EMU_NEXT);
	assert_true(!eax && !cf);
	assert_int_equal(emu_machine_state(m.emu, 0x3000), EMU_PAGE_MAPPED);
	assert_int_equal(emu_snp_svsm_pvalidate(m.snp, 0, 0x3000, 0, 1, &eax, &cf), EMU_NEXT);
	assert_true(!eax && cf);
	assert_int_equal(emu_snp_svsm_pvalidate(m.snp, 0, 0x200000, 1, 1, &eax, &cf), EMU_NEXT);
	assert_true(!eax && !cf);
	assert_int_equal(emu_machine_state(m.emu, 0x3ff000), EMU_PAGE_MAPPED);
	refuse_pvalidate(&m, 0, 0);
	assert_int_equal(emu_machine_state(m.emu, 0x3000), EMU_PAGE_MAPPED);
	finish(&m);
}

static void svsm_rmpadjust(struct machine *m, uint64_t gpa, uint64_t rdx)
{
	uint32_t eax = 99;

	assert_int_equal(emu_snp_svsm_rmpadjust(m->snp, 0, gpa, rdx, &eax), EMU_NEXT);
	assert_int_equal(eax, 0);
}

static void test_rmpadjust_above_vmpl0(void **state)
{
	struct machine m =
		start_with((struct emu_snp_config){ .assign_on_touch = true, .vmpl = 1 });
	uint32_t eax = 99;
	bool cf = true;

	assert_int_equal(emu_snp_svsm_pvalidate(m.snp, 0, 0x3000, 0, 1, &eax, &cf), EMU_NEXT);
	assert_int_equal(rmpadjust(&m, 0x3000, 0, 0x0f00), 2);
	assert_int_equal(rmpadjust(&m, 0x3000, 0, 0x0f01), 2);
	assert_int_equal(rmpadjust(&m, 0x3000, 0, 0x0f02), 0);
	assert_int_equal(rmpadjust(&m, 0x3000, 0, 0x0f04), 1);

	/* Bit 16 is VMPL0's: ignored, not refused. */
	assert_int_equal(rmpadjust(&m, 0x3000, 0, 0x10002), 0);
	assert_false(emu_snp_is_vmsa(m.snp, 0x3000));
	svsm_rmpadjust(&m, 0x3000, 0x10101);
	assert_true(emu_snp_is_vmsa(m.snp, 0x3000));
	assert_int_equal(rmpadjust(&m, 0x3000, 0, 0x00002), 0);
	assert_true(emu_snp_is_vmsa(m.snp, 0x3000));

	/* A VMSA may be read: no more can be passed on. */
	assert_int_equal(rmpadjust(&m, 0x3000, 0, 0x00102), 0);
	assert_int_equal(rmpadjust(&m, 0x3000, 0, 0x00302), 2);
	assert_int_equal(rmpadjust(&m, 0x3000, 0, 0x00803), 2);
	svsm_rmpadjust(&m, 0x3000, 0x00f01);
	assert_false(emu_snp_is_vmsa(m.snp, 0x3000));
	assert_int_equal(rmpadjust(&m, 0x3000, 0, 0x00302), 0);
	finish(&m);
}

static void test_names(void **state)
{
	assert_string_equal(emu_page_state_name(EMU_SNP, EMU_PAGE_FREE), "UNVALIDATED");
	assert_string_equal(emu_page_state_name(EMU_SNP, EMU_PAGE_PENDING), "UNVALIDATED");
	assert_string_equal(emu_page_state_name(EMU_SNP, EMU_PAGE_MAPPED), "VALIDATED");
	assert_string_equal(emu_page_state_name(EMU_SNP, EMU_PAGE_SHARED), "SHARED");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_operand),
		cmocka_unit_test(test_validate),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_npf),
		cmocka_unit_test(test_assignment_by_psc),
		cmocka_unit_test(test_convert),
		cmocka_unit_test(test_meanwhile),
		cmocka_unit_test(test_launch),
		cmocka_unit_test(test_rmpadjust),
		cmocka_unit_test(test_vmpl),
		cmocka_unit_test(test_rmpadjust_above_vmpl0),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
