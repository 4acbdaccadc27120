/* SPDX-License-Identifier: MIT */
#include "tests/adversary/episode.h"

#include <stdarg.h>
#include <stdio.h>

/* SplitMix64: every seed is as good as any other. */
static uint64_t mix(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

uint64_t roll(struct episode *episode, uint64_t n)
{
	return mix(&episode->random) % n;
}

bool broken(struct episode *episode, const char *format, ...)
{
	va_list args;

	if (episode->result->text[0])
		return false;
	va_start(args, format);
	vsnprintf(episode->result->text, sizeof(episode->result->text), format, args);
	va_end(args);
	return false;
}

void say(const struct episode *episode, const char *format, ...)
{
	va_list args;

	if (!episode->plan->verbose)
		return;
	printf("%4u: ", episode->step);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

void check_error(struct episode *episode, const char *what, int error)
{
	/* A guard may be a unit that has failed before. */
	if (error == CVM_EIO && (episode->refused || episode->lost))
		return;
	broken(episode, "%s failed with %d, and nothing was refused", what, error);
}
