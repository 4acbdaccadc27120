/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "tools/mapfile/log.h"

/* A wrapped entry takes at most this many lines. */
#define WRAPPED_LINES 4

/* More boots than one log holds; bounds the work for a hostile log. */
#define MAX_MAPS 4096

/* A clock that went back by this much belongs to another boot, not to another CPU. */
#define CLOCK_SLACK 0.1

/* The map of a source that is being read, by its place in file->map, plus one. */
struct open_map {
	size_t map;
	size_t header;		    /* line of a header that no entry has followed yet */
	size_t gaps;		    /* after that header */
	size_t last_line;	    /* of the entry or gap read last */
	struct map_entry last;	    /* entry or gap */
	bool last_is_gap, restarts; /* restarts: the next entry begins another map */
};

struct reader {
	struct map_file *file;
	struct open_map open[MAP_SOURCES];
	double clock;
	size_t map_line;  /* the last line that was part of a map */
	size_t text_line; /* the last line that was not empty */
	size_t resembling_line;
	const char *resembles;
};

static void everything_restarts(struct reader *reader)
{
	for (size_t i = 0; i < MAP_SOURCES; i++)
		reader->open[i].restarts = true;
}

/* Linux prints "BIOS-provided" also for maps of an older BIOS call or of Xen. */
static bool heads(enum map_source header, enum map_source source)
{
	return header == source || (header == MAP_E820 &&
				    (source == MAP_E801 || source == MAP_88 || source == MAP_XEN));
}

static void watch_clock(struct reader *reader, const char *text)
{
	double now;

	if (!log_time(text, &now))
		return;
	if (now + CLOCK_SLACK < reader->clock)
		everything_restarts(reader);
	reader->clock = now;
}

/*
 * Does this entry begin another map? Kernels number EFI entries from 0 and print E820 in order of
 * address. An E820 address that goes back to the first MiB, or back at all after lines of
 * something else, is therefore another map; within a block it is a map out of order.
 */
static bool begins_map(const struct reader *reader, const struct log_entry *found)
{
	const struct open_map *open = &reader->open[found->source];
	const struct map_entry *entry = &found->entry;
	const uint64_t low = 0x100000;

	if (!open->map || open->restarts)
		return true;
	if (found->source == MAP_EFI)
		return entry->number <= open->last.number;
	if (entry->start >= open->last.start)
		return false;
	return (entry->start < low && open->last.start >= low) ||
	       reader->text_line != open->last_line;
}

static void compare_gap(struct reader *reader, const struct open_map *open,
			const struct map_entry *entry)
{
	uint64_t end = open->last.start + open->last.size;

	if (entry->start != end)
		maps_warn(reader->file, entry->line,
			  "the gap does not fit: 0x%llx comes after 0x%llx",
			  (unsigned long long)entry->start, (unsigned long long)end);
}

static void take(struct reader *reader, const struct log_entry *found, bool gap, size_t last_line)
{
	struct open_map *open = &reader->open[found->source];
	const struct map_entry *entry = &found->entry;
	struct map_info *map;

	if (begins_map(reader, found)) {
		/* A gap alone does not begin a map: it belongs to the map of the next entry. */
		if (gap) {
			open->gaps++;
			return;
		}
		if (reader->file->maps == MAX_MAPS) {
			maps_warn(reader->file, entry->line, "more than %d maps: not read",
				  MAX_MAPS);
			return;
		}
		map = maps_new(reader->file, found->source, entry->line);
		map->gaps = open->gaps;
		open->gaps = 0;
		open->map = (size_t)(map - reader->file->map) + 1;
		open->restarts = false;
	} else {
		map = &reader->file->map[open->map - 1];
		if (gap || open->last_is_gap)
			compare_gap(reader, open, entry);
	}
	if (gap)
		map->gaps++;
	else
		maps_add(reader->file, map, entry);
	for (size_t i = 0; i < MAP_SOURCES; i++) {
		if (heads((enum map_source)i, found->source))
			reader->open[i].header = 0;
	}
	open->last = *entry;
	open->last_is_gap = gap;
	open->last_line = last_line;
	reader->map_line = last_line;
}

static void unused_header(struct reader *reader, struct open_map *open)
{
	if (open->header)
		maps_warn(reader->file, open->header, "the header of a map, but no entry follows");
	open->header = 0;
}

static void header(struct reader *reader, enum map_source source, size_t line)
{
	unused_header(reader, &reader->open[source]);
	reader->open[source].header = line;
	for (size_t i = 0; i < MAP_SOURCES; i++) {
		if (!heads(source, (enum map_source)i))
			continue;
		reader->open[i].gaps = 0;
		reader->open[i].restarts = true;
	}
	reader->map_line = line;
}

