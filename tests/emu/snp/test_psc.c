/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/emu/snp/guest.h"

/* Page-state changes, GHCB specification 2.03, section 4.1.6. */

static void psc_header(struct guest *m, uint64_t scratch, uint16_t current, uint16_t end)
{
	guest_put(m, scratch, current | (uint64_t)end << 16);
}

static void psc_entry(struct guest *m, unsigned i, uint64_t gpa, unsigned op, unsigned big,
		      unsigned done)
{
	guest_put(m, GHCB + 0x808 + i * 8, done | gpa | (uint64_t)op << 52 | (uint64_t)big << 56);
}

static uint16_t psc_current(struct guest *m)
{
	return guest_get(m, GHCB + 0x800);
}

static void test_psc(void **state)
{
	struct guest m = guest_start_ghcb(0);
	struct emu_snp_stats stats;
	uint32_t eax;
	bool cf;

	psc_header(&m, GHCB + 0x800, 0, 3);
	psc_entry(&m, 0, 0x200000, 2, 1, 0);
	psc_entry(&m, 1, 0x1000, 2, 0, 0);
	psc_entry(&m, 2, 0x400000, 1, 1, 0);
	psc_entry(&m, 3, 0x900000, 2, 0, 0); /* a device */
	guest_prepare(&m, 0x80000010, GHCB + 0x800);
	guest_expect_exit(&m, 0, 0);
	assert_int_equal(psc_current(&m), 4);
	assert_int_equal(guest_get(&m, GHCB + 0x808), 0x0120000000200200);
	assert_int_equal(guest_get(&m, GHCB + 0x810), 0x0020000000001001);
	assert_int_equal(emu_machine_state(m.emu, 0x200000), EMU_PAGE_SHARED);
	assert_int_equal(emu_machine_state(m.emu, 0x3ff000), EMU_PAGE_SHARED);
	assert_int_equal(emu_machine_state(m.emu, 0x1000), EMU_PAGE_SHARED);
	assert_int_equal(emu_machine_state(m.emu, 0x400000), EMU_PAGE_PENDING);
	emu_snp_stats(m.snp, &stats);
	assert_int_equal(stats.psc_requests, 1);
	assert_int_equal(stats.psc_entries, 4);
	assert_int_equal(stats.psc_msr, 1);

	/* And back, as one 2 MiB entry of the RMP. */
	psc_header(&m, GHCB + 0x800, 0, 0);
	psc_entry(&m, 0, 0x200000, 1, 1, 0);
	guest_prepare(&m, 0x80000010, GHCB + 0x800);
	guest_expect_exit(&m, 0, 0);
	assert_int_equal(emu_snp_pvalidate(m.snp, 0, 0x200000, true, 1, 1, &eax, &cf), EMU_NEXT);
	assert_int_equal(eax, 0);
	assert_false(cf);

	/* PSMASH keeps it validated; UNSMASH brings the size back. */
	psc_header(&m, GHCB + 0x800, 0, 0);
	psc_entry(&m, 0, 0x200000, 3, 1, 0);
	guest_prepare(&m, 0x80000010, GHCB + 0x800);
	guest_expect_exit(&m, 0, 0);
	assert_int_equal(emu_snp_pvalidate(m.snp, 0, 0x200000, true, 1, 1, &eax, &cf), EMU_NEXT);
	assert_int_equal(eax, 6);
	psc_header(&m, GHCB + 0x800, 0, 0);
	psc_entry(&m, 0, 0x200000, 4, 1, 0);
	guest_prepare(&m, 0x80000010, GHCB + 0x800);
	guest_expect_exit(&m, 0, 0);
	assert_int_equal(emu_snp_pvalidate(m.snp, 0, 0x200000, true, 1, 1, &eax, &cf), EMU_NEXT);
	assert_int_equal(eax, 0);
	assert_true(cf);

	/* But not of pages that differ. */
	assert_int_equal(emu_snp_pvalidate(m.snp, 0, 0x3ff000, true, 0, 0, &eax, &cf), EMU_NEXT);
	psc_header(&m, GHCB + 0x800, 0, 0);
	psc_entry(&m, 0, 0x200000, 4, 1, 0);
	guest_prepare(&m, 0x80000010, GHCB + 0x800);
	guest_expect_exit(&m, 0, 0);
	assert_int_equal(emu_snp_pvalidate(m.snp, 0, 0x200000, true, 1, 1, &eax, &cf), EMU_NEXT);
	assert_int_equal(eax, 6);
	assert_int_equal(emu_machine_state(m.emu, 0x3ff000), EMU_PAGE_PENDING);
	guest_finish(&m);
}

