/* SPDX-License-Identifier: MIT */
#include "tools/common/print.h"

#include <langinfo.h>
#include <locale.h>
#include <string.h>

#define SIZE_ROOM 16

char *print_size(char *text, uint64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB" };
	double value = (double)bytes;
	size_t unit = 0;

	while (value >= 1024 && unit < 5) {
		value /= 1024;
		unit++;
	}
	if (value == (double)(uint64_t)value)
		snprintf(text, SIZE_ROOM, "%.0f %s", value, units[unit]);
	else
		snprintf(text, SIZE_ROOM, "%.2f %s", value, units[unit]);
	return text;
}

bool print_unicode(void)
{
	setlocale(LC_CTYPE, "");
	return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

void print_level(FILE *out, unsigned level, bool unicode)
{
	static const char *const blocks[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char letters[] = " ..::++##";

	if (unicode)
		fputs(blocks[level], out);
	else
		putc(letters[level], out);
}

void print_bar(FILE *out, uint64_t part, uint64_t whole, unsigned width, bool unicode)
{
	/* Full only when part is whole. */
	unsigned filled = whole ? (unsigned)((double)part / (double)whole * width) : width;

	if (part < whole && filled >= width)
		filled = width - 1;
	for (unsigned i = 0; i < width; i++)
		fputs(i < filled ? (unicode ? "█" : "#") : (unicode ? "░" : "."), out);
}
