/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <cvmem/accept.h>

/* The sentences for codes, and the names of causes: one for each, and one for all others. */

static void test_errors(void **state)
{
	const char *unknown = cvm_strerror(1);

	assert_string_equal(cvm_strerror(CVM_OK), "success");
	assert_ptr_equal(cvm_strerror(CVM_ENODEV - 1), unknown);
	for (int a = CVM_ENODEV; a <= CVM_OK; a++) {
		assert_string_not_equal(cvm_strerror(a), unknown);
		for (int b = CVM_ENODEV; b < a; b++)
			assert_string_not_equal(cvm_strerror(a), cvm_strerror(b));
	}
}

static void test_causes(void **state)
{
	const char *unknown = cvm_cause_name(CVM_CAUSES);

	for (unsigned a = 0; a < CVM_CAUSES; a++) {
		assert_string_not_equal(cvm_cause_name((enum cvm_cause)a), unknown);
		for (unsigned b = 0; b < a; b++)
			assert_string_not_equal(cvm_cause_name((enum cvm_cause)a),
						cvm_cause_name((enum cvm_cause)b));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_causes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
