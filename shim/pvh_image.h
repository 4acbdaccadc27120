/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_SHIM_PVH_IMAGE_H
#define CVMEM_SHIM_PVH_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A kernel that is an ELF file with an entry for PVH, which comes from the host: System V ABI,
 * "Object Files"; Xen, public/elfnote.h, XEN_ELFNOTE_PHYS32_ENTRY. It is loaded at the physical
 * addresses of its program headers, and not moved.
 */

#define PVH_HEADER   64 /* bytes of the file's header */
#define PVH_SEGMENTS 16

struct pvh_segment {
	uint64_t address, memory_bytes; /* below 4 GiB */
	uint64_t offset, file_bytes;	/* the rest of the memory is zero */
};

struct pvh_image {
	uint32_t entry; /* in what the file has of a segment */
	unsigned count;
	struct pvh_segment segment[PVH_SEGMENTS];
};

/* The first PVH_HEADER bytes are those of an ELF file. */
bool pvh_image_is(const uint8_t *head);

/* The whole file. NULL: it is read; else what is wrong, which is said of "the kernel". */
const char *pvh_image_read(struct pvh_image *image, const uint8_t *file, size_t bytes);

/* All of its segments' memory. */
uint64_t pvh_image_memory(const struct pvh_image *image);

#endif
