/* SPDX-License-Identifier: MIT */
/* The three functions that a compiler may call on its own (gcc's and clang's manuals, on
 * freestanding programs). Not in the programs of the tests, which have a C library. */
#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	unsigned char *target = to;
	const unsigned char *source = from;

	while (size--)
		*target++ = *source++;
	return to;
}

void *memset(void *to, int byte, size_t size)
{
	unsigned char *target = to;

	while (size--)
		*target++ = (unsigned char)byte;
	return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const unsigned char *one = a, *other = b;

	for (; size; size--, one++, other++) {
		if (*one != *other)
			return *one - *other;
	}
	return 0;
}
