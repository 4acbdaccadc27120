/* SPDX-License-Identifier: MIT */
/* What the readers of several formats have in common. */
#include <ctype.h>
#include <string.h>
#include "tools/mapfile/log.h"

void log_set_last(struct map_entry *entry, uint64_t start, uint64_t last)
{
	entry->start = start;
	entry->size = last - start + 1;
	if (!start && last == UINT64_MAX)
		entry->defect = MAP_DEFECT_HUGE;
	else if (last != UINT64_MAX && last + 1 < start)
		entry->defect = MAP_DEFECT_BACKWARD;
}

enum log_found log_row(const char *at, const struct log_row_type *types, size_t count,
		       bool exclusive, struct log_entry *found)
{
	uint64_t start, end;

	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(types[i].name);
		const char *number = at + length;

		if (strncmp(at, types[i].name, length))
			continue;
		/* "MMIO" begins "MMIO_Port". */
		if (!isblank((unsigned char)*number))
			continue;
		number += strspn(number, " \t");
		if (!log_digits(&number, 16, &start) || *number++ != '-')
			continue;
		found->entry = (struct map_entry){ .type = types[i].type, .type_known = true };
		found->end = number;
		if (!log_digits(&number, 16, &end)) {
			found->broken = "its end is not 16 hexadecimal digits";
			return strlen(number) < 16 ? LOG_MORE : LOG_BROKEN;
		}
		found->end = number;
		log_set_last(&found->entry, start, end - exclusive);
		if (exclusive && !end)
			found->entry.defect = MAP_DEFECT_BACKWARD;
		return LOG_ENTRY;
	}
	return LOG_NOTHING;
}
