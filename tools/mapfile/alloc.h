/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_MAPFILE_ALLOC_H
#define TOOLS_MAPFILE_ALLOC_H

#include <stddef.h>

/* They end the program if there is no memory. */
void *xrealloc(void *old, size_t count, size_t size);
char *xstrdup(const char *text);

/* Room for at least `need` elements; doubles, so that adding one by one is linear. */
void *grow(void *old, size_t *room, size_t need, size_t size);

#endif