static void test_psc_errors(void **state)
{
	static const struct {
		uint64_t entry, info2;
	} cases[] = {
		{ 0x0000000000001000, 0x100000002 }, /* no such operations */
		{ 0x0050000000001000, 0x100000002 },
		{ 0x0120000000001000, 0x100000002 }, /* 2 MiB, not aligned */
		{ 0x0020000000001002, 0x100000002 }, /* more pages done than there are */
		{ 0x0120000000200201, 0x100000002 },
		{ 0x0220000000001000, 0x100000002 }, /* reserved */
		{ 0x8020000000001000, 0x100000002 },
		{ 0x0010000000900000, 0x10000000000 }, /* no RAM to assign */
		{ 0x0110000000a00000, 0x10000000000 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct guest m = guest_start_ghcb(0);

		psc_header(&m, GHCB + 0x800, 0, 2);
		psc_entry(&m, 0, 0x2000, 2, 0, 0);
		guest_put(&m, GHCB + 0x810, cases[i].entry);
		psc_entry(&m, 2, 0x3000, 2, 0, 0);
		guest_prepare(&m, 0x80000010, GHCB + 0x800);
		guest_expect_exit(&m, 0, cases[i].info2);
		/* It stops at the entry that is wrong. */
		assert_int_equal(psc_current(&m), 1);
		assert_int_equal(guest_get(&m, GHCB + 0x810), cases[i].entry);
		assert_int_equal(emu_machine_state(m.emu, 0x2000), EMU_PAGE_SHARED);
		assert_int_equal(emu_machine_state(m.emu, 0x3000), EMU_PAGE_FREE);
		guest_finish(&m);
	}
}

static void test_psc_header(void **state)
{
	static const struct {
		uint64_t scratch, header, info2;
	} cases[] = {
		{ GHCB + 0x800, 0x0000000000fd0000, 0x100000001 }, /* entry 253 */
		{ GHCB + 0x800, 0x00000000ffff0000, 0x100000001 },
		{ GHCB + 0x808, 0x0000000000fc0000, 0x100000001 }, /* out of the buffer */
		{ GHCB + 0x800, 0x0000000100000001, 0 },	   /* reserved: not read */
		{ GHCB + 0x800, 0x0000000000000001, 0 },	   /* all done already */
		{ GHCB + 0x800, 0x0000000000fcffff, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct guest m = guest_start_ghcb(0);

		guest_put(&m, cases[i].scratch, cases[i].header);
		guest_put(&m, cases[i].scratch + 8, 0x0020000000001000);
		guest_prepare(&m, 0x80000010, cases[i].scratch);
		guest_expect_exit(&m, 0, cases[i].info2);
		assert_int_equal(guest_get(&m, cases[i].scratch), cases[i].header);
		assert_int_equal(emu_machine_state(m.emu, 0x1000), EMU_PAGE_FREE);
		guest_finish(&m);
	}
}

/* All 253 entries, some at a time. */
static void test_psc_progress(void **state)
{
	struct guest m = guest_start_ghcb(100);
	static const uint16_t progress[] = { 100, 200, 253 };

	psc_header(&m, GHCB + 0x800, 0, 252);
	for (unsigned i = 0; i < 253; i++)
		psc_entry(&m, i, 0x400000 + i * 0x1000, 2, 0, 0);
	for (unsigned i = 0; i < 3; i++) {
		guest_prepare(&m, 0x80000010, GHCB + 0x800);
		guest_expect_exit(&m, 0, 0);
		assert_int_equal(psc_current(&m), progress[i]);
		for (unsigned page = 0; page < 253; page++)
			assert_int_equal(emu_machine_state(m.emu, 0x400000 + page * 0x1000),
					 page < progress[i] ? EMU_PAGE_SHARED : EMU_PAGE_FREE);
	}
	guest_finish(&m);

	/* A 2 MiB entry that was begun: the pages that are done are not touched. */
	m = guest_start_ghcb(0);
	psc_header(&m, GHCB + 0x800, 0, 0);
	psc_entry(&m, 0, 0x400000, 2, 1, 500);
	guest_prepare(&m, 0x80000010, GHCB + 0x800);
	guest_expect_exit(&m, 0, 0);
	assert_int_equal(emu_machine_state(m.emu, 0x400000 + 499 * 0x1000), EMU_PAGE_FREE);
	assert_int_equal(emu_machine_state(m.emu, 0x400000 + 500 * 0x1000), EMU_PAGE_SHARED);
	assert_int_equal(guest_get(&m, GHCB + 0x808), 0x0120000000400200);
	guest_finish(&m);
}

/* A guest that makes its own GHCB private gets no answer. */
static void test_psc_of_ghcb(void **state)
{
	struct guest m = guest_start_ghcb(0);
	struct emu_stop stop;

	psc_header(&m, GHCB + 0x800, 0, 0);
	psc_entry(&m, 0, GHCB, 1, 0, 0);
	guest_prepare(&m, 0x80000010, GHCB + 0x800);
	assert_int_equal(emu_snp_vmgexit(m.snp, 0), EMU_STOP);
	emu_stop_get(m.emu, &stop);
	assert_int_equal(stop.cause, EMU_STOP_HOST_FAULT);
	guest_finish(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_psc),	    cmocka_unit_test(test_psc_errors),
		cmocka_unit_test(test_psc_header),  cmocka_unit_test(test_psc_progress),
		cmocka_unit_test(test_psc_of_ghcb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
