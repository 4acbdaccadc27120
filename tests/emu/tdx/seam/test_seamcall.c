/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emu/tdx/seam/internal.h"
#include "tests/emu/tdx/seam/host.h"

/*
 * Two processors of the host make one call each at the same moment, again and again. Whatever the
 * order, the answers are those of one after the other. After each round the test takes back what it
 * has changed.
 */

#define ROUNDS 20000

struct call {
	unsigned leaf;
	uint64_t rcx, rdx, r8;
	uint64_t status;
};

struct race {
	struct host host;
	struct call call[2];
	unsigned ready, turn, done; /* atomic: the round that the other processor waits for, makes,
				     * has made */
};

static void make(struct race *race, unsigned i)
{
	struct call *call = &race->call[i];
	uint64_t gpr[EMU_GPRS] = { [EMU_RAX] = call->leaf,
				   [EMU_RCX] = call->rcx,
				   [EMU_RDX] = call->rdx,
				   [EMU_R8] = call->r8 };

	emu_seamcall(race->host.seam, gpr);
	call->status = gpr[EMU_RAX];
}

static void wait_for(const unsigned *word, unsigned value)
{
	for (unsigned turns = 0; __atomic_load_n(word, __ATOMIC_ACQUIRE) != value; turns++)
		if (turns % 1000 == 999)
			sched_yield();
}

/* The second processor. */
static void *other(void *arg)
{
	struct race *race = arg;

	for (unsigned round = 1; round <= ROUNDS; round++) {
		__atomic_store_n(&race->ready, round, __ATOMIC_RELEASE);
		wait_for(&race->turn, round);
		make(race, 1);
		__atomic_store_n(&race->done, round, __ATOMIC_RELEASE);
	}
	return NULL;
}

/* check: of the answers, and takes back; false: they were wrong. */
static void run(struct race *race, bool (*check)(struct race *race))
{
	unsigned wrong = 0;
	pthread_t thread;

	race->turn = race->ready = race->done = 0;
	assert_int_equal(pthread_create(&thread, NULL, other, race), 0);
	for (unsigned round = 1; round <= ROUNDS; round++) {
		wait_for(&race->ready, round);
		__atomic_store_n(&race->turn, round, __ATOMIC_RELEASE);
		/* Until the other one has heard of it, and a little more or less. */
		for (volatile unsigned turns = round % 512; turns; turns--)
			;
		make(race, 0);
		wait_for(&race->done, round);
		wrong += !check(race);
	}
	pthread_join(thread, NULL);
	assert_int_equal(wrong, 0);
	host_finish(&race->host);
}

static struct race *start(void)
{
	static struct race race;

	host_start(&race.host, 0);
	memset(race.call, 0, sizeof(race.call));
	race.call[0].rdx = race.call[1].rdx = HOST_TDR;
	return &race;
}

static uint64_t children(const struct race *race)
{
	struct emu_seam_info info;

	emu_seam_info(race->host.seam, &info);
	return info.children;
}

static uint64_t before;

/* One has the host page, the other is told that it has a use. */
static bool one_page(struct race *race)
{
	uint64_t pages = 0;
	unsigned won = 0;

	for (unsigned i = 0; i < 2; i++) {
		const struct call *call = &race->call[i];

		if (call->status && call->status != (TDX_PAGE_METADATA_INCORRECT | OPERAND_R8))
			return false;
		if (call->status)
			continue;
		won++;
		pages += call->rcx & 1 ? 512 : 1;
		if (children(race) != before + pages)
			return false;
		host_call(&race->host, EMU_TDH_MEM_PAGE_REMOVE, call->rcx, HOST_TDR, 0);
		pages = 0;
	}
	return won == 1 && children(race) == before;
}

static void test_page(void **state)
{
	static const struct {
		uint64_t gpa[2], hpa[2];
	} same[] = {
		{ { 0x200001, 0x400001 }, { 0x200000, 0x200000 } },
		{ { 0x200001, 0x1000 }, { 0x200000, 0x3ff000 } },
	};

	for (unsigned i = 0; i < 2; i++) {
		struct race *race = start();

		host_add_tables(&race->host, 0);
		before = children(race);
		for (unsigned k = 0; k < 2; k++) {
			race->call[k].leaf = EMU_TDH_MEM_PAGE_AUG;
			race->call[k].rcx = same[i].gpa[k];
			race->call[k].r8 = same[i].hpa[k];
		}
		run(race, one_page);
	}
}

/* The TD has room for one more vCPU. */
static bool one_vcpu(struct race *race)
{
	struct emu_seam *seam = race->host.seam;
	unsigned won = 0;

	for (unsigned i = 0; i < 2; i++) {
		const struct call *call = &race->call[i];

		if (call->status && call->status != TDX_MAX_VCPUS_EXCEEDED)
			return false;
		won += !call->status;
		if (!call->status)
			emu_pamt_free(seam, call->rcx, LEVEL_4K);
	}
	seam->vcpus = 1;
	return won == 1;
}

static void test_vcpu(void **state)
{
	struct race *race = start();

	for (unsigned i = 0; i < 2; i++) {
		race->call[i].leaf = EMU_TDH_VP_CREATE;
		race->call[i].rcx = host_page(&race->host);
	}
	run(race, one_vcpu);
}

static uint8_t mrtd[2][SHA384_BYTES]; /* without the page, and with it */

static void begin_again(struct race *race)
{
	struct emu_seam *seam = race->host.seam;

	__atomic_store_n(&seam->op_state, OP_INITIALIZED, __ATOMIC_RELEASE);
	emu_mrtd_init(&seam->mr);
	host_call(&race->host, EMU_TDH_MEM_PAGE_REMOVE, 0, HOST_TDR, 0);
}

static void finalize(struct race *race, uint8_t digest[SHA384_BYTES])
{
	struct emu_seam_info info;

	assert_int_equal(host_call(&race->host, EMU_TDH_MR_FINALIZE, HOST_TDR, 0, 0), 0);
	emu_seam_info(race->host.seam, &info);
	memcpy(digest, info.mrtd, SHA384_BYTES);
	begin_again(race);
}

/* A page that the guest has is in the measurement. */
static bool measured(struct race *race)
{
	uint64_t status = race->call[0].status;
	struct emu_seam_info info;
	bool right;

	emu_seam_info(race->host.seam, &info);
	right = !race->call[1].status && (!status || status == TDX_OP_STATE_INCORRECT) &&
		!memcmp(info.mrtd, mrtd[!status], SHA384_BYTES) &&
		children(race) == before + !status && !race->host.fake->private_ok[0] == !!status;
	begin_again(race);
	return right;
}

static void make_other(void *arg)
{
	struct race *race = arg;

	make(race, 1);
}

static void test_measurement(void **state)
{
	struct race *race = start();

	host_add_tables(&race->host, 0);
	before = children(race);
	race->call[0] = (struct call){ EMU_TDH_MEM_PAGE_ADD, 0, HOST_TDR, 0x5000, 0 };
	race->call[1] = (struct call){ EMU_TDH_MR_FINALIZE, HOST_TDR, 0, 0, 0 };
	finalize(race, mrtd[0]);
	make(race, 0);
	assert_int_equal(race->call[0].status, 0);
	finalize(race, mrtd[1]);
	assert_memory_not_equal(mrtd[0], mrtd[1], SHA384_BYTES);
	/* While the page is being mapped, and then at any time. */
	race->host.fake->meanwhile = make_other;
	race->host.fake->meanwhile_arg = race;
	make(race, 0);
	assert_true(measured(race));
	run(race, measured);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_vcpu),
		cmocka_unit_test(test_measurement),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
