/* SPDX-License-Identifier: MIT */
#include "tools/common/number.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool number_start(const char *text, const char **rest, uint64_t *value)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*value = strtoull(text, &end, 0);
	*rest = end;
	return !errno;
}

bool number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	const char *rest;

	return number_start(text, &rest, value) && !*rest && *value >= min && *value <= max;
}

bool size_parse(const char *text, uint64_t *bytes)
{
	static const char letters[] = "KMGTP";
	const char *rest, *letter;
	uint64_t value;

	if (!number_start(text, &rest, &value))
		return false;
	while (*rest == ' ')
		rest++;
	*bytes = value;
	if (!*rest)
		return true;
	letter = strchr(letters, *rest & ~0x20);
	if (letter) {
		unsigned shift = 10 * (unsigned)(letter - letters + 1);

		if (value >> (64 - shift))
			return false;
		*bytes = value << shift;
		rest++;
	}
	return !*rest || !strcmp(rest, "B") || !strcmp(rest, "iB");
}
