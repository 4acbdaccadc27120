/* SPDX-License-Identifier: MIT */
#include <archive.h>
#include <stdlib.h>
#include <string.h>
#include "tools/mapfile/alloc.h"
#include "tools/mapfile/unpack.h"

static const struct {
	const char *name, *magic;
	size_t length;
	int (*support)(struct archive *archive);
} packings[] = {
	{ "gzip", "\x1f\x8b", 2, archive_read_support_filter_gzip },
	{ "xz", "\3757zXZ", 6, archive_read_support_filter_xz },
	{ "zstd", "\x28\xb5\x2f\xfd", 4, archive_read_support_filter_zstd },
	{ "bzip2", "BZh", 3, archive_read_support_filter_bzip2 },
	{ "lz4", "\x04\x22\x4d\x18", 4, archive_read_support_filter_lz4 },
	{ "lz4", "\x02\x21\x4c\x18", 4, archive_read_support_filter_lz4 },
	{ "lzip", "LZIP", 4, archive_read_support_filter_lzip },
	{ "compress", "\x1f\x9d", 2, archive_read_support_filter_compress },
};

static size_t find(const void *data, size_t size)
{
	size_t i = 0;

	while (i < sizeof(packings) / sizeof(packings[0]) &&
	       (size < packings[i].length || memcmp(data, packings[i].magic, packings[i].length)))
		i++;
	return i;
}

const char *unpack_name(const void *data, size_t size)
{
	size_t found = find(data, size);

	return found < sizeof(packings) / sizeof(packings[0]) ? packings[found].name : NULL;
}

/* The library does not name every error. */
static char *error_of(struct archive *archive)
{
	const char *error = archive_error_string(archive);

	return xstrdup(error ? error : "it is damaged");
}

static void read_all(struct archive *archive, size_t limit, struct unpacked *unpacked)
{
	size_t room = 0;
	ssize_t got;

	do {
		unpacked->data = grow(unpacked->data, &room, unpacked->size + 65536, 1);
		got = archive_read_data(archive, unpacked->data + unpacked->size,
					room - unpacked->size);
		if (got > 0)
			unpacked->size += (size_t)got;
	} while (got > 0 && unpacked->size <= limit);
	if (got < 0)
		unpacked->error = error_of(archive);
	else if (unpacked->size > limit)
		unpacked->error = xstrdup("it is longer than any log");
}

void unpack(const void *data, size_t size, size_t limit, struct unpacked *unpacked)
{
	struct archive *archive = archive_read_new();
	struct archive_entry *entry;

	*unpacked = (struct unpacked){ 0 };
	/*
	 * Only the one that it is. Where the library was built without one it would run a program
	 * instead, and says so by a warning.
	 */
	if (!archive || archive_read_support_format_raw(archive) != ARCHIVE_OK ||
	    packings[find(data, size)].support(archive) != ARCHIVE_OK)
		unpacked->error = xstrdup("libarchive was built without it: unpack it first");
	else if (archive_read_open_memory(archive, data, size) != ARCHIVE_OK ||
		 archive_read_next_header(archive, &entry) != ARCHIVE_OK)
		unpacked->error = error_of(archive);
	/* The library hands out bytes as they are if no filter takes them; one is always there. */
	else if (archive_filter_count(archive) < 2)
		unpacked->error = xstrdup("its header is damaged");
	else
		read_all(archive, limit, unpacked);
	archive_read_free(archive);
}
