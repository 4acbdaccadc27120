/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_MAPFILE_LOST_H
#define TOOLS_MAPFILE_LOST_H

#include "tools/mapfile/mapfile.h"

/*
 * Warns about reserved ranges that are as large as RAM and lie where RAM is, and sets map->lost. A
 * map that the kernel changed is left out: the map that it was made of has the same ranges.
 */
void check_lost(struct map_file *file, struct map_info *map);

#endif
