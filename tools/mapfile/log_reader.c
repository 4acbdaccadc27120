/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "tools/mapfile/log.h"
#include "tools/mapfile/plain.h"

/* A wrapped entry takes at most this many lines. */
#define WRAPPED_LINES 4

/* More machines than one stream has in practice; each costs a pass. */
#define MAX_STREAMS 16

/* More boots than one log holds; bounds the work for a hostile log. */
#define MAX_MAPS 4096

/* A clock that went back by this much belongs to another boot, not to another CPU. */
#define CLOCK_SLACK 0.1

/* The map of a source that is being read, by its place in file->map, plus one. */
struct open_map {
	size_t map;
	size_t header;		    /* line of a header that no entry has followed yet */
	size_t gaps;		    /* after that header */
	size_t last_order;	    /* of the entry or gap read last */
	struct map_entry last;	    /* entry or gap */
	bool last_is_gap, restarts; /* restarts: the next entry begins another map */
};

struct reader {
	struct map_file *file;
	struct open_map open[MAP_SOURCES];
	uint64_t stream; /* to be read, of several; 0: all lines */
	struct log_stream_line current;
	bool newest_first; /* the log begins with its last line */
	size_t forward;	   /* entries behind the one above them in the map, */
	size_t backward;   /* and before it */
	double clock;
	size_t map_order;  /* the last line that was part of a map */
	size_t text_order; /* the last line that was not empty */
	size_t resembling_line;
	const char *resembles;
	const char *broken; /* why the first entry that could not be read was not */
	size_t broken_line;
	size_t repeated_numbers; /* of EFI entries, one right behind the other */
	bool u_boot;		 /* rows of U-Boot's table are expected */
	bool nodes;		 /* memory nodes are read, and nothing else */
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
	if (reader->newest_first ? now > reader->clock + CLOCK_SLACK
				 : now + CLOCK_SLACK < reader->clock)
		everything_restarts(reader);
	reader->clock = now;
}

/*
 * Does this entry begin another map? Kernels number EFI entries from 0 and print E820 in order of
 * address. An E820 address that goes back to the first MiB, or back at all after lines of
 * something else, is therefore another map; within a block it is a map out of order. An EFI map of
 * other programs is in any order, and its header begins another one.
 */
static bool begins_map(const struct reader *reader, const struct log_entry *found)
{
	const struct open_map *open = &reader->open[found->source];
	const struct map_entry *entry = &found->entry;
	const uint64_t low = 0x100000;

	if (!open->map || open->restarts)
		return true;
	if (found->source == MAP_EFI)
		return reader->newest_first ? entry->number >= open->last.number
					    : entry->number <= open->last.number;
	if (log_is_told_by_header(found->source))
		return false;
	if (reader->newest_first)
		return entry->start > open->last.start &&
		       ((entry->start >= low && open->last.start < low) ||
			reader->text_order != open->last_order);
	if (entry->start >= open->last.start)
		return false;
	return (entry->start < low && open->last.start >= low) ||
	       reader->text_order != open->last_order;
}

