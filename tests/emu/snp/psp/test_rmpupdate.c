/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "emu/pages.h"
#include "tests/emu/snp/psp/psp_host.h"

#define PAGE UINT64_C(0x1000)
#define M2   UINT64_C(0x200000)
#define OWN  EMU_SNP_ASID

/* The states of a page that calls can reach, and what each call answers in it. */
enum { HYPERVISOR, FIRMWARE, RECLAIM, FOREIGN, PRE_FOREIGN, INVALID, PRE_GUEST, VALID, STATES };

/* The columns: RMPUPDATE to Hypervisor, Firmware, Guest-Invalid, Pre-Guest, one of 2 MiB; PSMASH;
 * PAGE_RECLAIM; LAUNCH_UPDATE. AMD APM volume 3; firmware ABI, chapter 8. */
enum { TO_NONE, TO_FIRMWARE, TO_INVALID, TO_PRE_GUEST, TO_2M, SMASH, GIVE_BACK, ADD, CALLS };

static const unsigned expected[STATES][CALLS] = {
	[HYPERVISOR] = { 0, 0, 0, 0, 0, 1, 0x1a, 0x1a },
	[FIRMWARE] = { 2, 2, 2, 2, 4, 1, 0, 0x1a },
	[RECLAIM] = { 0, 0, 0, 0, 4, 1, 0x1a, 0x1a },
	[FOREIGN] = { 0, 0, 0, 0, 4, 1, 0x1a, 0x1a },
	[PRE_FOREIGN] = { 2, 2, 2, 2, 4, 1, 0, 0x1c },
	[INVALID] = { 0, 0, 0, 0, 4, 1, 0x1a, 0x1a },
	[PRE_GUEST] = { 2, 2, 2, 2, 4, 1, 0, 0 },
	[VALID] = { 0, 0, 0, 0, 4, 1, 0x1a, 0x1a },
};

static void bring_to(struct psp_host *host, uint64_t spa, unsigned state)
{
	static const struct {
		bool assigned;
		unsigned asid;
		bool immutable;
	} by_rmpupdate[STATES] = {
		[FIRMWARE] = { true, 0, true },	  [RECLAIM] = { true, 0, false },
		[FOREIGN] = { true, 7, false },	  [PRE_FOREIGN] = { true, 7, true },
		[INVALID] = { true, OWN, false }, [PRE_GUEST] = { true, OWN, true },
		[VALID] = { true, OWN, true },
	};

	assert_int_equal(psp_rmpupdate(host, spa, by_rmpupdate[state].assigned,
				       by_rmpupdate[state].asid, by_rmpupdate[state].immutable,
				       false),
			 0);
	if (state == VALID)
		assert_int_equal(psp_launch_update(host, spa, EMU_SNP_PAGE_NORMAL, false), 0);
}

static unsigned call(struct psp_host *host, uint64_t spa, unsigned which)
{
	switch (which) {
	case TO_NONE:
		return psp_rmpupdate(host, spa, false, 0, false, false);
	case TO_FIRMWARE:
		return psp_rmpupdate(host, spa, true, 0, true, false);
	case TO_INVALID:
		return psp_rmpupdate(host, spa, true, OWN, false, false);
	case TO_PRE_GUEST:
		return psp_rmpupdate(host, spa, true, OWN, true, false);
	case TO_2M:
		return psp_rmpupdate(host, spa, true, OWN, false, true);
	case SMASH:
		return emu_psmash(host->psp, spa);
	case GIVE_BACK:
		return psp_address(host, EMU_SNP_PAGE_RECLAIM, spa);
	default:
		return psp_launch_update(host, spa, EMU_SNP_PAGE_NORMAL, false);
	}
}

static void test_every_state_and_call(void **state)
{
	for (unsigned from = 0; from < STATES; from++) {
		for (unsigned which = 0; which < CALLS; which++) {
			struct psp_host host;
			unsigned answer;

			psp_start(&host);
			psp_launch(&host);
			bring_to(&host, M2, from);
			answer = call(&host, M2, which);
			if (answer != expected[from][which])
				fail_msg("state %u, call %u: %u", from, which, answer);
			/* What the guest can use now. */
			assert_int_equal(emu_machine_state(emu_snp_machine(host.snp), M2),
					 which == ADD && !answer		 ? EMU_PAGE_MAPPED
					 : from == VALID && which > TO_PRE_GUEST ? EMU_PAGE_MAPPED
					 : !answer && which >= TO_INVALID && which <= TO_2M
						 ? EMU_PAGE_PENDING
					 : (from == INVALID || from == PRE_GUEST) &&
							 (answer || which > TO_2M)
						 ? EMU_PAGE_PENDING
						 : EMU_PAGE_FREE);
			psp_finish(&host);
		}
	}
}

