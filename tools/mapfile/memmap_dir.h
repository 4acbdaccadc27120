/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_MAPFILE_MEMMAP_DIR_H
#define TOOLS_MAPFILE_MEMMAP_DIR_H

#include "tools/mapfile/mapfile.h"

/*
 * A directory like /sys/firmware/memmap: one directory for each entry, named by its
 * number, with the files start, end (its last byte) and type.
 */
void memmap_dir_read(struct map_file *file, const char *path);

#endif
