/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/emu/cca/realm.h"

enum { SUCCESS = 0, ERROR_INPUT = 1, ERROR_STATE = 2, INCOMPLETE = 3, ERROR_UNKNOWN = 4 };

#define PAGE  UINT64_C(0x1000)
#define TOKEN 3000

/* What makes tokens here: bytes that tell which token it is, and where in it they are. */
static struct {
	unsigned calls;
	size_t size; /* 0: it fails */
	struct emu_cca_claims claims;
} maker;

static unsigned char byte_of(unsigned number, size_t at)
{
	return (unsigned char)(number * 31 + at * 7 + (at >> 8));
}

static size_t make(void *ctx, const struct emu_cca_claims *claims, uint8_t *token)
{
	assert_ptr_equal(ctx, &maker);
	maker.calls++;
	maker.claims = *claims;
	for (size_t i = 0; i < maker.size; i++)
		token[i] = byte_of(maker.calls, i);
	return maker.size;
}

/* A page that is RAM, at PAGE. */
static struct realm start(size_t size)
{
	struct emu_cca_config config = { .populate = true,
					 .make_token = make,
					 .make_token_ctx = &maker };
	struct realm realm;

	memset(&maker, 0, sizeof(maker));
	maker.size = size;
	for (unsigned i = 0; i < EMU_CCA_RPV_SIZE; i++)
		config.rpv[i] = (uint8_t)(0x80 + i);
	realm = realm_start(config);
	realm_set(&realm, PAGE, 2 * PAGE, EMU_RIPAS_RAM, false);
	return realm;
}

static void init(struct realm *realm, uint64_t first)
{
	struct rsi call = realm_call(realm, ATTEST_TOKEN_INIT, first, 2, 3, 4);

	assert_int_equal(call.x[0], SUCCESS);
	assert_int_equal(call.x[1], EMU_CCA_TOKEN_MAX);
}

static void gets(struct realm *realm, uint64_t offset, uint64_t room, uint64_t status,
		 uint64_t size)
{
	struct rsi call = realm_call(realm, ATTEST_TOKEN_CONTINUE, PAGE, offset, room, 0);

	assert_int_equal(call.x[0], status);
	assert_int_equal(call.x[1], size);
}

/* The answers of an RMM whose key is missing, and of one that was not asked to begin. */
static void test_without_maker(void **state)
{
	struct realm realm = realm_start((struct emu_cca_config){ 0 });

	assert_int_equal(realm_call(&realm, ATTEST_TOKEN_INIT, 1, 2, 3, 4).x[0], ERROR_UNKNOWN);
	assert_int_equal(realm_call(&realm, ATTEST_TOKEN_CONTINUE, 0, 0, 64, 0).x[0], ERROR_STATE);
	realm_finish(&realm);
}

/* The process of A7.2.2, with pieces that do not divide a granule, and nothing written beside
 * them. */
static void test_pieces(void **state)
{
	static const size_t rooms[] = { 1, 7, 500, 1000 };
	struct realm realm = start(TOKEN);

	for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
		unsigned char token[TOKEN];
		uint64_t status = INCOMPLETE;
		size_t size = 0;

		init(&realm, i);
		while (status == INCOMPLETE) {
			size_t at = 100 + size % 1000;
			struct rsi call;

			assert_true(size < TOKEN);
			memset(realm.bytes + PAGE, 0xee, PAGE);
			call = realm_call(&realm, ATTEST_TOKEN_CONTINUE, PAGE, at, rooms[i], 0);
			status = call.x[0];
			assert_int_equal(call.x[1],
					 TOKEN - size < rooms[i] ? TOKEN - size : rooms[i]);
			memcpy(token + size, realm.bytes + PAGE + at, call.x[1]);
			size += call.x[1];
			assert_int_equal(realm.bytes[PAGE + at - 1], 0xee);
			assert_int_equal(realm.bytes[PAGE + at + call.x[1]], 0xee);
		}
		assert_int_equal(status, SUCCESS);
		assert_int_equal(size, TOKEN);
		assert_int_equal(maker.calls, i + 1);
		for (size_t j = 0; j < TOKEN; j++)
			assert_int_equal(token[j], byte_of(maker.calls, j));
	}
	realm_finish(&realm);
}

/* At once, to the last byte of a granule; room for nothing is no progress, and no error. */
static void test_bounds(void **state)
{
	struct realm realm = start(PAGE);

	init(&realm, 1);
	gets(&realm, 10, 0, INCOMPLETE, 0);
	gets(&realm, 4095, 1, INCOMPLETE, 1);
	gets(&realm, 0, 4096, SUCCESS, 4095);
	assert_int_equal(realm.bytes[PAGE], byte_of(1, 1));
	realm_finish(&realm);
}

static void test_wrong_state(void **state)
{
	struct realm realm = start(TOKEN);

	gets(&realm, 0, 64, ERROR_STATE, 0);
	init(&realm, 1);
	gets(&realm, 0, 4096, SUCCESS, TOKEN);
	/* It has been taken. */
	gets(&realm, 0, 4096, ERROR_STATE, 0);
	realm_finish(&realm);
}

static void test_begins_again(void **state)
{
	struct realm realm = start(TOKEN);

	init(&realm, 1);
	gets(&realm, 0, 100, INCOMPLETE, 100);
	init(&realm, 2);
	gets(&realm, 0, 4096, SUCCESS, TOKEN);
	assert_int_equal(maker.calls, 2);
	assert_int_equal(realm.bytes[PAGE], byte_of(2, 0));
	assert_int_equal(maker.claims.challenge[0], 2);
	realm_finish(&realm);
}

