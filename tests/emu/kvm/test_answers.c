/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/emu/kvm/answers.h"

/* The model's answers are those of Linux 7.2, which kvm_answers.c has printed: ./check kvm makes
 * the same calls of a kernel again. */
static void test_answers(void **state)
{
	static struct answers answers;
	FILE *file = fopen(getenv("KVM_ANSWERS"), "r");
	char line[128], call[128], answer[128];
	unsigned row = 0;

	assert_non_null(file);
	assert_true(answers_of_model(&answers));
	while (fgets(line, sizeof(line), file)) {
		if (line[0] == '#')
			continue;
		assert_int_equal(sscanf(line, "%127[^\t]\t%127[^\n]", call, answer), 2);
		assert_true(row < answers.rows);
		assert_string_equal(answers.row[row].call, call);
		if (strcmp(answers.row[row].answer, answer))
			fail_msg("%s: %s, and Linux answers %s", call, answers.row[row].answer,
				 answer);
		row++;
	}
	assert_int_equal(row, answers.rows);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_answers) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
