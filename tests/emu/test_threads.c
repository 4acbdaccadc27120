/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emu/snp/snp.h"
#include "emu/tdx/tdx.h"
#include "tests/emu/fake_backend.h"

/*
 * Many vCPUs on the same memory. Between two conversions every page is accepted successfully
 * exactly once, by any vCPU; the fake backend checks that no two callbacks concern the same page at
 * once.
 */

#define VCPUS	4
#define REGIONS 4
#define PAGES	(REGIONS * 512)
#define ROUNDS	6

#define CONVERSIONS 1500

#define MISMATCH 0xC0000B0B00000001
#define BUSY	 0x8000020000000001

static const struct emu_ram ram = { 0, PAGES *UINT64_C(4096) };

struct world {
	struct emu_tdx *tdx;
	struct emu_snp *snp;
	struct fake_backend *fake;
	pthread_barrier_t barrier;
	unsigned wins[PAGES]; /* atomic */
	unsigned wrong;	      /* atomic: answers that may not be */
};

struct vcpu {
	struct world *world;
	unsigned index;
	pthread_t thread;
};

static void win(struct world *world, unsigned page, unsigned n)
{
	while (n--)
		__atomic_fetch_add(&world->wins[page++], 1, __ATOMIC_RELAXED);
}

static void expect(struct world *world, bool right)
{
	if (!right)
		__atomic_fetch_add(&world->wrong, 1, __ATOMIC_RELAXED);
}

static uint64_t tdx_accept(struct vcpu *vcpu, unsigned page, unsigned level)
{
	uint64_t rax;

	do {
		uint64_t gpr[16] = { [0] = 6, [1] = page * UINT64_C(4096) + level };

		expect(vcpu->world, emu_tdx_tdcall(vcpu->world->tdx, vcpu->index, gpr) == EMU_NEXT);
		rax = gpr[0];
	} while (rax == BUSY);
	return rax;
}

static void tdx_convert(struct vcpu *vcpu, unsigned page, unsigned n, bool to_shared)
{
	uint64_t gpr[16] = { [1] = 0x3c00,
			     [11] = 0x10001,
			     [12] = page * UINT64_C(4096) | (to_shared ? UINT64_C(1) << 47 : 0),
			     [13] = n * UINT64_C(4096) };

	expect(vcpu->world, emu_tdx_tdcall(vcpu->world->tdx, vcpu->index, gpr) == EMU_NEXT);
	expect(vcpu->world, gpr[10] == 0);
}

static void tdx_accept_region(struct vcpu *vcpu, unsigned region, bool by_4k)
{
	uint64_t rax = by_4k ? MISMATCH : tdx_accept(vcpu, region * 512, 1);

	if (rax == 0)
		win(vcpu->world, region * 512, 512);
	if (rax == 0 || rax == 0x00000B0A00000001)
		return;
	expect(vcpu->world, rax == MISMATCH);
	for (unsigned page = region * 512; page < region * 512 + 512; page++) {
		rax = tdx_accept(vcpu, page, 0);
		if (rax == 0)
			win(vcpu->world, page, 1);
		else
			expect(vcpu->world, (rax & ~UINT64_C(1)) == 0x00000B0A00000000);
	}
}

/* Everybody wants everything, at different sizes and in different orders. */
static void *tdx_race(void *arg)
{
	struct vcpu *vcpu = arg;
	struct world *world = vcpu->world;

	for (unsigned round = 0; round < ROUNDS; round++) {
		pthread_barrier_wait(&world->barrier);
		for (unsigned i = 0; i < REGIONS; i++)
			tdx_accept_region(vcpu, vcpu->index % 2 ? REGIONS - 1 - i : i,
					  (round + vcpu->index) % 3 == 0);
		pthread_barrier_wait(&world->barrier);
		for (unsigned i = vcpu->index; i < PAGES; i += VCPUS)
			expect(world, world->wins[i] == round + 1);
		pthread_barrier_wait(&world->barrier);
		/* Every vCPU converts a part that begins and ends within regions. */
		tdx_convert(vcpu, vcpu->index * (PAGES / VCPUS), PAGES / VCPUS, true);
		pthread_barrier_wait(&world->barrier);
		tdx_convert(vcpu, (VCPUS - 1 - vcpu->index) * (PAGES / VCPUS), PAGES / VCPUS,
			    false);
	}
	return NULL;
}

/* Neighbouring pages of the same regions, each of which one vCPU accepts and converts repeatedly:
 * the vCPUs do not disturb each other, not even by OPERAND_BUSY. */
static void *tdx_neighbours(void *arg)
{
	struct vcpu *vcpu = arg;

	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned page = vcpu->index; page < PAGES; page += VCPUS) {
			expect(vcpu->world, tdx_accept(vcpu, page, 0) == 0);
			tdx_convert(vcpu, page, 1, true);
			tdx_convert(vcpu, page, 1, false);
		}
	}
	return NULL;
}

/* Conversions in both directions of ranges that overlap in every way, without a barrier. Few
 * pages, so that three vCPUs often meet on one: then a busy page need not be busy for the
 * vCPU that looks at it. */
