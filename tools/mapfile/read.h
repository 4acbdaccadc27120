/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_MAPFILE_READ_H
#define TOOLS_MAPFILE_READ_H

#include <stddef.h>
#include "tools/mapfile/mapfile.h"

/* The entry points for commands: read a file, then use maps_best() or all maps. */

enum map_format {
	MAP_FORMAT_AUTO,
	MAP_FORMAT_TEXT,
	MAP_FORMAT_E820,
	MAP_FORMAT_EFI,
	MAP_FORMAT_MEMMAP,
};

/*
 * Reads a file, a directory or (for "-") the standard input. True: it holds at least one map.
 * False: file->error is the reason. Call maps_free() in both cases. efi_desc_size: bytes between
 * the descriptors of a binary EFI map, or 0 to detect it.
 */
bool maps_read(const char *path, enum map_format format, size_t efi_desc_size,
	       struct map_file *file);

/* The same for bytes in memory; path is for messages only. */
bool maps_read_bytes(const char *path, const void *data, size_t size, enum map_format format,
		     size_t efi_desc_size, struct map_file *file);

#endif
