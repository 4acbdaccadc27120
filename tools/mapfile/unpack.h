/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_MAPFILE_UNPACK_H
#define TOOLS_MAPFILE_UNPACK_H

#include <stdbool.h>
#include <stddef.h>

/* How a file is packed ("gzip"), by its first bytes; NULL: it is not. */
const char *unpack_name(const void *data, size_t size);

struct unpacked {
	char *data; /* for the caller to free */
	size_t size;
	char *error; /* why not all of it could be unpacked, for the caller to free; NULL: it was */
};

/* Unpacks data that has a name, `limit` bytes at most. */
void unpack(const void *data, size_t size, size_t limit, struct unpacked *unpacked);

#endif
