/* SPDX-License-Identifier: MIT */
#include "tools/common/page.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

bool page_write(const char *command, const char *path, cJSON *data)
{
	const char *place = strstr(page_html, mark);
	char *json = cJSON_PrintUnformatted(data);
	FILE *out = fopen(path, "w");
	bool ok = out && json;

	cJSON_Delete(data);
	if (ok) {
		fwrite(page_html, 1, (size_t)(place - page_html), out);
		put_data(out, json);
		fputs(place + strlen(mark), out);
		ok = !ferror(out);
	}
	if (out)
		ok &= !fclose(out);
	if (!ok)
		fprintf(stderr, "%s: %s: %s\n", command, path, strerror(errno));
	free(json);
	return ok;
}
