/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emu/snp/snp.h"
#include "tests/emu/fake_backend.h"

/* The GHCB MSR protocol and the GHCB page: numbers as GHCB specification 2.03 prints them. */

#define GHCB 0x7000

static const struct emu_ram ram[] = { { 0, 0x800000 }, { 0xa00000, 0xb01000 } };

struct machine {
	struct fake_backend *fake;
	struct emu_snp *snp;
	struct emu_machine *emu;
};

static uint64_t msr(struct machine *m, uint64_t request)
{
	uint64_t value;

	assert_int_equal(emu_snp_wrmsr(m->snp, 0, 0xc0010130, request), EMU_NEXT);
	assert_int_equal(emu_snp_vmgexit(m->snp, 0), EMU_NEXT);
	assert_int_equal(emu_snp_rdmsr(m->snp, 0, 0xc0010130, &value), EMU_NEXT);
	return value;
}

static struct machine start(unsigned psc_chunk)
{
	struct emu_snp_config config = { .vcpus = 2,
					 .ram = ram,
					 .ram_count = 2,
					 .assign_on_touch = true,
					 .psc_chunk = psc_chunk };
	struct machine m = { .fake = fake_create() };

	m.snp = emu_snp_create(&config, &m.fake->backend);
	assert_non_null(m.snp);
	m.emu = emu_snp_machine(m.snp);
	return m;
}

/* With a registered GHCB at GHCB, the MSR pointing to it. */
static struct machine start_ghcb(unsigned psc_chunk)
{
	struct machine m = start(psc_chunk);

	assert_int_equal(msr(&m, GHCB | UINT64_C(2) << 52 | 0x014), 0x015);
	assert_int_equal(msr(&m, GHCB | 0x012), GHCB | 0x013);
	assert_int_equal(emu_snp_wrmsr(m.snp, 0, 0xc0010130, GHCB), EMU_NEXT);
	return m;
}

static void finish(struct machine *m)
{
	emu_snp_destroy(m->snp);
	fake_destroy(m->fake);
}

static void put(struct machine *m, uint64_t gpa, uint64_t value)
{
	memcpy(m->fake->shared + gpa, &value, 8);
}

static uint64_t get(struct machine *m, uint64_t gpa)
{
	uint64_t value;

	memcpy(&value, m->fake->shared + gpa, 8);
	return value;
}

/* A request with all the fields that a page-state change wants. */
static void prepare(struct machine *m, uint64_t exitcode, uint64_t scratch)
{
	memset(m->fake->shared + GHCB, 0, 0x800);
	memset(m->fake->shared + GHCB + 0xff0, 0, 0x10);
	put(m, GHCB + 0x390, exitcode);
	put(m, GHCB + 0x3a8, scratch);
	put(m, GHCB + 0x3f8, 0x003c000000000000); /* exit code, info 1 and 2, scratch */
	m->fake->shared[GHCB + 0xffa] = 2;
}

static void exits(struct machine *m, uint64_t info1, uint64_t info2)
{
	assert_int_equal(emu_snp_vmgexit(m->snp, 0), EMU_NEXT);
	assert_int_equal(get(m, GHCB + 0x398), info1);
	assert_int_equal(get(m, GHCB + 0x3a0), info2);
	assert_int_equal(get(m, GHCB + 0x3f0), 0);
	assert_int_equal(get(m, GHCB + 0x3f8), 0x0018000000000000);
}

static void psc_header(struct machine *m, uint64_t scratch, uint16_t current, uint16_t end)
{
	put(m, scratch, current | (uint64_t)end << 16);
}

static void psc_entry(struct machine *m, unsigned i, uint64_t gpa, unsigned op, unsigned big,
		      unsigned done)
{
	put(m, GHCB + 0x808 + i * 8, done | gpa | (uint64_t)op << 52 | (uint64_t)big << 56);
}

static uint16_t psc_current(struct machine *m)
{
	return get(m, GHCB + 0x800);
}

static void test_msr_access(void **state)
{
	struct machine m = start(0);
	uint64_t value;

	/* Before anything is asked: versions 1 to 2, C-bit 51. */
	assert_int_equal(emu_snp_rdmsr(m.snp, 0, 0xc0010130, &value), EMU_NEXT);
	assert_int_equal(value, 0x0002000133000001);
	assert_int_equal(emu_snp_rdmsr(m.snp, 0, 0xc0010131, &value), EMU_NEXT);
	assert_int_equal(value, 7);
	assert_int_equal(emu_snp_wrmsr(m.snp, 0, 0xc0010131, 0), EMU_GP);
	assert_int_equal(emu_snp_rdmsr(m.snp, 0, 0xc0010132, &value), EMU_GP);
	assert_int_equal(emu_snp_wrmsr(m.snp, 0, 0x10, 0), EMU_GP);
	/* Each vCPU has its own. */
	assert_int_equal(emu_snp_wrmsr(m.snp, 1, 0xc0010130, 0xabc000), EMU_NEXT);
	assert_int_equal(emu_snp_rdmsr(m.snp, 0, 0xc0010130, &value), EMU_NEXT);
	assert_int_equal(value, 0x0002000133000001);
	finish(&m);
}

