/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_PARTITIONS_H
#define TOOLS_INSPECT_PARTITIONS_H

#include "tools/inspect/volume.h"

/* The file systems of a disk's partitions, whatever table they are in. */
struct partitions {
	struct bytes bytes; /* the disk */
	struct volume volume[VOLUMES];
	size_t volumes;
	bool system; /* there is an EFI system partition */
};

/* NULL: no memory. */
struct partitions *partitions_new(struct bytes bytes);

/*
 * Opens the file system of a partition. A partition with a name is one that firmware or a loader
 * reads: without FAT in it, it is an error.
 */
void partitions_add(struct partitions *partitions, struct inspect_image *image, unsigned int number,
		    const char *name, uint64_t offset, uint64_t size);

/* What boots from them; frees them. */
void partitions_look(struct inspect_limits *limits, struct partitions *partitions,
		     struct inspect_image *image);

#endif
