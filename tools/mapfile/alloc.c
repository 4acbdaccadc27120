/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/mapfile/alloc.h"

void *xrealloc(void *old, size_t count, size_t size)
{
	void *new = reallocarray(old, count ? count : 1, size);

	if (!new) {
		fprintf(stderr, "cvmem: %s\n", strerror(errno));
		exit(EXIT_FAILURE);
	}
	return new;
}

char *xstrdup(const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(xrealloc(NULL, size, 1), text, size);
}

void *grow(void *old, size_t *room, size_t need, size_t size)
{
	if (need <= *room)
		return old;
	while (*room < need)
		*room = *room ? *room * 2 : 16;
	return xrealloc(old, *room, size);
}
