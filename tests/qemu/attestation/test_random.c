/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>

#include <cmocka.h>

#include "qemu/attestation/random.h"
#include "qemu/snp/attestation/attestation.h"

/* The system's random numbers: a sequence, at most so many of it at a time and so many in all. */
static size_t at_a_time, left;
static uint8_t following;

ssize_t getrandom(void *bytes, size_t size, unsigned flags)
{
	if (!left) {
		errno = ENOSYS;
		return -1;
	}
	if (size > at_a_time)
		size = at_a_time;
	if (size > left)
		size = left;
	left -= size;
	for (size_t i = 0; i < size; i++)
		((uint8_t *)bytes)[i] = following++;
	return (ssize_t)size;
}

static void gets_all_bytes(void **state)
{
	uint8_t bytes[34];

	memset(bytes, 0xee, sizeof(bytes));
	following = 1;
	at_a_time = 5;
	left = SIZE_MAX;
	assert_int_equal(random_bytes(NULL, bytes + 1, 32), 0);
	assert_int_equal(bytes[0], 0xee);
	for (unsigned i = 1; i <= 32; i++)
		assert_int_equal(bytes[i], i);
	assert_int_equal(bytes[33], 0xee);
	assert_int_equal(random_bytes(NULL, bytes, 0), 0);
}

static void says_that_there_are_none(void **state)
{
	uint8_t bytes[32];

	at_a_time = SIZE_MAX;
	left = 31;
	assert_int_not_equal(random_bytes(NULL, bytes, sizeof(bytes)), 0);
}

/* What needs them fails without, and leaves nothing behind. */
static void no_key_without(void **state)
{
	uint8_t signature[2 * SIGNING_KEY_PART];
	struct signing_key *key;
	struct attester *attester;
	size_t needed;

	at_a_time = left = 0;
	assert_null(signing_key_create());
	assert_null(attester_create());

	at_a_time = left = SIZE_MAX;
	key = signing_key_create();
	assert_non_null(key);
	assert_true(signing_key_sign(key, "data", 4, signature));
	left = 0;
	assert_false(signing_key_sign(key, "data", 4, signature));
	signing_key_destroy(key);

	/* An attester's last random numbers are its secret's. */
	following = 1;
	left = SIZE_MAX;
	attester = attester_create();
	assert_non_null(attester);
	attester_destroy(attester);
	needed = SIZE_MAX - left;
	following = 1;
	left = needed - 1;
	assert_null(attester_create());
	following = 1;
	left = needed;
	attester = attester_create();
	assert_non_null(attester);
	attester_destroy(attester);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gets_all_bytes),
		cmocka_unit_test(says_that_there_are_none),
		cmocka_unit_test(no_key_without),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