static void test_operands(void **state)
{
	struct psp_host host;
	uint64_t end;

	psp_start(&host);
	end = emu_snp_host_end(host.snp);
	assert_int_equal(psp_rmpupdate(&host, PAGE + 1, true, OWN, false, false), 1);
	assert_int_equal(psp_rmpupdate(&host, end, true, OWN, false, false), 1);
	assert_int_equal(psp_rmpupdate(&host, M2 + PAGE, true, OWN, false, true), 1);
	assert_int_equal(psp_rmpupdate(&host, M2, false, OWN, false, false), 1);
	assert_int_equal(psp_rmpupdate(&host, M2, false, 0, true, false), 1);
	assert_int_equal(emu_psmash(host.psp, M2 + PAGE), 1);
	host.fault = EMU_RMP_FAIL_INUSE;
	assert_int_equal(psp_rmpupdate(&host, M2, true, OWN, false, false), 3);
	assert_int_equal(emu_machine_state(emu_snp_machine(host.snp), M2), EMU_PAGE_FREE);
	assert_int_equal(emu_psp_assigned(host.psp), 0);
	psp_finish(&host);
}

static uint64_t pvalidate(struct psp_host *host, uint64_t gpa, uint32_t size)
{
	uint32_t eax = 99;
	bool cf = true;

	assert_int_equal(emu_snp_pvalidate(host->snp, 0, gpa, true, size, 1, &eax, &cf), EMU_NEXT);
	return eax | (uint64_t)cf << 32;
}

/* Entries of 2 MiB: one is written, split, and taken page by page; the guest sees each size. */
static void test_2m(void **state)
{
	struct psp_host host;

	psp_start(&host);
	assert_int_equal(psp_rmpupdate(&host, M2, true, OWN, false, true), 0);
	assert_int_equal(emu_psp_assigned(host.psp), 512);
	assert_int_equal(psp_rmpupdate(&host, M2 + PAGE, false, 0, false, false), 4);
	assert_int_equal(pvalidate(&host, M2, 1), 0);
	assert_int_equal(emu_psmash(host.psp, M2), 0);
	assert_int_equal(emu_psmash(host.psp, M2), 1);
	assert_int_equal(pvalidate(&host, M2, 1), 6);
	/* It keeps the state. */
	assert_int_equal(pvalidate(&host, M2 + PAGE, 0), UINT64_C(1) << 32);
	assert_int_equal(psp_rmpupdate(&host, M2 + PAGE, false, 0, false, false), 0);
	assert_int_equal(psp_rmpupdate(&host, M2, false, 0, false, true), 4);
	assert_int_equal(emu_machine_state(emu_snp_machine(host.snp), M2 + PAGE), EMU_PAGE_FREE);
	assert_int_equal(emu_machine_state(emu_snp_machine(host.snp), M2), EMU_PAGE_MAPPED);
	assert_int_equal(emu_psp_assigned(host.psp), 511);
	for (uint64_t spa = M2; spa < 2 * M2; spa += PAGE)
		assert_int_equal(psp_rmpupdate(&host, spa, false, 0, false, false), 0);
	/* All of it is free again for an entry of 2 MiB. */
	assert_int_equal(psp_rmpupdate(&host, M2, true, OWN, false, true), 0);
	assert_int_equal(psp_rmpupdate(&host, M2, false, 0, false, true), 0);
	assert_int_equal(emu_psp_assigned(host.psp), 0);
	assert_int_equal(fake_unaccepted(emu_snp_machine(host.snp)), HOST_RAM);
	psp_finish(&host);
}

/* Written again, a page is the guest's to validate again: this is how content is exchanged. */
static void test_validated_is_lost(void **state)
{
	struct psp_host host;

	psp_start(&host);
	assert_int_equal(psp_rmpupdate(&host, PAGE, true, OWN, false, false), 0);
	assert_int_equal(pvalidate(&host, PAGE, 0), 0);
	assert_int_equal(pvalidate(&host, PAGE, 0), UINT64_C(1) << 32);
	assert_int_equal(psp_rmpupdate(&host, PAGE, true, OWN, false, false), 0);
	assert_int_equal(pvalidate(&host, PAGE, 0), 0);
	psp_finish(&host);
}

/* What the guest shares is taken from its shared view first. */
static void test_shared_page(void **state)
{
	struct psp_host host;

	psp_start(&host);
	assert_true(emu_snp_share_unused(host.snp, PAGE));
	assert_int_equal(psp_rmpupdate(&host, PAGE, false, 0, false, false), 0);
	assert_int_equal(emu_machine_state(emu_snp_machine(host.snp), PAGE), EMU_PAGE_SHARED);
	assert_int_equal(host.fake->shared_ok[1], 1);
	assert_int_equal(psp_rmpupdate(&host, PAGE, true, OWN, false, false), 0);
	assert_int_equal(host.fake->shared_ok[1], 0);
	assert_int_equal(pvalidate(&host, PAGE, 0), 0);
	psp_finish(&host);
}

