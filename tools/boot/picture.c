/* SPDX-License-Identifier: MIT */
#include "tools/boot/output.h"
#include "tools/common/print.h"

/* A run as two lines of text: bytes accepted over time, and the memory accepted. */

#define COLUMNS 64

/* Eighths of a block, from nothing to full. */
static const char *const bars[] = { " ",      "\u2581", "\u2582", "\u2583", "\u2584",
				    "\u2585", "\u2586", "\u2587", "\u2588" };

static const char *bar(uint64_t part, uint64_t whole)
{
	if (!part || !whole)
		return bars[0];
	if (part >= whole)
		return bars[8];
	return bars[1 + part * 7 / whole];
}

static void print_time(FILE *out, const struct timeline *timeline)
{
	uint64_t top = timeline_sum(timeline->bytes[TIMELINE_STEPS - 1]);
	char size[16];

	fprintf(out, "  over time  |");
	for (unsigned column = 0; column < COLUMNS; column++) {
		unsigned step = (column + 1) * TIMELINE_STEPS / COLUMNS - 1;

		fputs(bar(timeline_sum(timeline->bytes[step]), top), out);
	}
	fprintf(out, "| %s in %.3f s\n", print_size(size, top), (double)timeline->end_ns / 1e9);
}

static void print_memory(FILE *out, const struct timeline *timeline)
{
	char size[16];

	fprintf(out, "  in memory  |");
	for (unsigned column = 0; column < COLUMNS; column++) {
		size_t first = column * timeline->cells / COLUMNS;
		size_t last = (column + 1) * timeline->cells / COLUMNS;
		uint64_t accepted = 0;

		if (last == first)
			last++;
		for (size_t cell = first; cell < last; cell++)
			accepted += timeline_sum(timeline->cell[cell]);
		fputs(bar(accepted, (last - first) * timeline->cell_bytes), out);
	}
	fprintf(out, "| of %s, lowest address first\n", print_size(size, timeline->usable));
}

void boot_print_picture(FILE *out, const struct boot_result *result)
{
	if (!result->timeline || !result->timeline->events)
		return;
	print_time(out, result->timeline);
	print_memory(out, result->timeline);
}
