/* SPDX-License-Identifier: MIT */
#include "tools/boot/output.h"
#include "tools/common/print.h"

/* A run as two lines of text: bytes accepted over time, and the memory accepted. */

#define COLUMNS 64

static unsigned level(uint64_t part, uint64_t whole)
{
	if (!part || !whole)
		return 0;
	return part >= whole ? 8 : (unsigned)(1 + part * 7 / whole);
}

static void print_time(FILE *out, const struct timeline *timeline, bool unicode)
{
	uint64_t top = timeline_sum(timeline->bytes[TIMELINE_STEPS - 1]);
	char size[16];

	fprintf(out, "  over time  |");
	for (unsigned column = 0; column < COLUMNS; column++) {
		unsigned step = (column + 1) * TIMELINE_STEPS / COLUMNS - 1;

		print_level(out, level(timeline_sum(timeline->bytes[step]), top), unicode);
	}
	fprintf(out, "| %s in %.3f s\n", print_size(size, top), (double)timeline->end_ns / 1e9);
}

static void print_memory(FILE *out, const struct timeline *timeline, bool unicode)
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
		print_level(out, level(accepted, (last - first) * timeline->cell_bytes), unicode);
	}
	fprintf(out, "| of %s, lowest address first\n", print_size(size, timeline->usable));
}

void boot_print_picture(FILE *out, const struct boot_result *result)
{
	bool unicode = print_unicode();

	if (!result->timeline || !result->timeline->events)
		return;
	print_time(out, result->timeline, unicode);
	print_memory(out, result->timeline, unicode);
}
