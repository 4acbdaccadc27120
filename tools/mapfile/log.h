/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_MAPFILE_LOG_H
#define TOOLS_MAPFILE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include "tools/mapfile/mapfile.h"

/*
 * Kernel logs in common forms: from the serial line, dmesg, syslog, journald, or quoted and
 * wrapped by a mail program.
 */

/* A text without a final NUL or newline, read line by line. Copy the structure to look ahead. */
struct log_text {
	const char *at, *end;
	size_t line; /* number of the line read last, 1-based */
};

/* A line: without CR, NUL bytes and quoted-printable escapes. */
struct log_line {
	char *text;
	size_t length, room;
	size_t number;
};

/*
 * The next line into line->text; false at the end. The caller frees line->text after the last
 * line.
 */
bool log_next(struct log_text *text, struct log_line *line);

/* Appends to a line, after a blank or directly. */
void log_append(struct log_line *line, const char *more, bool blank);

/* The line without quotation marks of a mail ("> ") and leading blanks. */
const char *log_unquote(const char *text);

/* The kernel's time stamp in front of a line, in seconds. */
bool log_time(const char *text, double *seconds);

/* The line ends in a soft line break of quoted-printable. */
bool log_soft_break(const struct log_line *line);

/* The writer left lines out here: "...", "[... cut", "<snip>". */
bool log_is_cut(const char *text);

enum log_found {
	LOG_NOTHING, /* not about a map */
	LOG_MORE,    /* the beginning of an entry: the rest may be on the next line */
	LOG_BROKEN,  /* looks like an entry, but cannot be one */
	LOG_GAP,     /* a hole, as newer kernels print it */
	LOG_ENTRY,
};

struct log_entry {
	enum map_source source;
	struct map_entry entry;
	const char *broken; /* for LOG_BROKEN: why */
};

/* Parses a line as an entry of an E820-like map, of an EFI map. */
enum log_found log_e820(const char *text, struct log_entry *found);
enum log_found log_efi(const char *text, struct log_entry *found);

/* The E820 type that kernels print as name; *length: characters of name used. */
bool log_e820_type(const char *name, uint32_t *type, size_t *length);

/* The source of a map by its header ("BIOS-provided physical RAM map:"). False: no header. */
bool log_header(const char *text, enum map_source *source);

/* For a text without a map: what a line that resembles one is; NULL: it does not. */
const char *log_resembles(const char *text);

/*
 * [0x]hex, at most 64 bits: *huge is set if it has more. Moves *at past it. False: there is no
 * digit.
 */
bool log_hex(const char **at, uint64_t *value, bool *huge);

/* Reads a whole text into file. */
void log_read(struct map_file *file, const char *data, size_t size);

#endif
