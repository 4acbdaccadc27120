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

/*
 * A text as plain_make() leaves it, without a final NUL or newline, read line by line. Copy the
 * structure to look ahead.
 */
struct log_text {
	const char *at, *end;
	size_t line;  /* number of the line read last, 1-based */
	size_t order; /* the same, where "\r" begins a line too */
	bool quoted;  /* a line so far is quoted-printable */
};

/* A line: without NUL bytes and quoted-printable escapes. */
struct log_line {
	char *text;
	size_t length, room;
	size_t number, order;
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
	const char *broken;   /* for LOG_BROKEN: why */
	const char *at;	      /* where it begins, within the text that was searched, */
	const char *end;      /* and where to read on behind it */
	size_t wrapped_lines; /* for LOG_MORE: it takes at most so many; 0: as mail wraps */
};

/*
 * Readers of one format each. `at` is a place in `text`, which ends with NUL: is there the
 * beginning of an entry? If so they set found->end and what they read.
 */
enum log_found log_e820_at(const char *text, const char *at, struct log_entry *found);
enum log_found log_efi_at(const char *text, const char *at, struct log_entry *found);
enum log_found log_shell_at(const char *text, const char *at, struct log_entry *found);
enum log_found log_grub_at(const char *text, const char *at, struct log_entry *found);
enum log_found log_freebsd_at(const char *text, const char *at, struct log_entry *found);
enum log_found log_xen_at(const char *text, const char *at, struct log_entry *found);
enum log_found log_u_boot_at(const char *text, const char *at, struct log_entry *found);
enum log_found log_seabios_at(const char *text, const char *at, struct log_entry *found);
enum log_found log_iomem_at(const char *text, const char *at, struct log_entry *found);
enum log_found log_hob_at(const char *text, const char *at, struct log_entry *found);
enum log_found log_efi_init_at(const char *text, const char *at, struct log_entry *found);

/* The first entry of `text` at or behind `from`, of any format. */
enum log_found log_parse(const char *text, const char *from, struct log_entry *found);

/*
 * Formats whose entries say too little to be found without their header: the header of one, and an
 * entry behind it.
 */
bool log_u_boot_header(const char *text);
enum log_found log_u_boot_row(const char *text, struct log_entry *found);

/*
 * A line of the memory nodes, or one of what the device tree reserves in them. For a log without a
 * map: on x86 the nodes are what the kernel made of it.
 */
enum log_found log_node_row(const char *text, struct log_entry *found);

/* "Boot Code  |   |...|WB|WT|WC|UC" up to end: EFI's type, by its name, and attributes. */
void log_efi_description(const char *at, const char *end, struct map_entry *entry);

/* A row "NAME START-END ..." with 16 digits each; the ends are the last byte, or exclusive. */
struct log_row_type {
	const char *name;
	uint32_t type;
};
enum log_found log_row(const char *at, const struct log_row_type *types, size_t count,
		       bool exclusive, struct log_entry *found);

/* Exactly `count` hexadecimal digits, no more. */
bool log_digits(const char **at, size_t count, uint64_t *value);

/* [start, last], or a defect where there is no such range. */
void log_set_last(struct map_entry *entry, uint64_t start, uint64_t last);

/* The E820 type that kernels print as name; *length: characters of name used. */
bool log_e820_type(const char *name, uint32_t *type, size_t *length);

/* The source of a map by its header ("BIOS-provided physical RAM map:"). False: no header. */
bool log_header(const char *text, enum map_source *source);

/* Whether the addresses of a map say nothing of where another one begins: its header does, or there
 * is one map alone. */
bool log_is_told_by_header(enum map_source source);

/* For a text without a map: what a line that resembles one is; NULL: it does not. */
const char *log_resembles(const char *text);

/* The stream of a line of the file, which is that of the first of its lines that has one. */
struct log_stream_line {
	size_t number;
	uint64_t stream;
};
uint64_t log_stream_of(struct log_stream_line *current, const struct log_line *line);

/* The streams that have entries; 0: there are more than `room`. */
size_t log_find_streams(const char *data, size_t size, uint64_t *streams, size_t room);

/*
 * The entries of the map come from lines of more than one boot: every third conflicts with the
 * line above it, or several streams have entries.
 */
bool log_is_mixed(const struct map_file *file, const struct map_info *map);

/*
 * [0x]hex, at most 64 bits: *huge is set if it has more. Moves *at past it. False: there is no
 * digit.
 */
bool log_hex(const char **at, uint64_t *value, bool *huge);

/* Reads a whole text into file, of any encoding and markup. */
void log_read(struct map_file *file, const void *data, size_t size);

#endif