static void *tdx_convert_race(void *arg)
{
	struct vcpu *vcpu = arg;
	uint32_t random = vcpu->index + 1;

	for (unsigned round = 0; round < CONVERSIONS; round++) {
		random = random * 1664525 + 1013904223;
		tdx_convert(vcpu, random >> 27, 1 + (random >> 21 & 0x1f), random >> 20 & 1);
	}
	return NULL;
}

static bool snp_pvalidate(struct vcpu *vcpu, unsigned page, bool large, bool validate,
			  uint32_t *eax)
{
	bool cf;

	expect(vcpu->world, emu_snp_pvalidate(vcpu->world->snp, vcpu->index, page * UINT64_C(4096),
					      true, large, validate, eax, &cf) == EMU_NEXT);
	return !cf;
}

static void *snp_race(void *arg)
{
	struct vcpu *vcpu = arg;
	struct world *world = vcpu->world;
	uint32_t eax;

	for (unsigned round = 0; round < ROUNDS; round++) {
		bool validate = round % 2 == 0;

		pthread_barrier_wait(&world->barrier);
		for (unsigned i = 0; i < REGIONS; i++) {
			bool won = snp_pvalidate(vcpu, i * 512, true, validate, &eax);

			if (eax == 0) {
				win(world, i * 512, won ? 512 : 0);
				continue;
			}
			expect(world, eax == 6);
			for (unsigned page = i * 512; page < i * 512 + 512; page++) {
				won = snp_pvalidate(vcpu, page, false, validate, &eax);
				expect(world, eax == 0);
				win(world, page, won);
			}
		}
		pthread_barrier_wait(&world->barrier);
		for (unsigned i = vcpu->index; i < PAGES; i += VCPUS)
			expect(world, world->wins[i] == round + 1);
		/* Later rounds go by 4 KiB in part. */
		if (round == 4)
			snp_pvalidate(vcpu, 512 + vcpu->index, false, validate, &eax);
	}
	return NULL;
}

static void run(struct world *world, void *(*entry)(void *))
{
	struct vcpu vcpu[VCPUS];

	pthread_barrier_init(&world->barrier, NULL, VCPUS);
	for (unsigned i = 0; i < VCPUS; i++) {
		vcpu[i] = (struct vcpu){ .world = world, .index = i };
		assert_int_equal(pthread_create(&vcpu[i].thread, NULL, entry, &vcpu[i]), 0);
	}
	for (unsigned i = 0; i < VCPUS; i++)
		pthread_join(vcpu[i].thread, NULL);
	pthread_barrier_destroy(&world->barrier);
	assert_int_equal(world->wrong, 0);
}

static void run_tdx(void *(*entry)(void *), struct emu_tdx_stats *stats, struct emu_stats *common)
{
	struct emu_tdx_config config = {
		.vcpus = VCPUS, .gpa_width = 48, .ram = &ram, .ram_count = 1
	};
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	world->fake = fake_create();
	world->fake->yield = true;
	world->tdx = emu_tdx_create(&config, &world->fake->backend);
	assert_non_null(world->tdx);
	run(world, entry);
	for (unsigned i = 0; i < PAGES; i++) {
		enum emu_page_state state =
			emu_machine_state(emu_tdx_machine(world->tdx), i * UINT64_C(4096));

		assert_int_equal(world->fake->private_ok[i], state == EMU_PAGE_MAPPED);
		assert_int_equal(world->fake->shared_ok[i], state == EMU_PAGE_SHARED);
	}
	emu_tdx_stats(world->tdx, stats);
	emu_machine_stats(emu_tdx_machine(world->tdx), common);
	emu_tdx_destroy(world->tdx);
	fake_destroy(world->fake);
	free(world);
}

static void test_tdx_race(void **state)
{
	struct emu_tdx_stats stats;
	struct emu_stats common;

	run_tdx(tdx_race, &stats, &common);
	assert_int_equal(common.accepted[0] + 512 * common.accepted[1], ROUNDS * PAGES);
}

static void test_tdx_neighbours(void **state)
{
	struct emu_tdx_stats stats;
	struct emu_stats common;

	run_tdx(tdx_neighbours, &stats, &common);
	assert_int_equal(common.accepted[0], ROUNDS * PAGES);
	assert_int_equal(stats.busy, 0);
}

static void test_tdx_convert_race(void **state)
{
	struct emu_tdx_stats stats;
	struct emu_stats common;

	run_tdx(tdx_convert_race, &stats, &common);
	assert_int_equal(stats.map_gpa_calls, CONVERSIONS * VCPUS);
}

static void test_snp_race(void **state)
{
	struct emu_snp_config config = {
		.vcpus = VCPUS, .ram = &ram, .ram_count = 1, .assign_on_touch = true
	};
	struct world *world = calloc(1, sizeof(*world));
	struct emu_snp_stats stats;
	struct emu_stats common;

	assert_non_null(world);
	world->fake = fake_create();
	world->fake->yield = true;
	world->snp = emu_snp_create(&config, &world->fake->backend);
	assert_non_null(world->snp);
	run(world, snp_race);
	emu_snp_stats(world->snp, &stats);
	emu_machine_stats(emu_snp_machine(world->snp), &common);
	assert_int_equal(common.accepted[0] + stats.rescinded[0] +
				 512 * (common.accepted[1] + stats.rescinded[1]),
			 ROUNDS * PAGES);
	emu_snp_destroy(world->snp);
	fake_destroy(world->fake);
	free(world);
}

