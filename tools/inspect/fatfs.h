/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_FATFS_H
#define TOOLS_INSPECT_FATFS_H

#include "tools/inspect/inspect.h"

/*
 * Reading FAT12, FAT16 and FAT32, after Microsoft's "FAT: General Overview of On-Disk Format" 1.03.
 * No content can make it loop: it follows a file for as many clusters as its size needs, and a
 * directory for FAT_DIRECTORY bytes.
 */
struct fat {
	struct bytes bytes;
	unsigned int bits; /* 12, 16 or 32 */
	uint64_t table;	   /* offset of the first file allocation table, in bytes */
	uint64_t root;	   /* offset of the root directory, FAT12 and FAT16 */
	uint64_t root_size;
	uint32_t root_cluster; /* FAT32 */
	uint64_t data;	       /* offset of cluster 2 */
	uint64_t cluster_size;
	uint32_t clusters; /* their numbers are below this */
};

struct fat_entry {
	char name[256]; /* characters that are not ASCII are '?' */
	bool directory;
	uint32_t cluster, size;
};

/* The content of a file or directory; its memory is freed by inspect_free(). */
struct fat_content {
	struct bytes bytes;
	uint8_t *memory;
	uint64_t room;
};

#define FAT_DIRECTORY (2u << 20)

/* False: not a FAT file system. */
bool fat_open(struct bytes bytes, struct fat *fat);

/* NULL: the root. False: the image has a note. */
bool fat_read(struct inspect_limits *limits, struct inspect_image *image, const struct fat *fat,
	      const struct fat_entry *entry, struct fat_content *content);

/* The next entry of a directory's content from *at on, which moves; false: the end. */
bool fat_next(struct bytes directory, uint64_t *at, struct fat_entry *entry);

/*
 * Finds "\EFI\BOOT\BOOTX64.EFI", also written with slashes, in any case. False: there is none,
 * which adds no note.
 */
bool fat_find(struct inspect_limits *limits, struct inspect_image *image, const struct fat *fat,
	      const char *path, struct fat_entry *entry);

#endif
