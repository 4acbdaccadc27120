/* SPDX-License-Identifier: MIT */
#include "shim/policy.h"

#include <stddef.h>

static bool is_end(char c)
{
	return !c || c == ' ' || c == '\n';
}

/* The character behind the word; NULL: the text does not begin with it. */
static const char *skip(const char *text, const char *word)
{
	while (*word && *text == *word) {
		text++;
		word++;
	}
	return *word ? NULL : text;
}

static bool is_word(const char *text, const char *word)
{
	const char *end = skip(text, word);

	return end && is_end(*end);
}

static unsigned shift_of(char unit)
{
	switch (unit) {
	case 'K':
	case 'k':
		return 10;
	case 'M':
	case 'm':
		return 20;
	case 'G':
	case 'g':
		return 30;
	case 'T':
	case 't':
		return 40;
	default:
		return 0;
	}
}

static bool parse_bytes(const char *text, uint64_t *bytes)
{
	uint64_t value = 0;
	unsigned shift;

	if (*text < '0' || *text > '9')
		return false;
	for (; *text >= '0' && *text <= '9'; text++) {
		if (value > (UINT64_MAX - 9) / 10)
			return false;
		value = value * 10 + (uint64_t)(*text - '0');
	}
	shift = shift_of(*text);
	if (!is_end(text[shift ? 1 : 0]) || value > UINT64_MAX >> shift)
		return false;
	*bytes = value << shift;
	return true;
}

bool policy_parse(const char *text, struct policy *policy)
{
	uint64_t bytes = 0;
	bool all = is_word(text, "all");

	if (!all && !is_word(text, "min") && !parse_bytes(text, &bytes))
		return false;
	policy->all = all;
	policy->bytes = bytes;
	return true;
}

const char *policy_find(const char *cmdline)
{
	const char *found = NULL;

	for (bool begins = true; *cmdline; begins = *cmdline++ == ' ') {
		const char *value = begins ? skip(cmdline, POLICY_WORD) : NULL;

		if (value)
			found = value;
	}
	return found;
}