/* What /proc/iomem has within an entry is a part of it; OVMF prints some HOBs in several phases. */
static bool is_known(const struct reader *reader, const struct log_entry *found)
{
	const struct open_map *open = &reader->open[found->source];
	const struct map_entry *entry = &found->entry;
	const struct map_info *map;

	if (!open->map || open->restarts || entry->defect)
		return false;
	map = &reader->file->map[open->map - 1];
	if (found->source == MAP_IOMEM)
		return entry->start >= open->last.start &&
		       entry->start + entry->size <= open->last.start + open->last.size;
	for (size_t i = 0; found->source == MAP_OVMF && i < map->entries; i++) {
		if (map->entry[i].start == entry->start && map->entry[i].size == entry->size &&
		    map->entry[i].type == entry->type)
			return true;
	}
	return false;
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

/* Linux sorts E820 maps, and numbers EFI's, which other programs print as firmware has them. */
static void watch_order(struct reader *reader, const struct log_entry *found)
{
	const struct open_map *open = &reader->open[found->source];
	uint64_t here = found->entry.start, above = open->last.start;

	if (!open->map || found->source == MAP_NODES)
		return;
	if (found->source == MAP_EFI) {
		here = found->entry.number;
		above = open->last.number;
	} else if (map_source_is_efi(found->source) || found->source == MAP_OVMF) {
		return;
	}
	reader->forward += here > above;
	reader->backward += here < above;
}

static void take(struct reader *reader, const struct log_entry *found, bool gap, size_t order)
{
	struct open_map *open = &reader->open[found->source];
	const struct map_entry *entry = &found->entry;
	struct map_info *map;

	if (is_known(reader, found))
		return;
	watch_order(reader, found);
	reader->repeated_numbers += found->source == MAP_EFI && open->map && !open->restarts &&
				    entry->number && entry->number == open->last.number;
	if (begins_map(reader, found)) {
		/* A gap alone does not begin a map: it belongs to the map of the next entry. */
		if (gap) {
			open->gaps++;
			return;
		}
		if (reader->file->maps == MAX_MAPS) {
			maps_miss(reader->file, entry->line, "more than %d maps: not read",
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
		if ((gap || open->last_is_gap) && !reader->newest_first)
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
	open->last_order = order;
	reader->map_order = order;
	/* A second entry of the line comes right behind the first. */
	reader->text_order = order;
}

static void unused_header(struct reader *reader, struct open_map *open)
{
	if (open->header)
		maps_warn(reader->file, open->header, "the header of a map, but no entry follows");
	open->header = 0;
}

static void header(struct reader *reader, enum map_source source, const struct log_line *line)
{
	unused_header(reader, &reader->open[source]);
	/* Read from the end its entries have been there before. */
	reader->open[source].header = reader->newest_first ? 0 : line->number;
	for (size_t i = 0; i < MAP_SOURCES; i++) {
		if (!heads(source, (enum map_source)i))
			continue;
		reader->open[i].gaps = 0;
		reader->open[i].restarts = true;
	}
	reader->map_order = line->order;
}

/* What is before, between and behind the entries of a line. */
static void other_text(struct reader *reader, const char *text, const struct log_line *line)
{
	enum map_source source;

	if (log_header(text, &source)) {
		header(reader, source, line);
	} else if (strstr(text, "Linux version ") || (text == line->text && *text == '#')) {
		/* A new boot, or a heading above an excerpt. */
		everything_restarts(reader);
	} else if (log_is_cut(text) && reader->map_order &&
		   reader->text_order == reader->map_order) {
		maps_warn(reader->file, line->number, "lines of the map may be left out here");
	} else if (!reader->resembles) {
		reader->resembles = log_resembles(text);
		reader->resembling_line = line->number;
	}
}

static void broken(struct reader *reader, const struct log_line *line, const char *why,
		   size_t order)
{
	maps_miss(reader->file, line->number, "not read, though it looks like an entry: %s", why);
	if (!reader->broken) {
		reader->broken = why;
		reader->broken_line = line->number;
	}
	reader->map_order = order;
}

/* No entry and no header: it can be the rest of the line above. */
static bool can_continue(const char *text)
{
	struct log_entry ignored;
	enum map_source source;

	return log_parse(text, text, &ignored) == LOG_NOTHING && !log_header(text, &source);
}

static bool is_whole(enum log_found what, const struct log_entry *found)
{
	return what == LOG_GAP ||
	       (what == LOG_ENTRY && (found->entry.type_known || map_source_is_efi(found->source)));
}

/*
 * Append the next line to an entry that has been broken in two: at a blank, as mail programs do,
 * or (a terminal's edge, quoted-printable) within a word. Of two readings the one with a known
 * type is right. `from`: where the entry begins in the line.
 */
static enum log_found append(struct log_line *line, size_t from, const char *rest,
			     struct log_entry *found)
{
	size_t length = line->length;
	struct log_entry glued;
	enum log_found what, as_one;

	log_append(line, rest, false);
	as_one = log_parse(line->text + from, line->text + from, &glued);
	line->length = length;
	log_append(line, rest, true);
	what = log_parse(line->text + from, line->text + from, found);
	if (is_whole(what, found) && (what == LOG_GAP || found->entry.type_known))
		return what;
	if (!is_whole(as_one, &glued) || (is_whole(what, found) && !glued.entry.type_known))
		return what;
	/* The texts differ by a blank within the entry. */
	line->length = length;
	log_append(line, rest, false);
	log_parse(line->text + from, line->text + from, found);
	return as_one;
}

static enum log_found unwrap(struct log_text *text, struct log_line *line, struct log_entry *found)
{
	size_t lines = found->wrapped_lines ? found->wrapped_lines : WRAPPED_LINES;
	size_t from = (size_t)(found->at - line->text);
	enum map_source source = found->source;
	const char *why = found->broken;
	struct log_text ahead = *text;
	struct log_line next = { 0 };
	enum log_found what = LOG_MORE;

	for (size_t i = 1; i < lines && what == LOG_MORE && log_next(&ahead, &next); i++) {
		if (!can_continue(next.text))
			break;
		what = append(line, from, log_unquote(next.text), found);
		if (is_whole(what, found))
			*text = ahead;
	}
	free(next.text);
	if (is_whole(what, found))
		return what;
	/* OVMF prints the details of some types of resources only. */
	if (source == MAP_OVMF && !why) {
		found->at = found->end = line->text + line->length;
		return LOG_NOTHING;
	}
	found->broken = "the rest of it is missing";
	found->end = line->text + line->length;
	return LOG_BROKEN;
}

/* Soft line breaks of quoted-printable, in lines that begin an entry. */
static void join_soft_breaks(struct log_text *text, struct log_line *line)
{
	struct log_entry ignored;
	struct log_line next = { 0 };

	for (int i = 1; i < WRAPPED_LINES && log_soft_break(line); i++) {
		struct log_text ahead = *text;

		if (log_parse(line->text, line->text, &ignored) == LOG_NOTHING ||
		    !log_next(&ahead, &next))
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
	if (reader->broken)
		maps_fail(reader->file, "no memory map: the entry on line %zu cannot be read: %s",
			  reader->broken_line, reader->broken);
	else if (header)
		maps_fail(reader->file,
			  "no memory map: line %zu is the header of one, but no entry follows",
			  header);
	else if (reader->resembles)
		maps_fail(reader->file, "no memory map: line %zu has %s", reader->resembling_line,
			  reader->resembles);
}

/* The text from `from` up to `end`, which other_text() cannot see over. */
static void text_between(struct reader *reader, struct log_line *line, size_t from, size_t end)
{
	char behind = line->text[end];

	if (from == end)
		return;
	line->text[end] = '\0';
	watch_clock(reader, line->text + from);
	other_text(reader, line->text + from, line);
	line->text[end] = behind;
}

/* Rows of U-Boot's table have no sign of their own; the header of its columns is one of them. */
static bool read_u_boot(struct reader *reader, const struct log_line *line)
{
	struct log_entry found;

	if (log_u_boot_header(line->text)) {
		reader->u_boot = true;
		reader->open[MAP_U_BOOT].restarts = true;
		return false;
	}
	if (!reader->u_boot)
		return false;
	if (log_u_boot_row(line->text, &found) == LOG_ENTRY) {
		found.entry.line = line->number;
		take(reader, &found, false, line->order);
		return true;
	}
	reader->u_boot = !*log_unquote(line->text) || strstr(line->text, "Addr");
	return false;
}

static void read_line(struct reader *reader, struct log_text *text, struct log_line *line)
{
	size_t from = 0;

	for (;;) {
		struct log_entry found;
		enum log_found what = log_parse(line->text, line->text + from, &found);
		size_t at = (size_t)(found.at - line->text);

		if (what == LOG_NOTHING)
			break;
		text_between(reader, line, from, at);
		if (what == LOG_MORE)
			what = unwrap(text, line, &found);
		found.entry.line = line->number;
		found.entry.stream = log_stream_of(&reader->current, line);
		if (what == LOG_ENTRY || what == LOG_GAP)
			take(reader, &found, what == LOG_GAP, text->order);
		else if (what == LOG_BROKEN)
			broken(reader, line, found.broken, text->order);
		from = (size_t)(found.end - line->text);
	}
	/* What an entry leaves is the end of its line, as "(0MB)". */
	if (!from)
		text_between(reader, line, 0, line->length);
	else if (line->text[from])
		text_between(reader, line, from, line->length);
}

static void read_node(struct reader *reader, struct log_line *line)
{
	struct log_entry found;

	if (log_node_row(line->text, &found) == LOG_NOTHING) {
		text_between(reader, line, 0, line->length);
		return;
	}
	found.entry.line = line->number;
	found.entry.stream = log_stream_of(&reader->current, line);
	take(reader, &found, false, line->order);
}

static void read_stream(struct reader *reader, const struct plain *plain)
{
	struct log_text text = { .at = plain->text, .end = plain->text + plain->size };
	struct log_line line = { 0 };

	while (plain->size && log_next(&text, &line)) {
		if (reader->stream && log_stream_of(&reader->current, &line) != reader->stream)
			continue;
		join_soft_breaks(&text, &line);
		if (reader->nodes)
			read_node(reader, &line);
		else if (!read_u_boot(reader, &line))
			read_line(reader, &text, &line);
		if (*log_unquote(line.text))
			reader->text_order = text.order;
	}
	free(line.text);
}

static void unused_headers(struct reader *reader)
{
	for (size_t i = 0; i < MAP_SOURCES; i++)
		unused_header(reader, &reader->open[i]);
}

/* The kernel's map is made of OVMF's, and has all of it. */
static void drop_excerpts(struct map_file *file)
{
	bool others = false;

	for (size_t i = 0; i < file->maps; i++)
		others |= file->map[i].source != MAP_OVMF;
	for (size_t i = file->maps; others && i-- > 0;) {
		if (file->map[i].source == MAP_OVMF)
			maps_drop(file, i);
	}
}

static bool any_mixed(const struct reader *reader)
{
	bool mixed = reader->repeated_numbers >= 2;

	for (size_t i = 0; i < reader->file->maps; i++)
		mixed |= log_is_mixed(reader->file, &reader->file->map[i]);
	return mixed;
}

static void start_again(struct reader *reader, uint64_t stream)
{
	*reader = (struct reader){ .file = reader->file,
				   .stream = stream,
				   .newest_first = reader->newest_first };
}

static void refuse_mixed(struct reader *reader)
{
	struct map_file *file = reader->file;
	bool efi = reader->repeated_numbers >= 2;
	size_t line = 0;

	for (size_t i = file->maps; i-- > 0;) {
		if (!log_is_mixed(file, &file->map[i]) && !(efi && file->map[i].source == MAP_EFI))
			continue;
		line = file->map[i].line;
		maps_drop(file, i);
	}
	maps_miss(file, line,
		  "the lines of two boots are mixed from here on, and nothing tells them apart: "
		  "give each boot in a file of its own");
	if (!file->maps)
		maps_fail(file,
			  "no memory map: the lines of two boots are mixed from line %zu on, and "
			  "nothing tells them apart: give each boot in a file of its own",
			  line);
}

static void keep_apart(struct reader *reader, const struct plain *plain)
{
	uint64_t streams[MAX_STREAMS];
	size_t count = log_find_streams(plain->text, plain->size, streams, MAX_STREAMS);
	struct map_file *file = reader->file;
	bool still = false;

	if (count < 2) {
		refuse_mixed(reader);
		return;
	}
	maps_drop_all(file);
	for (size_t i = 0; i < count; i++) {
		start_again(reader, streams[i]);
		read_stream(reader, plain);
		still |= any_mixed(reader);
		unused_headers(reader);
	}
	maps_warn(file, 0,
		  "the lines of %zu machines are mixed: kept apart by what stands before their "
		  "messages",
		  count);
	if (still)
		refuse_mixed(reader);
}

/*
 * Pages of log servers and `journalctl --reverse' have the newest line first. Each kernel prints
 * its map in ascending order, so one that descends throughout is read from its end. A log of many
 * boots has one step the other way for each.
 */
static void read_backward(struct reader *reader, const struct plain *plain)
{
	if (reader->backward < 2 || reader->backward <= 2 * reader->forward)
		return;
	maps_drop_all(reader->file);
	reader->newest_first = true;
	start_again(reader, 0);
	maps_warn(reader->file, 0, "the newest line is the first: each map is read from its end");
	read_stream(reader, plain);
}

/* Where the kernel was given a device tree it prints no map, but what it made of it. */
static void read_nodes(struct reader *reader, const struct plain *plain)
{
	struct map_file *file = reader->file;
	struct reader again = { .file = file, .nodes = true };

	for (size_t i = 0; i < MAP_SOURCES; i++) {
		if (reader->open[i].header)
			return;
	}
	if (file->maps || file->error || reader->broken)
		return;
	read_stream(&again, plain);
	if (!file->maps)
		return;
	maps_warn(file, file->map[0].line,
		  "the kernel's memory nodes, as the log has no map: what firmware has reserved is "
		  "not known. With efi=debug a kernel that EFI started prints the map");
	if (any_mixed(&again))
		refuse_mixed(&again);
}

void log_read(struct map_file *file, const void *data, size_t size)
{
	struct reader reader = { .file = file };
	struct plain plain;

	plain_make(data, size, &plain);
	read_stream(&reader, &plain);
	read_backward(&reader, &plain);
	if (any_mixed(&reader))
		keep_apart(&reader, &plain);
	if (reader.newest_first)
		maps_reverse(file);
	drop_excerpts(file);
	read_nodes(&reader, &plain);
	if (!file->maps && !file->error)
		no_map(&reader);
	unused_headers(&reader);
	free(plain.text);
}
