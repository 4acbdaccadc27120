/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_COMMON_REPLACEABLE_H
#define TOOLS_COMMON_REPLACEABLE_H

#include <stdbool.h>

/* Whether a new file may be renamed to this path: nothing, a regular file, or a folder, which
 * fails. A device, a
 * pipe, and a symbolic link (/dev/stdout is one) are to be written to instead. */
bool path_is_replaceable(const char *path);

#endif
