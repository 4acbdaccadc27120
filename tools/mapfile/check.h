/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_MAPFILE_CHECK_H
#define TOOLS_MAPFILE_CHECK_H

#include "tools/mapfile/mapfile.h"

/* Fill map->map and map->usable from the entries; warn about what is odd in them. */
void check_map(struct map_file *file, struct map_info *map);

/* Warn about maps that are the same as one before. */
void check_repeated(struct map_file *file);

#endif