/* What is refused changes nothing. */
static void test_wrong_input(void **state)
{
	static const struct {
		uint64_t ipa, offset, room;
	} wrong[] = {
		{ PAGE + 8, 0, 64 },
		{ PAGE, 4096, 0 },
		{ PAGE, 4095, 2 },
		{ PAGE, 1, 4096 },
		{ PAGE, 64, UINT64_MAX },
		{ PAGE, UINT64_MAX, 64 },
		{ PAGE, UINT64_MAX - 63, 64 },
		{ REALM_SHARED | PAGE, 0, 64 },
		{ 8 * PAGE, 0, 64 }, /* EMPTY */
		{ 0x500000, 0, 64 }, /* no RAM */
	};
	struct realm realm = start(TOKEN);

	init(&realm, 1);
	gets(&realm, 0, 100, INCOMPLETE, 100);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct rsi call = realm_call(&realm, ATTEST_TOKEN_CONTINUE, wrong[i].ipa,
					     wrong[i].offset, wrong[i].room, 0);

		assert_int_equal(call.x[0], ERROR_INPUT);
		assert_int_equal(call.x[1], 0);
	}
	gets(&realm, 0, 4096, SUCCESS, TOKEN - 100);
	assert_int_equal(realm.bytes[PAGE], byte_of(1, 100));
	realm_finish(&realm);
}

/* A granule that the host has not mapped: the call is made again, and no byte is lost. One that it
 * has taken: the machine stops. */
static void test_granule(void **state)
{
	struct emu_cca_config config = { .make_token = make, .make_token_ctx = &maker };
	struct rsi call = { { ATTEST_TOKEN_CONTINUE, PAGE, 0, 100 } };
	struct realm realm;

	memset(&maker, 0, sizeof(maker));
	maker.size = TOKEN;
	realm = realm_start(config);
	realm_set(&realm, PAGE, 2 * PAGE, EMU_RIPAS_RAM, false);
	init(&realm, 1);
	assert_int_equal(emu_cca_rsi(realm.cca, 0, call.x), EMU_AGAIN);
	assert_int_equal(call.x[0], ATTEST_TOKEN_CONTINUE);
	gets(&realm, 0, 100, INCOMPLETE, 100);
	assert_int_equal(realm.bytes[PAGE], byte_of(1, 0));
	emu_cca_data_unmap(realm.cca, PAGE, 2 * PAGE);
	assert_int_equal(emu_cca_rsi(realm.cca, 0, call.x), EMU_STOP);
	realm_finish(&realm);
}

static void test_cannot_be_made(void **state)
{
	struct realm realm = start(0);

	init(&realm, 1);
	gets(&realm, 0, 64, ERROR_UNKNOWN, 0);
	maker.size = TOKEN;
	gets(&realm, 0, 4096, SUCCESS, TOKEN);
	realm_finish(&realm);
}

/* What was measured when the token was asked for. */
static void test_claims(void **state)
{
	struct realm realm = start(TOKEN);
	struct rsi extend = { { MEASUREMENT_EXTEND, 2, 64, 1, 2, 3 } }, read[5];
	struct rsi ask = { { ATTEST_TOKEN_INIT, 11, 12, 13, 14, 15, 16, 17, 18 } };

	assert_int_equal(emu_cca_rsi(realm.cca, 0, extend.x), EMU_NEXT);
	for (unsigned i = 0; i < 5; i++)
		read[i] = realm_call(&realm, MEASUREMENT_READ, i, 0, 0, 0);
	assert_int_equal(emu_cca_rsi(realm.cca, 0, ask.x), EMU_NEXT);
	extend.x[0] = MEASUREMENT_EXTEND;
	assert_int_equal(emu_cca_rsi(realm.cca, 0, extend.x), EMU_NEXT);
	gets(&realm, 0, 4096, SUCCESS, TOKEN);
	for (unsigned i = 0; i < 5; i++)
		assert_memory_equal(maker.claims.measurement[i], &read[i].x[1], 32);
	for (unsigned i = 0; i < EMU_CCA_RPV_SIZE; i++)
		assert_int_equal(maker.claims.rpv[i], 0x80 + i);
	for (unsigned i = 0; i < EMU_CCA_CHALLENGE; i++)
		assert_int_equal(maker.claims.challenge[i], i % 8 ? 0 : 11 + i / 8);
	realm_finish(&realm);
}

/* Each vCPU has its own. */
static void test_vcpus(void **state)
{
	struct realm realm = start(TOKEN);
	struct rsi other = { { ATTEST_TOKEN_CONTINUE, PAGE, 0, 64 } };

	init(&realm, 1);
	assert_int_equal(emu_cca_rsi(realm.cca, 1, other.x), EMU_NEXT);
	assert_int_equal(other.x[0], ERROR_STATE);
	other = (struct rsi){ { ATTEST_TOKEN_INIT, 9 } };
	assert_int_equal(emu_cca_rsi(realm.cca, 1, other.x), EMU_NEXT);
	gets(&realm, 0, 4096, SUCCESS, TOKEN);
	assert_int_equal(maker.claims.challenge[0], 1);
	other = (struct rsi){ { ATTEST_TOKEN_CONTINUE, PAGE, 0, 4096 } };
	assert_int_equal(emu_cca_rsi(realm.cca, 1, other.x), EMU_NEXT);
	assert_int_equal(other.x[0], SUCCESS);
	assert_int_equal(maker.claims.challenge[0], 9);
	realm_finish(&realm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_maker), cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_bounds),	      cmocka_unit_test(test_wrong_state),
		cmocka_unit_test(test_begins_again),  cmocka_unit_test(test_wrong_input),
		cmocka_unit_test(test_granule),	      cmocka_unit_test(test_cannot_be_made),
		cmocka_unit_test(test_claims),	      cmocka_unit_test(test_vcpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
