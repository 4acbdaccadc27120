/* SPDX-License-Identifier: MIT */
#include "tools/common/suggest.h"

#include <string.h>

enum { LONGEST = 31, LONG_NAME = 6 };

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t suggest_distance(const char *a, const char *b)
{
	/* Of the first i letters of a and the first j of b. */
	size_t far[LONGEST + 1][LONGEST + 1];
	size_t rows = strlen(a), columns = strlen(b);

	if (rows > LONGEST || columns > LONGEST)
		return LONGEST + 1;
	for (size_t i = 0; i <= rows; i++) {
		for (size_t j = 0; j <= columns; j++) {
			if (!i || !j) {
				far[i][j] = i + j;
				continue;
			}
			far[i][j] = least(least(far[i - 1][j], far[i][j - 1]) + 1,
					  far[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				far[i][j] = least(far[i][j], far[i - 2][j - 2] + 1);
		}
	}
	return far[rows][columns];
}

const char *suggest_name(const char *word, const char *const *names, size_t count)
{
	const char *best = NULL;
	size_t nearest = 3;

	for (size_t i = 0; i < count; i++) {
		size_t limit = strlen(names[i]) < LONG_NAME ? 1 : 2;
		size_t far = suggest_distance(word, names[i]);

		if (far > limit || far >= nearest)
			continue;
		nearest = far;
		best = names[i];
	}
	return best;
}
