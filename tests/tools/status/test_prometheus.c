/* SPDX-License-Identifier: MIT */
/* The text format of Prometheus, version 0.0.4: escapes in labels, one HELP and TYPE a metric. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/status/output.h"

#define SECOND UINT64_C(1000000000)

static char *text_of(const struct status *status)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_true(status_prometheus(out, status));
	fclose(out);
	return text;
}

static void labels(void **unused)
{
	struct guest_state guest = {
		.kind = GUEST_SNP,
		.release = "6.12-\"odd\"\\one\nline",
		.parameter = "la\nzy",
	};
	struct memory_state memory = { .counted = true, .total = 4096, .unaccepted = 1024 };
	struct history history = { 0 };
	char *text = text_of(&(struct status){ &guest, &memory, &history, false, NULL });

	assert_non_null(strstr(
		text, "cvmem_guest_info{platform=\"snp\",release=\"6.12-\\\"odd\\\"\\\\one\\n"
		      "line\",accept_memory=\"la\\nzy\"} 1\n"));
	assert_non_null(strstr(text, "\ncvmem_memory_accepted_bytes 3072\n"));
	assert_null(strstr(text, "per_second"));
	/* Each line is a comment or a name, labels and a number. */
	for (char *rest, *line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest))
		assert_true(!strncmp(line, "# HELP cvmem_", 13) ||
			    !strncmp(line, "# TYPE cvmem_", 13) || !strncmp(line, "cvmem_", 6));
	free(text);
}

static void rate(void **unused)
{
	struct guest_state guest = { 0 };
	struct memory_node nodes[] = { { 0, 3000, 500 }, { 3, 1000, 0 } };
	struct memory_state memory = {
		.total = 4000, .unaccepted = 500, .node = nodes, .nodes = 2
	};
	struct history history = { 0 };
	char *text;

	history_add(&history, 0, 2500);
	history_add(&history, 2 * SECOND, 500);
	text = text_of(&(struct status){ &guest, &memory, &history, false, NULL });
	assert_non_null(strstr(text, "\ncvmem_memory_accept_bytes_per_second 1000\n"));
	assert_non_null(strstr(text, "\ncvmem_node_memory_unaccepted_bytes{node=\"3\"} 0\n"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(labels),
		cmocka_unit_test(rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
