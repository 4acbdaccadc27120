/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_MAPFILE_FOREIGN_H
#define TOOLS_MAPFILE_FOREIGN_H

#include <stddef.h>

/*
 * For a file that may hold a map, but in a form that is not read here: what it is and how to get
 * the map out of it, in a sentence. NULL: it is none of these.
 */
const char *foreign_name(const unsigned char *data, size_t size);

#endif
