/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/boot/output.h"

/*
 * One self-contained page: tools/common/page.html, which draws, with the results as JSON in the
 * place of a mark. It needs no network.
 */

/* From page.html (embed). */
extern const char page_html[];

static const char mark[] = "@DATA@";

/* In JSON '<' occurs only inside strings. Escaped, it can neither end nor begin an element. */
static void put_data(FILE *out, const char *json)
{
	for (; *json; json++) {
		if (*json == '<')
			fputs("\\u003c", out);
		else
			fputc(*json, out);
	}
}

bool boot_report(const struct boot_options *options, const struct boot_memory *memory,
		 const struct boot_result *results, size_t count)
{
	const char *place = strstr(page_html, mark);
	cJSON *root = boot_json_report(options, memory, results, count);
	char *json = cJSON_PrintUnformatted(root);
	FILE *out = fopen(options->report, "w");
	bool ok = out && json;

	cJSON_Delete(root);
	if (ok) {
		fwrite(page_html, 1, (size_t)(place - page_html), out);
		put_data(out, json);
		fputs(place + strlen(mark), out);
		ok = !ferror(out);
	}
	if (out)
		ok &= !fclose(out);
	if (!ok)
		fprintf(stderr, "cvmem boot: %s: %s\n", options->report, strerror(errno));
	free(json);
	return ok;
}
