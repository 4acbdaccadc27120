/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_MAPFILE_BINMAP_H
#define TOOLS_MAPFILE_BINMAP_H

#include "tools/mapfile/read.h"

/*
 * Binary tables have no magic number. A table is recognised when its size is a whole number of
 * entries, every type is defined, no entry is empty or goes beyond 2^52, at least one is RAM, and
 * (EFI) the padding is zero and every start is 4 KiB aligned. Both kinds have a zero byte within
 * the first entry; a text has not.
 */
enum map_format binmap_detect(const unsigned char *data, size_t size, size_t *efi_desc_size);

void binmap_read_e820(struct map_file *file, const unsigned char *data, size_t size);

/* desc_size 0: detect it. */
void binmap_read_efi(struct map_file *file, const unsigned char *data, size_t size,
		     size_t desc_size);

#endif