static void other_line(struct reader *reader, const char *text, size_t line)
{
	enum map_source source;

	if (log_header(text, &source)) {
		header(reader, source, line);
	} else if (strstr(text, "Linux version ") || *text == '#') {
		/* A new boot, or a heading above an excerpt. */
		everything_restarts(reader);
	} else if (log_is_cut(text) && reader->map_line && reader->text_line == reader->map_line) {
		maps_warn(reader->file, line, "lines of the map may be left out here");
	} else if (!reader->resembles) {
		reader->resembles = log_resembles(text);
		reader->resembling_line = line;
	}
}

static void broken(struct reader *reader, const struct log_line *line, const char *why, size_t last)
{
	maps_warn(reader->file, line->number, "not read, though it looks like an entry: %s", why);
	reader->map_line = last;
}

static enum log_found parse(const char *text, struct log_entry *found)
{
	enum log_found what = log_e820(text, found);

	return what == LOG_NOTHING ? log_efi(text, found) : what;
}

/* No entry and no header: it can be the rest of the line above. */
static bool can_continue(const char *text)
{
	struct log_entry ignored;
	enum map_source source;

	return parse(text, &ignored) == LOG_NOTHING && !log_header(text, &source);
}

static bool is_whole(enum log_found what, const struct log_entry *found)
{
	return what == LOG_GAP ||
	       (what == LOG_ENTRY && (found->entry.type_known || found->source == MAP_EFI));
}

/*
 * Append the next line to an entry that has been broken in two: at a blank, as mail programs do,
 * or (a terminal's edge, quoted-printable) within a word. Of two readings the one with a known
 * type is right.
 */
static enum log_found append(struct log_line *line, const char *rest, struct log_entry *found)
{
	size_t length = line->length;
	struct log_entry glued;
	enum log_found what, as_one;

	log_append(line, rest, false);
	as_one = parse(line->text, &glued);
	line->length = length;
	log_append(line, rest, true);
	what = parse(line->text, found);
	if (is_whole(what, found) && (what == LOG_GAP || found->entry.type_known))
		return what;
	if (!is_whole(as_one, &glued) || (is_whole(what, found) && !glued.entry.type_known))
		return what;
	*found = glued;
	return as_one;
}

static enum log_found unwrap(struct log_text *text, struct log_line *line, struct log_entry *found)
{
	struct log_text ahead = *text;
	struct log_line next = { 0 };
	enum log_found what = LOG_MORE;

	for (int i = 1; i < WRAPPED_LINES && what == LOG_MORE && log_next(&ahead, &next); i++) {
		if (!can_continue(next.text))
			break;
		what = append(line, log_unquote(next.text), found);
		if (is_whole(what, found))
			*text = ahead;
	}
	free(next.text);
	if (is_whole(what, found))
		return what;
	found->broken = "the rest of it is missing";
	return LOG_BROKEN;
}

/* Soft line breaks of quoted-printable, in lines that begin an entry. */
static void join_soft_breaks(struct log_text *text, struct log_line *line)
{
	struct log_entry ignored;
	struct log_line next = { 0 };

	for (int i = 1; i < WRAPPED_LINES && log_soft_break(line); i++) {
		struct log_text ahead = *text;

		if (parse(line->text, &ignored) == LOG_NOTHING || !log_next(&ahead, &next))
			break;
		line->text[--line->length] = '\0';
		log_append(line, next.text, false);
		*text = ahead;
	}
	free(next.text);
}

static void no_map(struct reader *reader)
{
	size_t header = 0;

	for (size_t i = 0; i < MAP_SOURCES; i++) {
		if (reader->open[i].header)
			header = reader->open[i].header;
	}
	if (header)
		maps_fail(reader->file,
			  "no memory map: line %zu is the header of one, but no entry follows",
			  header);
	else if (reader->resembles)
		maps_fail(reader->file, "no memory map: line %zu has %s; %s",
			  reader->resembling_line, reader->resembles,
			  "looked for lines like \"BIOS-e820: [mem 0x...-0x...] usable\", "
			  "\"efi: mem00: ...\" and \"user: ...\"");
}

void log_read(struct map_file *file, const char *data, size_t size)
{
	struct reader reader = { .file = file };
	struct log_text text = { .at = data, .end = data + size };
	struct log_line line = { 0 };

	while (log_next(&text, &line)) {
		struct log_entry found = { 0 };
		enum log_found what;

		join_soft_breaks(&text, &line);
		watch_clock(&reader, line.text);
		what = parse(line.text, &found);
		if (what == LOG_MORE)
			what = unwrap(&text, &line, &found);
		found.entry.line = line.number;
		if (what == LOG_ENTRY || what == LOG_GAP)
			take(&reader, &found, what == LOG_GAP, text.line);
		else if (what == LOG_BROKEN)
			broken(&reader, &line, found.broken, text.line);
		else
			other_line(&reader, line.text, line.number);
		if (*log_unquote(line.text))
			reader.text_line = text.line;
	}
	if (!file->maps)
		no_map(&reader);
	for (size_t i = 0; i < MAP_SOURCES; i++)
		unused_header(&reader, &reader.open[i]);
	free(line.text);
}