static void test_msr_protocol(void **state)
{
	static const struct {
		uint64_t request, response;
	} cases[] = {
		{ 0x002, 0x0002000133000001 },
		{ 0x010, 0xfffffffffffff011 },
		{ 0x0000000000005012, 0x0000000000005013 },
		{ 0x080, 0x0000000000001081 },
		{ 0x0010000000005014, 0x015 }, /* private */
		{ 0x0020000000005014, 0x015 }, /* shared */
		{ 0x0020000000900014, 0x015 }, /* what is no RAM is shared anyway */
		{ 0x0010000000900014, 0x8000000000000015 },
		{ 0x0000000000005014, 0x8000000000000015 },
		{ 0x0030000000005014, 0x8000000000000015 },
		{ 0x00f0000000005014, 0x8000000000000015 },
		{ 0xabcdef, 0xabcdef }, /* nothing that is known */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct machine m = start(0);

		assert_int_equal(msr(&m, cases[i].request), cases[i].response);
		finish(&m);
	}
}

static void test_terminate(void **state)
{
	struct machine m = start(0);
	struct emu_stop stop;

	/* Set 1, reason 2: "PVALIDATE failed", says Linux. */
	assert_int_equal(emu_snp_wrmsr(m.snp, 1, 0xc0010130, 0x21100), EMU_NEXT);
	assert_int_equal(emu_snp_vmgexit(m.snp, 1), EMU_STOP);
	emu_stop_get(m.emu, &stop);
	assert_int_equal(stop.cause, EMU_STOP_GUEST_REQUEST);
	assert_int_equal(stop.vcpu, 1);
	assert_int_equal(stop.code, 0x21);
	assert_int_equal(stop.gpa, UINT64_MAX);
	assert_non_null(strstr(stop.text, "set 1, code 2"));
	finish(&m);

	m = start_ghcb(0);
	prepare(&m, 0x8000fffe, 0);
	put(&m, GHCB + 0x398, 0x21);
	assert_int_equal(emu_snp_vmgexit(m.snp, 0), EMU_STOP);
	emu_stop_get(m.emu, &stop);
	assert_int_equal(stop.cause, EMU_STOP_GUEST_REQUEST);
	assert_int_equal(stop.code, 0x21);
	finish(&m);
}

static void test_ghcb_checks(void **state)
{
	struct machine m = start_ghcb(0);
	struct emu_stop stop;

	prepare(&m, 0x8000fffd, 0);
	exits(&m, 0, 1); /* hypervisor features */
	prepare(&m, 0x80000011, 0);
	exits(&m, 2, 6);
	prepare(&m, 0x72, 0);
	exits(&m, 2, 6);
	for (unsigned field = 0; field < 4; field++) {
		prepare(&m, 0x80000010, GHCB + 0x800);
		put(&m, GHCB + 0x3f8, 0x003c000000000000 & ~(UINT64_C(1) << (50 + field)));
		exits(&m, 2, 4);
	}
	prepare(&m, 0x8000fffd, 0);
	m.fake->shared[GHCB + 0xffc] = 1;
	exits(&m, 2, 2);
	prepare(&m, 0x8000fffd, 0);
	m.fake->shared[GHCB + 0xffa] = 3;
	exits(&m, 2, 5);
	prepare(&m, 0x8000fffd, 0);
	m.fake->shared[GHCB + 0xffa] = 0; /* OVMF, before it has negotiated */
	exits(&m, 0, 1);
	finish(&m);

	/* Not registered. */
	m = start(0);
	assert_int_equal(msr(&m, GHCB | UINT64_C(2) << 52 | 0x014), 0x015);
	assert_int_equal(emu_snp_wrmsr(m.snp, 0, 0xc0010130, GHCB), EMU_NEXT);
	prepare(&m, 0x8000fffd, 0);
	exits(&m, 2, 1);
	/* Not shared. */
	assert_int_equal(msr(&m, 0x8000 | 0x012), 0x8013);
	assert_int_equal(emu_snp_wrmsr(m.snp, 0, 0xc0010130, 0x8000), EMU_NEXT);
	assert_int_equal(emu_snp_vmgexit(m.snp, 0), EMU_STOP);
	emu_stop_get(m.emu, &stop);
	assert_int_equal(stop.cause, EMU_STOP_HOST_FAULT);
	assert_int_equal(stop.gpa, 0x8000);
	finish(&m);
}

