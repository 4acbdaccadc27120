/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_FIRMWARE_WALK_H
#define TOOLS_INSPECT_FIRMWARE_WALK_H

#include "tools/inspect/firmware/volume.h"

/* The state of a walk. */
struct fw_walk {
	struct fw_volumes *volumes;
	struct fw_lints *lints;
	size_t items;
	unsigned depth;
	bool no_memory;
	/* Offsets count from here: the file, or the unpacked content of a section. */
	const uint8_t *base;
	bool packed;
	uint64_t packed_at;
};

/* The file that is being read. */
struct fw_file {
	const uint8_t *guid;
	uint8_t type;
	size_t first_module;	/* index of its first module */
	bool volume_inside;	/* its modules are files of a volume, and have their own names */
	char name[FW_NAME_MAX]; /* from its user interface section, before or after the code */
};

/* The offset of `at` in the file, for a lint. */
uint64_t fw_walk_offset(const struct fw_walk *walk, const uint8_t *at);

/* Counts a place that cannot be read, and adds a lint. */
__attribute__((format(printf, 4, 5))) void fw_walk_gap(struct fw_walk *walk, const uint8_t *at,
						       const char *name, const char *format, ...);

/* False: the limit of depth or of items is reached; a lint reports it once. */
bool fw_walk_enter(struct fw_walk *walk, const uint8_t *at);
void fw_walk_leave(struct fw_walk *walk);

/* Reads the volume at the start of `bytes`. Returns its size; 0: there is none. */
size_t fw_walk_volume(struct fw_walk *walk, struct bytes bytes);

/* Reads the sections of a file. */
void fw_walk_sections(struct fw_walk *walk, struct bytes bytes, struct fw_file *file);

#endif
