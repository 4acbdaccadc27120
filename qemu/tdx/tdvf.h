/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_TDX_TDVF_H
#define CVMEM_QEMU_TDX_TDVF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a firmware image says about the memory it starts with: the TDVF metadata of the
 * TDX Virtual Firmware Design Guide, chapter 11, found through the table of GUIDs at the
 * image's end.
 */
enum tdvf_type {
	TDVF_BFV,
	TDVF_CFV,
	TDVF_TD_HOB,
	TDVF_TEMP_MEM,
};

struct tdvf_section {
	uint64_t gpa, size;
	uint32_t type;
	bool extend; /* attribute MR.EXTEND: its content is part of MRTD */
};

#define TDVF_MAX_SECTIONS 32

struct tdvf {
	struct tdvf_section section[TDVF_MAX_SECTIONS];
	unsigned count;
	const struct tdvf_section *hob; /* the one section of this type */
};

/* image: the last `size` bytes of the firmware, or all of it. NULL: read; else what is
 * wrong with it. */
const char *tdvf_parse(const uint8_t *image, size_t size, struct tdvf *tdvf);

#endif
