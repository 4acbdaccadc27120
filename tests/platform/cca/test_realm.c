/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cvmem/cvmem.h>

#include "tests/emu/cca/realm.h"

/*
 * The library with the platform on the emulated RMM, against a host that does as it likes: random
 * operations, and the invariants of docs/design.md after each.
 */

#define UNIT	    UINT64_C(0x10000)
#define BASE	    UINT64_C(0x200000) /* below it the image, which the host makes RAM */
#define END	    UINT64_C(0x700000)
#define UNITS	    ((END - BASE) / UNIT)
#define HOLE	    UINT64_C(0x400000)
#define HOLE_END    UINT64_C(0x600000)
#define CONFIG_PAGE 0x3000
#define OPS	    300
#define EPISODES    60

static struct realm realm;
static struct cvm_cca cca;
static struct cvm_table *table;
static struct cvm_acceptor acceptor;
static struct cvm_share share;
static jmp_buf off;
static unsigned char config_page[4096] __attribute__((__aligned__(4096)));
static uint64_t seed;

static uint64_t roll(uint64_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % n;
}

static void smc(void *ctx, struct cvm_smc *args)
{
	uint64_t x[EMU_CCA_SMC_REGS] = { 0 };
	enum emu_action action;

	if (args->x[0] == 0x84000008)
		longjmp(off, 1);
	memcpy(x, args->x, sizeof(args->x));
	while ((action = emu_cca_rsi(realm.cca, 0, x)) == EMU_AGAIN)
		;
	assert_int_equal(action, EMU_NEXT);
	memcpy(args->x, x, sizeof(args->x));
	/* What the Realm reads at its page's address. */
	memcpy(config_page, realm.bytes + CONFIG_PAGE, sizeof(config_page));
}

/* Mostly a part of what is asked for; now and then it rejects, or does nothing at all. */
static void moody(void *ctx, unsigned vcpu, const struct emu_ripas_change *change,
		  struct emu_ripas_answer *answer)
{
	if (roll(4) == 0)
		return;
	answer->limit = change->base + roll(change->top - change->base + 1);
	if (roll(60) == 0)
		answer->reject = true;
}

static int start_platform(void)
{
	struct cvm_cca_config config = {
		.conduit = CVM_CONDUIT_SMC, .page = config_page, .page_ipa = CONFIG_PAGE, .smc = smc
	};

	emu_cca_init_ripas(realm.cca, 0, BASE);
	return cvm_cca_init(&cca, &config);
}

static void start_library(void)
{
	static struct cvm_shared storage[512];
	static struct cvm_claim claims[1];
	struct cvm_acceptor_config config = { .platform = &cca.platform, .claims = claims };
	struct cvm_share_config shares = { .acceptor = &acceptor,
					   .storage = storage,
					   .capacity = 512 };

	table = calloc(1, CVM_TABLE_HEADER + (UNITS + 63) / 64 * 8);
	assert_non_null(table);
	table->version = CVM_TABLE_VERSION;
	table->unit_size = UNIT;
	table->phys_base = BASE;
	table->size = (UNITS + 7) / 8;
	for (uint64_t i = 0; i < UNITS; i++)
		if (BASE + i * UNIT < HOLE || BASE + i * UNIT >= HOLE_END)
			table->bitmap[i / 64] |= UINT64_C(1) << i % 64;
	assert_true(cvm_claims_bytes(table) <= sizeof(claims));
	config.table = table;
	assert_int_equal(cvm_acceptor_init(&acceptor, &config), 0);
	assert_int_equal(cvm_share_init(&share, &shares), 0);
}

static void finish(void)
{
	free(table);
	table = NULL;
	realm_finish(&realm);
}

static bool is_unaccepted(uint64_t ipa)
{
	uint64_t i = (ipa - BASE) / UNIT;

	return table->bitmap[i / 64] >> i % 64 & 1;
}

static bool is_ram(uint64_t ipa)
{
	return ipa < HOLE || ipa >= HOLE_END;
}

/* Pages that the host has taken from what the library counts as accepted. */
static bool taken[END / 4096];

