/* SPDX-License-Identifier: MIT */
#include "tools/common/output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

bool output_flush(const char *who)
{
	static bool told;
	/* stdio keeps that there was an error, but not which. */
	const char *reason = "a part of it could not be written";

	if (fflush(stdout))
		reason = strerror(errno);
	else if (!ferror(stdout))
		return true;
	if (!told)
		fprintf(stderr, "%s: standard output: %s\n", who, reason);
	told = true;
	return false;
}