static void test_scratch(void **state)
{
	static const struct {
		uint64_t scratch;
		unsigned version;
		uint64_t info1, info2;
	} cases[] = {
		{ 0, 2, 2, 3 },
		{ GHCB, 2, 2, 3 },
		{ GHCB + 0x7f8, 2, 2, 3 },
		{ GHCB + 0xff0, 2, 2, 3 },
		{ GHCB + 0xfe8, 2, 2, 3 }, /* a header, and no room for an entry */
		{ GHCB + 0x804, 2, 2, 3 }, /* not aligned */
		{ GHCB + 0xfe0, 2, 0, 0 },
		{ GHCB + 0x800, 2, 0, 0 },
		{ GHCB + 0x808, 2, 0, 0 },
		{ 0x9000, 2, 2, 3 }, /* version 2: only within the GHCB */
		{ 0x9000, 1, 0, 0 },
		{ GHCB + 0x10, 1, 2, 3 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct machine m = start_ghcb(0);

		assert_int_equal(msr(&m, 0x9000 | UINT64_C(2) << 52 | 0x014), 0x015);
		assert_int_equal(emu_snp_wrmsr(m.snp, 0, 0xc0010130, GHCB), EMU_NEXT);
		if (!cases[i].info1) {
			psc_header(&m, cases[i].scratch, 0, 0);
			put(&m, cases[i].scratch + 8, 0x0020000000001000);
		}
		prepare(&m, 0x80000010, cases[i].scratch);
		m.fake->shared[GHCB + 0xffa] = cases[i].version;
		exits(&m, cases[i].info1, cases[i].info2);
		assert_int_equal(emu_machine_state(m.emu, 0x1000),
				 cases[i].info1 ? EMU_PAGE_FREE : EMU_PAGE_SHARED);
		finish(&m);
	}

	/* Version 1, and the buffer is not shared memory. */
	{
		struct machine m = start_ghcb(0);

		prepare(&m, 0x80000010, 0xa000);
		m.fake->shared[GHCB + 0xffa] = 1;
		assert_int_equal(emu_snp_vmgexit(m.snp, 0), EMU_STOP);
		finish(&m);
	}
}

static void test_psc(void **state)
{
	struct machine m = start_ghcb(0);
	struct emu_snp_stats stats;
	uint32_t eax;
	bool cf;

	psc_header(&m, GHCB + 0x800, 0, 3);
	psc_entry(&m, 0, 0x200000, 2, 1, 0);
	psc_entry(&m, 1, 0x1000, 2, 0, 0);
	psc_entry(&m, 2, 0x400000, 1, 1, 0);
	psc_entry(&m, 3, 0x900000, 2, 0, 0); /* a device */
	prepare(&m, 0x80000010, GHCB + 0x800);
	exits(&m, 0, 0);
	assert_int_equal(psc_current(&m), 4);
	assert_int_equal(get(&m, GHCB + 0x808), 0x0120000000200200);
	assert_int_equal(get(&m, GHCB + 0x810), 0x0020000000001001);
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
	prepare(&m, 0x80000010, GHCB + 0x800);
	exits(&m, 0, 0);
	assert_int_equal(emu_snp_pvalidate(m.snp, 0, 0x200000, true, 1, 1, &eax, &cf), EMU_NEXT);
	assert_int_equal(eax, 0);
	assert_false(cf);

	/* PSMASH keeps it validated; UNSMASH brings the size back. */
	psc_header(&m, GHCB + 0x800, 0, 0);
	psc_entry(&m, 0, 0x200000, 3, 1, 0);
	prepare(&m, 0x80000010, GHCB + 0x800);
	exits(&m, 0, 0);
	assert_int_equal(emu_snp_pvalidate(m.snp, 0, 0x200000, true, 1, 1, &eax, &cf), EMU_NEXT);
	assert_int_equal(eax, 6);
	psc_header(&m, GHCB + 0x800, 0, 0);
	psc_entry(&m, 0, 0x200000, 4, 1, 0);
	prepare(&m, 0x80000010, GHCB + 0x800);
	exits(&m, 0, 0);
	assert_int_equal(emu_snp_pvalidate(m.snp, 0, 0x200000, true, 1, 1, &eax, &cf), EMU_NEXT);
	assert_int_equal(eax, 0);
	assert_true(cf);

	/* But not of pages that differ. */
	assert_int_equal(emu_snp_pvalidate(m.snp, 0, 0x3ff000, true, 0, 0, &eax, &cf), EMU_NEXT);
	psc_header(&m, GHCB + 0x800, 0, 0);
	psc_entry(&m, 0, 0x200000, 4, 1, 0);
	prepare(&m, 0x80000010, GHCB + 0x800);
	exits(&m, 0, 0);
	assert_int_equal(emu_snp_pvalidate(m.snp, 0, 0x200000, true, 1, 1, &eax, &cf), EMU_NEXT);
	assert_int_equal(eax, 6);
	assert_int_equal(emu_machine_state(m.emu, 0x3ff000), EMU_PAGE_PENDING);
	finish(&m);
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
		struct machine m = start_ghcb(0);

		psc_header(&m, GHCB + 0x800, 0, 2);
		psc_entry(&m, 0, 0x2000, 2, 0, 0);
		put(&m, GHCB + 0x810, cases[i].entry);
		psc_entry(&m, 2, 0x3000, 2, 0, 0);
		prepare(&m, 0x80000010, GHCB + 0x800);
		exits(&m, 0, cases[i].info2);
		/* It stops at the entry that is wrong. */
		assert_int_equal(psc_current(&m), 1);
		assert_int_equal(get(&m, GHCB + 0x810), cases[i].entry);
		assert_int_equal(emu_machine_state(m.emu, 0x2000), EMU_PAGE_SHARED);
		assert_int_equal(emu_machine_state(m.emu, 0x3000), EMU_PAGE_FREE);
		finish(&m);
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
		{ GHCB + 0x800, 0x0000000100000001, 0 },	   /* reserved: nobody looks */
		{ GHCB + 0x800, 0x0000000000000001, 0 },	   /* all done already */
		{ GHCB + 0x800, 0x0000000000fcffff, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct machine m = start_ghcb(0);

		put(&m, cases[i].scratch, cases[i].header);
		put(&m, cases[i].scratch + 8, 0x0020000000001000);
		prepare(&m, 0x80000010, cases[i].scratch);
		exits(&m, 0, cases[i].info2);
		assert_int_equal(get(&m, cases[i].scratch), cases[i].header);
		assert_int_equal(emu_machine_state(m.emu, 0x1000), EMU_PAGE_FREE);
		finish(&m);
	}
}

/* All 253 entries, some at a time. */
static void test_psc_progress(void **state)
{
	struct machine m = start_ghcb(100);
	static const uint16_t progress[] = { 100, 200, 253 };

	psc_header(&m, GHCB + 0x800, 0, 252);
	for (unsigned i = 0; i < 253; i++)
		psc_entry(&m, i, 0x400000 + i * 0x1000, 2, 0, 0);
	for (unsigned i = 0; i < 3; i++) {
		prepare(&m, 0x80000010, GHCB + 0x800);
		exits(&m, 0, 0);
		assert_int_equal(psc_current(&m), progress[i]);
		for (unsigned page = 0; page < 253; page++)
			assert_int_equal(emu_machine_state(m.emu, 0x400000 + page * 0x1000),
					 page < progress[i] ? EMU_PAGE_SHARED : EMU_PAGE_FREE);
	}
	finish(&m);

	/* A 2 MiB entry that was begun: the pages that are done are not touched. */
	m = start_ghcb(0);
	psc_header(&m, GHCB + 0x800, 0, 0);
	psc_entry(&m, 0, 0x400000, 2, 1, 500);
	prepare(&m, 0x80000010, GHCB + 0x800);
	exits(&m, 0, 0);
	assert_int_equal(emu_machine_state(m.emu, 0x400000 + 499 * 0x1000), EMU_PAGE_FREE);
	assert_int_equal(emu_machine_state(m.emu, 0x400000 + 500 * 0x1000), EMU_PAGE_SHARED);
	assert_int_equal(get(&m, GHCB + 0x808), 0x0120000000400200);
	finish(&m);
}

/* A guest that makes its own GHCB private gets no answer. */
static void test_psc_of_ghcb(void **state)
{
	struct machine m = start_ghcb(0);
	struct emu_stop stop;

	psc_header(&m, GHCB + 0x800, 0, 0);
	psc_entry(&m, 0, GHCB, 1, 0, 0);
	prepare(&m, 0x80000010, GHCB + 0x800);
	assert_int_equal(emu_snp_vmgexit(m.snp, 0), EMU_STOP);
	emu_stop_get(m.emu, &stop);
	assert_int_equal(stop.cause, EMU_STOP_HOST_FAULT);
	finish(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_msr_access),   cmocka_unit_test(test_msr_protocol),
		cmocka_unit_test(test_terminate),    cmocka_unit_test(test_ghcb_checks),
		cmocka_unit_test(test_scratch),	     cmocka_unit_test(test_psc),
		cmocka_unit_test(test_psc_errors),   cmocka_unit_test(test_psc_header),
		cmocka_unit_test(test_psc_progress), cmocka_unit_test(test_psc_of_ghcb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
