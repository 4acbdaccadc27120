/* SPDX-License-Identifier: MIT */
#include "shim/place.h"

#define UNIT (UINT64_C(2) << 20)

/* Words are what is between characters up to the space, quoted or not. */
static bool is_between(char c)
{
	return (unsigned char)c <= ' ';
}

bool place_is_random(const char *cmdline)
{
	static const char word[] = "nokaslr";
	unsigned same = 0; /* characters of the word; more than it has: this is another */

	for (;; cmdline++) {
		if (is_between(*cmdline)) {
			if (same == sizeof(word) - 1)
				return false;
			if (!*cmdline)
				return true;
			same = 0;
		} else if (same < sizeof(word) && *cmdline == word[same]) {
			same++;
		} else {
			same = sizeof(word);
		}
	}
}

/* How many places there are in a range, and its first one. */
static uint64_t count_in(const struct cvm_range *range, uint64_t from, uint64_t bytes,
			 uint64_t *first)
{
	uint64_t start = range->start > from ? range->start : from;

	*first = 0;
	if (range->type != CVM_MEM_UNACCEPTED || start > UINT64_MAX - UNIT)
		return 0;
	*first = (start + UNIT - 1) & -UNIT;
	if (*first >= range->end || bytes > range->end - *first)
		return 0;
	return (range->end - *first - bytes) / UNIT + 1;
}

uint64_t place_choose(const struct cvm_map *map, uint64_t from, uint64_t bytes, uint64_t random)
{
	uint64_t places = 0, first;

	for (size_t i = 0; i < map->count; i++)
		places += count_in(&map->range[i], from, bytes, &first);
	if (!places)
		return 0;
	random %= places;
	for (size_t i = 0; i < map->count; i++) {
		uint64_t here = count_in(&map->range[i], from, bytes, &first);

		if (random < here)
			return first + random * UNIT;
		random -= here;
	}
	return 0;
}
