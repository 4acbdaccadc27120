/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_MAPFILE_CHECK_H
#define TOOLS_MAPFILE_CHECK_H

#include "tools/mapfile/mapfile.h"

/* Fills map->map and map->usable from the entries, and warns about odd entries. */
void check_map(struct map_file *file, struct map_info *map);

/* Warns about maps that equal an earlier one. */
void check_repeated(struct map_file *file);

#endif