static void check(void)
{
	for (uint64_t ipa = BASE; ipa < END; ipa += 4096) {
		enum emu_ripas ripas = emu_cca_ripas(realm.cca, ipa);
		enum cvm_share_state state = cvm_share_state_at(&share, ipa);

		/* I6 */
		if (!is_ram(ipa)) {
			assert_int_equal(ripas, EMU_RIPAS_EMPTY);
			continue;
		}
		/* I2: what was taken does not come back, except through EMPTY. */
		if (taken[ipa / 4096]) {
			assert_int_not_equal(ripas, EMU_RIPAS_RAM);
			if (ripas == EMU_RIPAS_EMPTY)
				taken[ipa / 4096] = false;
			continue;
		}
		/* I4, and the list of what is not private. */
		if (state == CVM_SHARED)
			assert_int_equal(ripas, EMU_RIPAS_EMPTY);
		else if (state == CVM_PRIVATE && !is_unaccepted(ipa))
			assert_int_equal(ripas, EMU_RIPAS_RAM);
	}
	/* I6: the page behind the table, and what the host made RAM. */
	assert_int_equal(emu_cca_ripas(realm.cca, END), EMU_RIPAS_EMPTY);
	assert_int_equal(emu_cca_ripas(realm.cca, 0), EMU_RIPAS_RAM);
}

/* I1: whatever is accepted, or shared, can be touched in its half. */
static void touch(uint64_t ipa)
{
	enum cvm_share_state state = cvm_share_state_at(&share, ipa);

	if (!is_ram(ipa) || taken[ipa / 4096])
		return;
	if (state == CVM_SHARED)
		assert_int_equal(emu_cca_abort(realm.cca, 0, ipa | REALM_SHARED, false),
				 EMU_CCA_AGAIN);
	else if (state == CVM_PRIVATE && !is_unaccepted(ipa))
		assert_int_equal(emu_cca_abort(realm.cca, 0, ipa, false), EMU_CCA_AGAIN);
}

/* The host takes a page that has a granule. */
static void take(uint64_t ipa)
{
	if (cvm_share_state_at(&share, ipa) != CVM_PRIVATE || is_unaccepted(ipa))
		return;
	if (emu_cca_ripas(realm.cca, ipa) != EMU_RIPAS_RAM)
		return;
	taken[ipa / 4096] = emu_cca_data_unmap(realm.cca, ipa, ipa + 4096) != ipa;
}

static void operate(void)
{
	uint64_t start = BASE + roll((END - BASE) / 4096) * 4096;
	uint64_t end = start + (1 + roll(roll(4) ? 40 : 300)) * 4096;
	int error;

	if (end > END)
		end = END;
	switch (roll(6)) {
	case 0:
	case 1:
		error = cvm_accept(&acceptor, start, end, CVM_CAUSE_FAULT);
		assert_true(error == 0 || error == CVM_EIO);
		break;
	case 2:
		/* Unlike the library's, a Realm's conversion of a hole is the caller's fault. */
		if (start < HOLE_END && end > HOLE)
			break;
		cvm_set_shared(&share, start, end, NULL);
		break;
	case 3:
		cvm_set_private(&share, start, end, NULL);
		break;
	case 4:
		for (uint64_t ipa = start; ipa < end; ipa += 4096)
			touch(ipa);
		break;
	default:
		if (roll(4) == 0)
			take(start);
	}
}

static void test_random(void **state)
{
	for (seed = 1; seed <= EPISODES; seed++) {
		uint64_t number = seed;
		struct emu_cca_config config = { .populate = number % 2,
						 .keep_empty = number % 3 == 0,
						 .ripas_change = number % 4 ? moody : NULL };

		seed = number * UINT64_C(0x9e3779b97f4a7c15);
		realm = realm_start(config);
		memset(taken, 0, sizeof(taken));
		assert_int_equal(start_platform(), 0);
		start_library();
		if (!setjmp(off)) {
			for (int i = 0; i < OPS; i++) {
				operate();
				check();
			}
		} else {
			fail_msg("episode %u: the guest has ended itself", (unsigned)number);
		}
		finish();
		seed = number;
	}
}

