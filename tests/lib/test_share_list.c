/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "convert.h"

/* The record while an entry of it is being converted: on one CPU, since the platform's call may
 * convert another range. */

#define BASE	 GIB
#define UNIT	 (2 * MIB)
#define AT(page) (BASE + (page)*PAGE)

static const uint64_t none;

static struct {
	struct convert *convert;
	int (*set_private)(struct cvm_platform *platform, uint64_t start, uint64_t end,
			   uint64_t *done);
	uint64_t start, end; /* what is shared meanwhile */
	int error;
} meanwhile;

static int share_meanwhile(struct cvm_platform *platform, uint64_t start, uint64_t end,
			   uint64_t *done)
{
	struct cvm_share *share = &meanwhile.convert->share;

	assert_int_equal(cvm_share_state_at(share, start), CVM_CONVERTING);
	meanwhile.error = cvm_set_shared(share, meanwhile.start, meanwhile.end, NULL);
	assert_int_equal(cvm_share_state_at(share, meanwhile.start), CVM_SHARED);
	assert_int_equal(cvm_share_state_at(share, meanwhile.end - 1), CVM_SHARED);
	assert_int_equal(cvm_share_state_at(share, start), CVM_CONVERTING);
	return meanwhile.set_private(platform, start, end, done);
}

static struct convert *begin(uint64_t start, uint64_t end)
{
	struct convert *c = convert_new(BASE, 2, &none, 8);

	meanwhile.convert = c;
	meanwhile.set_private = c->platform.set_private;
	meanwhile.start = start;
	meanwhile.end = end;
	meanwhile.error = -1;
	c->platform.set_private = share_meanwhile;
	return c;
}

/* A neighbour that becomes shared is not joined to an entry that is on its way to private. */
static void test_neighbours_of_a_conversion(void **state)
{
	const struct cvm_span around[] = { { AT(1), AT(4) }, { AT(8), AT(10) } };

	for (unsigned i = 0; i < 2; i++) {
		struct convert *c = begin(around[i].start, around[i].end);

		assert_int_equal(cvm_set_shared(&c->share, AT(4), AT(8), NULL), 0);
		assert_int_equal(cvm_set_private(&c->share, AT(4), AT(8), NULL), 0);
		assert_int_equal(meanwhile.error, 0);
		assert_int_equal(cvm_share_state_at(&c->share, AT(4)), CVM_PRIVATE);
		assert_int_equal(cvm_share_state_at(&c->share, AT(8) - 1), CVM_PRIVATE);
		assert_int_equal(cvm_share_state_at(&c->share, around[i].start), CVM_SHARED);
		assert_int_equal(cvm_share_state_at(&c->share, around[i].end - 1), CVM_SHARED);
		assert_true(convert_exact(c));
		convert_free(c);
	}
}

/* A part in the middle of an entry: what is around it stays shared, and may be converted. */
static void test_middle_of_an_entry(void **state)
{
	struct convert *c = begin(AT(20), AT(21));

	assert_int_equal(cvm_set_shared(&c->share, AT(1), AT(9), NULL), 0);
	assert_int_equal(cvm_set_private(&c->share, AT(3), AT(5), NULL), 0);
	assert_int_equal(c->share.count, 3);
	c->platform.set_private = meanwhile.set_private;
	assert_int_equal(cvm_set_private(&c->share, AT(1), AT(3), NULL), 0);
	assert_int_equal(cvm_set_private(&c->share, AT(5), AT(9), NULL), 0);
	assert_int_equal(cvm_set_private(&c->share, AT(20), AT(21), NULL), 0);
	assert_int_equal(c->share.count, 0);
	assert_true(convert_exact(c));
	convert_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_neighbours_of_a_conversion),
		cmocka_unit_test(test_middle_of_an_entry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
