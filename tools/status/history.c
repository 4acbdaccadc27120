/* SPDX-License-Identifier: MIT */
#include "tools/status/history.h"

static const struct history_sample *newest(const struct history *history, size_t i)
{
	return &history->sample[(history->count - 1 - i) % HISTORY_SAMPLES];
}

static size_t kept(const struct history *history)
{
	return history->count < HISTORY_SAMPLES ? history->count : HISTORY_SAMPLES;
}

static uint64_t progress(uint64_t from, uint64_t to)
{
	return from > to ? from - to : 0;
}

void history_add(struct history *history, uint64_t time_ns, uint64_t unaccepted)
{
	history->sample[history->count++ % HISTORY_SAMPLES] =
		(struct history_sample){ time_ns, unaccepted };
}

size_t history_steps(const struct history *history)
{
	return history->count ? kept(history) - 1 : 0;
}

uint64_t history_step(const struct history *history, size_t i)
{
	if (i >= history_steps(history))
		return 0;
	return progress(newest(history, i + 1)->unaccepted, newest(history, i)->unaccepted);
}

uint64_t history_rate(const struct history *history, uint64_t window_ns, uint64_t *span_ns)
{
	const struct history_sample *last, *first;
	size_t back = 0;

	*span_ns = 0;
	if (!history_steps(history))
		return 0;
	last = newest(history, 0);
	do
		first = newest(history, ++back);
	while (back < history_steps(history) && last->time_ns - first->time_ns < window_ns);
	*span_ns = last->time_ns - first->time_ns;
	if (!*span_ns)
		return 0;
	return (uint64_t)((double)progress(first->unaccepted, last->unaccepted) * 1e9 /
			  (double)*span_ns);
}

bool history_left(uint64_t unaccepted, uint64_t rate, uint64_t *seconds)
{
	*seconds = 0;
	if (!unaccepted)
		return true;
	if (!rate)
		return false;
	*seconds = unaccepted / rate + (unaccepted % rate != 0);
	return true;
}