/* One accept of 2 MiB, under each attack: how the platform ends it. */
static void test_attacks(void **state)
{
	static const struct {
		enum emu_cca_attack_kind kind;
		int expected;
		enum cvm_cca_reason reason;
	} cases[] = {
		{ EMU_CCA_ATTACK_NONE, 0, 0 },
		{ EMU_CCA_ATTACK_DESTROY_AGAIN, CVM_EALREADY, CVM_CCA_DESTROYED },
		{ EMU_CCA_ATTACK_REJECT, CVM_EIO, CVM_CCA_REJECTED },
		{ EMU_CCA_ATTACK_STALL, CVM_EIO, CVM_CCA_STALLED },
		{ EMU_CCA_ATTACK_BACK, CVM_EIO, CVM_CCA_BROKEN },
		{ EMU_CCA_ATTACK_PAST, CVM_EIO, CVM_CCA_BROKEN },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct emu_cca_config config = { .attack = { cases[i].kind, 1 } };
		struct cvm_accept_result result = { 0 };

		realm = realm_start(config);
		assert_int_equal(start_platform(), 0);
		/* Half of it is RAM already. */
		emu_cca_init_ripas(realm.cca, BASE, BASE + 0x100000);
		assert_int_equal(cca.platform.accept(&cca.platform, BASE, HOLE, &result),
				 cases[i].expected);
		assert_int_equal(result.status >> 32, cases[i].reason);
		assert_int_equal(result.done, cases[i].expected ? 0 : HOLE - BASE);
		/* Not in silence, whatever the caller tries. */
		if (cases[i].reason == CVM_CCA_DESTROYED) {
			assert_int_equal(cca.platform.accept(&cca.platform, BASE, HOLE, &result),
					 CVM_EALREADY);
			assert_int_equal(emu_cca_ripas(realm.cca, BASE), EMU_RIPAS_DESTROYED);
		}
		finish();
	}
}

/* Without RAM at the start there is no page for the configuration either. */
static void test_empty_start(void **state)
{
	realm = realm_start((struct emu_cca_config){ .attack = { EMU_CCA_ATTACK_EMPTY_START, 1 } });
	assert_int_equal(start_platform(), CVM_EIO);
	finish();
}

/* A table that says "unaccepted" of memory that the host has taken: the guest ends (I2). */
static void test_ends_itself(void **state)
{
	realm = realm_start((struct emu_cca_config){ .populate = true });
	assert_int_equal(start_platform(), 0);
	start_library();
	emu_cca_init_ripas(realm.cca, BASE, BASE + UNIT);
	emu_cca_data_unmap(realm.cca, BASE + 0x3000, BASE + 0x4000);
	if (!setjmp(off)) {
		cvm_accept(&acceptor, BASE, BASE + UNIT, CVM_CAUSE_FAULT);
		fail();
	}
	assert_int_equal(emu_cca_ripas(realm.cca, BASE + 0x3000), EMU_RIPAS_DESTROYED);
	finish();
}

/* Nothing outside declared RAM, nor at or above the shared bit, becomes RAM (I6). */
static void test_outside(void **state)
{
	struct cvm_accept_result result = { 0 };

	realm = realm_start((struct emu_cca_config){ 0 });
	assert_int_equal(start_platform(), 0);
	assert_int_equal(cca.shared_mask, REALM_SHARED);
	assert_int_equal(cca.platform.accept(&cca.platform, HOLE - 0x1000, HOLE_END, &result),
			 CVM_EIO);
	assert_int_equal(result.where, HOLE);
	assert_int_equal(result.done, 0x1000);
	assert_int_equal(
		cca.platform.accept(&cca.platform, REALM_SHARED, REALM_SHARED + 0x1000, &result),
		CVM_EINVAL);
	finish();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attacks),	    cmocka_unit_test(test_empty_start),
		cmocka_unit_test(test_ends_itself), cmocka_unit_test(test_outside),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