/* Another processor's turn, when a lock is given up for the first time. */
void __real_emu_region_unlock(struct emu_region *region);
void __wrap_emu_region_unlock(struct emu_region *region);

static void (*at_unlock)(struct psp_host *host);
static struct psp_host *unlocked_host;

void __wrap_emu_region_unlock(struct emu_region *region)
{
	void (*turn)(struct psp_host * host) = at_unlock;

	__real_emu_region_unlock(region);
	at_unlock = NULL;
	if (turn)
		turn(unlocked_host);
}

static void validate(struct psp_host *host)
{
	assert_int_equal(pvalidate(host, M2, 0), 0);
}

static void validate_2m(struct psp_host *host)
{
	assert_int_equal(pvalidate(host, M2, 1), 0);
}

/* PVALIDATE as soon as another processor can have the entry: what RMPUPDATE has found out of it is
 * not used any more. The host exchanges the page, which then is the guest's to validate: it has
 * done so before, or has now done it again. */
static void test_pvalidate_between(void **state)
{
	for (unsigned large = 0; large < 2; large++) {
		struct psp_host host;
		bool mapped;

		psp_start(&host);
		assert_int_equal(psp_rmpupdate(&host, M2, true, OWN, false, large), 0);
		unlocked_host = &host;
		at_unlock = large ? validate_2m : validate;
		assert_int_equal(psp_rmpupdate(&host, M2, true, OWN, false, large), 0);
		assert_null(at_unlock);
		mapped = emu_machine_state(emu_snp_machine(host.snp), M2) == EMU_PAGE_MAPPED;
		assert_int_equal(host.fake->private_ok[M2 / PAGE], mapped);
		assert_int_equal(HOST_RAM - fake_unaccepted(emu_snp_machine(host.snp)),
				 !mapped ? 0
				 : large ? M2
					 : PAGE);
		psp_finish(&host);
	}
}

/* What another processor does while an entry is locked. */
struct meanwhile {
	struct psp_host *host;
	bool large;
	unsigned rmpupdate, psmash;
};

static void try_entry(void *arg)
{
	struct meanwhile *meanwhile = arg;

	meanwhile->rmpupdate =
		psp_rmpupdate(meanwhile->host, M2, false, 0, false, meanwhile->large);
	meanwhile->psmash = emu_psmash(meanwhile->host->psp, M2);
}

static void expect_in_use(struct meanwhile *meanwhile)
{
	assert_null(meanwhile->host->fake->meanwhile);
	assert_int_equal(meanwhile->rmpupdate, EMU_RMP_FAIL_INUSE);
	assert_int_equal(meanwhile->psmash,
			 meanwhile->large ? EMU_RMP_FAIL_INUSE : EMU_RMP_FAIL_INPUT);
	meanwhile->host->fake->meanwhile = try_entry;
}

/* PVALIDATE and RMPUPDATE lock the entry that they change. */
static void test_in_use(void **state)
{
	for (unsigned large = 0; large < 2; large++) {
		struct psp_host host;
		struct meanwhile meanwhile = { .host = &host, .large = large };
		uint32_t eax;
		bool cf;

		psp_start(&host);
		assert_int_equal(psp_rmpupdate(&host, M2, true, OWN, false, large), 0);
		host.fake->meanwhile = try_entry;
		host.fake->meanwhile_arg = &meanwhile;
		assert_int_equal(pvalidate(&host, M2, large), 0);
		expect_in_use(&meanwhile);
		assert_int_equal(emu_snp_pvalidate(host.snp, 0, M2, true, large, 0, &eax, &cf),
				 EMU_NEXT);
		expect_in_use(&meanwhile);
		host.fake->meanwhile = NULL;
		assert_int_equal(pvalidate(&host, M2, large), 0);
		host.fake->meanwhile = try_entry;
		assert_int_equal(psp_rmpupdate(&host, M2, true, OWN, false, large), 0);
		expect_in_use(&meanwhile);
		host.fake->meanwhile = NULL;
		/* What was refused is done now. */
		assert_int_equal(psp_rmpupdate(&host, M2, false, 0, false, large), 0);
		assert_int_equal(emu_psp_assigned(host.psp), 0);
		psp_finish(&host);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_state_and_call),
		cmocka_unit_test(test_operands),
		cmocka_unit_test(test_2m),
		cmocka_unit_test(test_validated_is_lost),
		cmocka_unit_test(test_shared_page),
		cmocka_unit_test(test_pvalidate_between),
		cmocka_unit_test(test_in_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