#define HOSTS	2 /* of VCPUS threads; the others are vCPUs */
#define UPDATES 3000

/* Few pages of two regions, so that threads often meet on one. */
static unsigned rmp_page(uint32_t random)
{
	return (random >> 4 & 1) * 512 + (random & 1);
}

enum { RMP_SUCCESS, RMP_INPUT, RMP_PERMISSION, RMP_INUSE, RMP_OVERLAP };

static unsigned rmp_assign(struct world *world, uint64_t gpa, bool large)
{
	const struct emu_rmp_update update = {
		.gpa = gpa, .assigned = true, .large = large, .asid = EMU_SNP_ASID
	};

	return emu_rmpupdate(emu_snp_psp(world->snp), gpa, &update);
}

/* A host that meets a lock of the guest's, or of another processor, is asked again. */
static bool rmp_npf(void *ctx, uint64_t gpa, bool large)
{
	const uint64_t region = gpa & -UINT64_C(0x200000);
	struct world *world = ctx;

	(void)large;
	if (emu_psmash(emu_snp_psp(world->snp), region) == RMP_INPUT &&
	    emu_machine_state(emu_snp_machine(world->snp), gpa) == EMU_PAGE_FREE)
		rmp_assign(world, gpa, false);
	return true;
}

/* Takes pages from the guest, or exchanges them, by RMPUPDATE; splits them, and joins a region of
 * which it has taken all. */
static void rmp_host(struct vcpu *vcpu, uint32_t random)
{
	const uint64_t gpa = rmp_page(random >> 8) * UINT64_C(4096);
	const uint64_t region = gpa & -UINT64_C(0x200000);
	struct emu_psp *psp = emu_snp_psp(vcpu->world->snp);
	const struct emu_rmp_update none = { .large = random & 1 }, take = { .large = false };
	unsigned status;

	switch (random >> 1 & 7) {
	case 0:
		status = emu_psmash(psp, region);
		break;
	case 1:
		status = rmp_assign(vcpu->world, region, true);
		break;
	case 2:
		status = rmp_assign(vcpu->world, gpa, false);
		break;
	case 3:
		for (unsigned i = 0; i < (random >> 16 & 7 ? 0 : 512); i++)
			emu_rmpupdate(psp, region + i * UINT64_C(4096), &take);
		return;
	default:
		status = emu_rmpupdate(psp, none.large ? region : gpa, &none);
		break;
	}
	expect(vcpu->world, status <= RMP_OVERLAP && status != RMP_PERMISSION);
}

static void *rmp_race(void *arg)
{
	struct vcpu *vcpu = arg;
	uint32_t random = vcpu->index + 1, eax;
	bool large;

	for (unsigned i = 0; i < UPDATES; i++) {
		random = random * 1664525 + 1013904223;
		large = (random >> 18 & 7) == 0;
		if (vcpu->index < HOSTS) {
			rmp_host(vcpu, random >> 8);
			continue;
		}
		snp_pvalidate(vcpu, rmp_page(random >> 12) & (large ? ~511u : ~0u), large,
			      random >> 9 & 1, &eax);
		expect(vcpu->world, eax == 0 || eax == 6);
	}
	return NULL;
}

/* The hypervisor's RMPUPDATE and PSMASH against the guest's PVALIDATE of the same entries: a page
 * that the host has taken is not the guest's, in the books and in the backend. */
static void test_snp_rmpupdate_race(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	struct emu_snp_config config = {
		.vcpus = VCPUS, .ram = &ram, .ram_count = 1, .npf = rmp_npf, .host_ctx = world
	};
	uint64_t mapped = 0;

	assert_non_null(world);
	world->fake = fake_create();
	world->fake->yield = true;
	world->snp = emu_snp_create(&config, &world->fake->backend);
	assert_non_null(world->snp);
	run(world, rmp_race);
	for (unsigned i = 0; i < PAGES; i++) {
		bool is_mapped = emu_machine_state(emu_snp_machine(world->snp),
						   i * UINT64_C(4096)) == EMU_PAGE_MAPPED;

		assert_int_equal(world->fake->private_ok[i], is_mapped);
		mapped += is_mapped;
	}
	assert_int_equal(fake_unaccepted(emu_snp_machine(world->snp)),
			 (PAGES - mapped) * UINT64_C(4096));
	emu_snp_destroy(world->snp);
	fake_destroy(world->fake);
	free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tdx_race),	   cmocka_unit_test(test_tdx_neighbours),
		cmocka_unit_test(test_tdx_convert_race),   cmocka_unit_test(test_snp_race),
		cmocka_unit_test(test_snp_rmpupdate_race),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
