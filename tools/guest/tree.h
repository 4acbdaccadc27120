/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_GUEST_TREE_H
#define TOOLS_GUEST_TREE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The files of a running kernel, below a root: "" for this machine, a folder for a copy in tests.
 * Paths begin with "/".
 */

/* The text of a file, for the caller to free; NULL when it is missing or cannot be read (errno). */
char *tree_read(const char *root, const char *path);

/* Whether something has that path. */
bool tree_has(const char *root, const char *path);

/*
 * The number behind a word at the begin of a line: "Unaccepted:  12 kB", "nr_unaccepted 3",
 * "Node 0 MemTotal:  4 kB" with the key "Node 0 MemTotal:". False when no line begins so, or no
 * number follows.
 */
bool tree_number(const char *text, const char *key, uint64_t *value);

/* The bytes of such a line that counts in kB. False as above, and when they exceed 64 bits. */
bool tree_kilobytes(const char *text, const char *key, uint64_t *bytes);

#endif
