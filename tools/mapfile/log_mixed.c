/* SPDX-License-Identifier: MIT */
/* Logs of several machines in one stream, as containers and log servers write them. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "tools/mapfile/log.h"

/* A date, a host and a program's name are shorter. */
#define PREFIX_LIMIT 160

/* "[    0.000000]", also with the caller that newer kernels print: "[    0.000000][    T0]". */
static bool is_clock(const char *at)
{
	if (*at++ != '[')
		return false;
	at += strspn(at, " \t");
	if (!isdigit((unsigned char)*at))
		return false;
	at += strspn(at, "0123456789");
	return *at == '.' && isdigit((unsigned char)at[1]);
}

/* The message begins at the kernel's clock, or at a word that only a kernel begins with. */
static const char *find_message(const char *text)
{
	static const char *const words[] = { "BIOS-",	       "efi: mem",
					     "Linux version ", "user: [mem",
					     "modified: [mem", "user-defined physical RAM map" };
	const char *end = text + strnlen(text, PREFIX_LIMIT);

	for (const char *at = text; at < end; at++) {
		if (is_clock(at))
			return at;
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
			if (!strncmp(at, words[i], strlen(words[i])))
				return at;
		}
	}
	return NULL;
}

/* Dates, times, numbers, levels and marks of quotation are different in each line. */
static bool tells_nothing(const char *word, size_t length)
{
	static const char *const names[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
					     "Aug", "Sep", "Oct", "Nov", "Dec", "Mon", "Tue",
					     "Wed", "Thu", "Fri", "Sat", "Sun" };

	if (strspn(word, "0123456789:.,-/+TZ<>[]()") >= length)
		return true;
	for (size_t i = 0; length == 3 && i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strncasecmp(word, names[i], 3))
			return true;
	}
	return !strncmp(word, "kern.", 5);
}

/*
 * A number for what stands before a line's message, without its date, time and level: the same for
 * all lines of one machine in a log of several. 0: nothing tells.
 */
static uint64_t stream_of(const char *text)
{
	const char *message = find_message(text);
	/* FNV-1a */
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	if (!message)
		return 0;
	while (text < message) {
		size_t length = strcspn(text, " \t");

		if (text + length > message)
			length = (size_t)(message - text);
		if (length && !tells_nothing(text, length)) {
			for (size_t i = 0; i < length; i++)
				hash = (hash ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
		}
		text += length;
		text += strspn(text, " \t");
	}
	return hash ? hash : 1;
}

uint64_t log_stream_of(struct log_stream_line *current, const struct log_line *line)
{
	if (current->number != line->number || !current->stream)
		*current = (struct log_stream_line){ line->number, stream_of(line->text) };
	return current->stream;
}

size_t log_find_streams(const char *data, size_t size, uint64_t *streams, size_t room)
{
	struct log_text text = { .at = data, .end = data + size };
	struct log_stream_line current = { 0 };
	struct log_line line = { 0 };
	size_t count = 0;

	while (count <= room && log_next(&text, &line)) {
		struct log_entry ignored;
		uint64_t stream = log_stream_of(&current, &line);
		size_t i = 0;

		if (log_parse(line.text, line.text, &ignored) == LOG_NOTHING)
			continue;
		while (i < count && streams[i] != stream)
			i++;
		if (i == count && count < room)
			streams[count] = stream;
		count += i == count;
	}
	free(line.text);
	return count > room ? 0 : count;
}

/* How many entries have an address in common with the entry on the line above. */
static size_t count_conflicts(const struct map_info *map)
{
	size_t conflicts = 0;

	for (size_t i = 1; i < map->entries; i++) {
		const struct map_entry *entry = &map->entry[i], *last = entry - 1;

		if (entry->defect || last->defect || !entry->size || !last->size)
			continue;
		conflicts += entry->line <= last->line + 1 &&
			     entry->start < last->start + last->size &&
			     last->start < entry->start + entry->size;
	}
	return conflicts;
}

static bool is_repeated(const struct map_file *file, uint64_t stream)
{
	size_t found = 0;

	for (size_t i = 0; i < file->maps && found < 2; i++) {
		for (size_t j = 0; j < file->map[i].entries && found < 2; j++)
			found += file->map[i].entry[j].stream == stream;
	}
	return found == 2;
}

/* Bounds the work where each line has words of its own before it. */
#define MAX_OTHERS 64

/*
 * Two streams with two entries each in the file, in one map. A single line may have words of its
 * own before it, and where each line has (the cursor of the journal) they tell nothing.
 */
static bool has_streams(const struct map_file *file, const struct map_info *map)
{
	size_t others = 0;

	for (size_t i = 1; i < map->entries && others < MAX_OTHERS; i++) {
		if (map->entry[i].stream == map->entry[i - 1].stream)
			continue;
		if (is_repeated(file, map->entry[i].stream) &&
		    is_repeated(file, map->entry[i - 1].stream))
			return true;
		others++;
	}
	return false;
}

bool log_is_mixed(const struct map_file *file, const struct map_info *map)
{
	size_t conflicts = count_conflicts(map);

	if (has_streams(file, map))
		return true;
	/* Firmware's and Linux's tables of these kinds are sorted, without overlaps. */
	return !map_source_is_efi(map->source) && map->source != MAP_OVMF &&
	       map->source != MAP_NODES && conflicts >= 2 && conflicts * 3 >= map->entries;
}
