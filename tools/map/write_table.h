/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_MAP_WRITE_TABLE_H
#define TOOLS_MAP_WRITE_TABLE_H

#include <stdbool.h>
#include <cvmem/map.h>

/*
 * Write a map as a binary E820 table or EFI memory map to a file, or to the standard
 * output (output NULL), but never to a terminal. False after a message on stderr.
 */
bool write_table(const struct cvm_map *map, bool efi, const char *output);

#endif
