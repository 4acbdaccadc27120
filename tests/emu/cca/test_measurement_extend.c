/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/emu/cca/realm.h"

/* The values are Python's hashlib.sha256()'s, of the bytes that the comments say. */

static void expect(struct realm *realm, uint64_t index, const char *hex)
{
	struct rsi call = realm_call(realm, MEASUREMENT_READ, index, 7, 7, 7);
	const unsigned char *value = (const unsigned char *)&call.x[1];
	char text[65];

	assert_int_equal(call.x[0], 0);
	for (int i = 0; i < 32; i++)
		sprintf(text + 2 * i, "%02x", value[i]);
	assert_string_equal(text, hex);
	for (int i = 5; i < 9; i++)
		assert_int_equal(call.x[i], 0);
}

static uint64_t extend(struct realm *realm, uint64_t index, uint64_t size, const void *bytes)
{
	struct rsi call = { { MEASUREMENT_EXTEND, index, size } };

	memcpy(&call.x[3], bytes, 64);
	assert_int_equal(emu_cca_rsi(realm->cca, 0, call.x), EMU_NEXT);
	return call.x[0];
}

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static void test_extend(void **state)
{
	struct realm realm = realm_start((struct emu_cca_config){ 0 });
	unsigned char bytes[64] = "cvmem";

	expect(&realm, 1, ZEROS);
	/* 32 zeros, "cvmem" */
	assert_int_equal(extend(&realm, 1, 5, bytes), 0);
	expect(&realm, 1, "75bb1432a9f8921e66e8580b013101b88c97c3fbcf6dd61f696d27ed5966faa7");
	/* that, 0 to 63 */
	for (unsigned i = 0; i < 64; i++)
		bytes[i] = i;
	assert_int_equal(extend(&realm, 1, 64, bytes), 0);
	expect(&realm, 1, "35bb62482770bdf83784975e22a51e737e55f0e96fa26ddf50d4f8f9a3519f2c");
	/* that alone */
	assert_int_equal(extend(&realm, 1, 0, bytes), 0);
	expect(&realm, 1, "cc4ed2bb147e58fcfb9118b55d2c4e6e6d3086b04d767b29183fff8af12a79fa");
	for (unsigned i = 0; i < 5; i++)
		if (i != 1)
			expect(&realm, i, ZEROS);
	realm_finish(&realm);
}

static void test_errors(void **state)
{
	struct realm realm = realm_start((struct emu_cca_config){ 0 });
	unsigned char bytes[64] = { 0 };
	struct rsi call;

	assert_int_equal(extend(&realm, 0, 5, bytes), 1);
	assert_int_equal(extend(&realm, 5, 5, bytes), 1);
	assert_int_equal(extend(&realm, 4, 65, bytes), 1);
	assert_int_equal(extend(&realm, UINT64_MAX, 5, bytes), 1);
	for (unsigned i = 0; i < 5; i++)
		expect(&realm, i, ZEROS);
	call = realm_call(&realm, MEASUREMENT_READ, 5, 7, 7, 7);
	assert_int_equal(call.x[0], 1);
	assert_int_equal(call.x[1], 0);
	realm_finish(&realm);
}

/* The image's pages, each hashed into its descriptor: type 0, size 0x100, the old RIM, IPA, flags,
 * the page's hash. */
static void test_rim(void **state)
{
	struct realm realm = realm_start((struct emu_cca_config){ 0 });
	unsigned char page[4096];

	for (unsigned i = 0; i < sizeof(page); i++)
		page[i] = i % 251;
	assert_int_equal(emu_cca_data_map_init(realm.cca, 0x1000, page), 0x2000);
	expect(&realm, 0, "cdbbb88f86f562643fa1af14e0b7b6b96b16ef2b4963303396618cf3e4e4df57");
	assert_int_equal(emu_cca_data_map_init(realm.cca, 0x2000, NULL), 0x3000);
	expect(&realm, 0, "891ee8b8cba8a8c0958fa4446aeb848c39b2de4421d2d3dfd03aa0d9e1a08cb6");
	/* What is refused is not measured: a page that is there, and one outside RAM. */
	assert_int_equal(emu_cca_data_map_init(realm.cca, 0x1000, page), 0x1000);
	assert_int_equal(emu_cca_data_map_init(realm.cca, 0x500000, page), 0x500000);
	expect(&realm, 0, "891ee8b8cba8a8c0958fa4446aeb848c39b2de4421d2d3dfd03aa0d9e1a08cb6");
	realm_finish(&realm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_extend),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_rim),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
