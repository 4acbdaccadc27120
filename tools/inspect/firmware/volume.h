/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_FIRMWARE_VOLUME_H
#define TOOLS_INSPECT_FIRMWARE_VOLUME_H

#include "tools/inspect/firmware/keys.h"
#include "tools/inspect/firmware/lint.h"
#include "tools/inspect/firmware/module.h"
#include "tools/inspect/firmware/version.h"

/*
 * Firmware volumes (PI specification, volume 3): a volume holds files, a file holds sections, and a
 * section may be packed, or contain sections or a volume.
 *
 * A walk ends on any input: it goes FW_DEPTH_MAX levels deep, visits FW_ITEMS_MAX files and
 * sections, and unpacks FW_UNPACKED_MAX bytes, in total. `gaps` counts what was left out: an answer
 * that depends on the absence of something is then unknown.
 */
#define FW_DEPTH_MAX	16
#define FW_ITEMS_MAX	20000
#define FW_UNPACKED_MAX ((size_t)160 << 20)
#define FW_MODULES_MAX	2000

struct fw_volumes {
	size_t count;	     /* volumes, nested ones included */
	size_t stores;	     /* volumes with variables */
	size_t code;	     /* volumes with files */
	uint64_t store_size; /* of the first volume with variables */
	size_t gaps;	     /* places that could not be read */
	size_t unpacked;     /* bytes */
	size_t files;
	struct fw_keys keys;	      /* of the first volume with variables */
	bool secure_boot;	      /* a driver of Secure Boot's is among them */
	bool needs_smm;		      /* one that runs in system management mode alone */
	char version[FW_VERSION_MAX]; /* "": not known */
	size_t module_count;
	struct fw_module *module; /* FW_MODULES_MAX at most */
};

/*
 * Finds every volume of an image. False: no memory. Call fw_volumes_free() with either result.
 * Offsets of lints within packed sections are those of the outermost packed section in the file.
 */
bool fw_volumes_read(struct fw_volumes *volumes, struct bytes image, struct fw_lints *lints);
void fw_volumes_free(struct fw_volumes *volumes);

#endif
