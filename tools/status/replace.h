/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_STATUS_REPLACE_H
#define TOOLS_STATUS_REPLACE_H

#include <stdbool.h>
#include <stdio.h>

/*
 * A file that others read at any time: they see the old content or all of the new. It is written
 * beside its place, under a name that begins with a dot and does not end in .prom, which
 * node-exporter would read, and renamed.
 */

struct replace {
	const char *path;
	char *temporary;
	FILE *out;
};

/* False, with a message on standard error, when the folder cannot be written to. */
bool replace_open(struct replace *file, const char *path);

/* Puts the file in its place when good and when all was written; else removes it and leaves the
 * old one. False, with a message, unless the file is in its place. */
bool replace_close(struct replace *file, bool good);

#endif
