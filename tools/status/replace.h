/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_STATUS_REPLACE_H
#define TOOLS_STATUS_REPLACE_H

#include <stdbool.h>
#include <stdio.h>

/*
 * A file that is replaced atomically. It is written in the same folder, under a name that begins
 * with a dot and does not end in .prom, so that node-exporter ignores it, and renamed. A device, a
 * pipe, and a symbolic link are written to as they are.
 */

struct replace {
	const char *path;
	char *temporary; /* NULL: written in place */
	FILE *out;
};

/* False, with a message on standard error, when the folder cannot be written to. */
bool replace_open(struct replace *file, const char *path);

/*
 * Renames the file if good is true and all was written; otherwise removes it and keeps the old
 * one. False, with a message, unless all was written and in its place.
 */
bool replace_close(struct replace *file, bool good);

#endif
