/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_SHIM_LINUX_IMAGE_H
#define CVMEM_SHIM_LINUX_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A bzImage, which comes from the host: Linux, Documentation/arch/x86/boot.rst. */

/* Of the setup header, in boot_params as in the file. */
#define LINUX_HEADER	 0x1f1
#define LINUX_HEADER_MAX 0x290 /* where boot_params has something else */

struct linux_image {
	const char *version; /* NULL: it has none; at most version_bytes without a zero */
	size_t version_bytes;
	uint32_t header_end; /* in the file */
	uint32_t alignment;
	uint32_t initrd_max;  /* the highest address that an initrd may use */
	uint32_t cmdline_max; /* bytes, without the zero */
	uint64_t preferred, init_size;
	bool relocatable;
};

/* The real-mode part's size, from the file's first 512 bytes: setup_sects of the header, where 0
 * means 4, and the boot sector. */
size_t linux_image_setup_bytes(const uint8_t *setup);

/* The real-mode part, of bytes, which must be what its header says: the rest of the file is loaded
 * from there on, and entered at a fixed offset. NULL: it is read; else what is wrong, which is said
 * of "the kernel". */
const char *linux_image_read(struct linux_image *image, const uint8_t *setup, size_t bytes);

/*
 * Does the kernel take unaccepted memory? Judged from the part that is not compressed by the signs
 * that `cvmem inspect` knows of a stub: its message about the table of unaccepted memory, or the
 * table's GUID, whole or in pieces of 4 bytes in its code.
 */
bool linux_image_accepts(const uint8_t *image, size_t bytes);

#endif
