/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_FIRMWARE_WALK_H
#define TOOLS_INSPECT_FIRMWARE_WALK_H

#include "tools/inspect/firmware/volume.h"

/* A walk that is under way. */
struct fw_walk {
	struct fw_volumes *volumes;
	struct fw_lints *lints;
	size_t items;
	unsigned depth;
	bool no_memory;
	/* Where offsets are counted from: the file, or what a section of it was unpacked to. */
	const uint8_t *base;
	bool packed;
	uint64_t packed_at;
};

/* Of the file that is being read. */
struct fw_file {
	const uint8_t *guid;
	uint8_t type;
	size_t first_module;	/* of those that it holds */
	bool volume_inside;	/* what it holds are files of a volume, with names of their own */
	char name[FW_NAME_MAX]; /* of its user interface section, before or after the code */
};

/* The place of `at` in the file, for a lint. */
uint64_t fw_walk_offset(const struct fw_walk *walk, const uint8_t *at);

/* Counts something that cannot be looked into, with a lint. */
__attribute__((format(printf, 4, 5))) void fw_walk_gap(struct fw_walk *walk, const uint8_t *at,
						       const char *name, const char *format, ...);

/* False, once with a lint: the limit of depth or of items has been reached. */
bool fw_walk_enter(struct fw_walk *walk, const uint8_t *at);
void fw_walk_leave(struct fw_walk *walk);

/* A volume that begins where `bytes` does, and ends at most where they end. Its size; 0: none. */
size_t fw_walk_volume(struct fw_walk *walk, struct bytes bytes);

/* The sections of a file, one after the other. */
void fw_walk_sections(struct fw_walk *walk, struct bytes bytes, struct fw_file *file);

#endif
