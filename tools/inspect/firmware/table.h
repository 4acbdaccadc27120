/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_FW_TABLE_H
#define TOOLS_INSPECT_FW_TABLE_H

#include "tools/inspect/firmware/guids.h"
#include "tools/inspect/firmware/lint.h"

/*
 * The table of GUIDs at the end of a firmware image (OVMF: ResetVectorVtf0.asm; QEMU reads it in
 * hw/i386/pc_sysfw_ovmf.c). It ends 0x20 bytes before the image does and is read backwards. An
 * entry is its data, 16 bits that count all of it, and a GUID; the last entry, the footer,
 * has no data, and counts the whole table.
 */
struct fw_entry {
	const uint8_t *guid;
	struct bytes data;
	uint64_t offset; /* of the data in the image */
};

#define FW_ENTRIES_MAX 32

struct fw_table {
	bool present;
	uint64_t offset; /* where it begins */
	size_t count;
	struct fw_entry entry[FW_ENTRIES_MAX];
};

/* What a broken entry leaves unreadable is not in the table, and a lint. */
void fw_table_read(struct fw_table *table, struct bytes image, struct fw_lints *lints);

/* NULL: there is none. */
const struct fw_entry *fw_table_find(const struct fw_table *table, const uint8_t *guid);

/*
 * The data of the entry `guid`, which must be 32 bits (another size is a lint), taken as the
 * distance of a structure from the end of the image. False: no such entry, or no such place
 * (a lint). `offset` is the structure's place in the image.
 */
bool fw_table_place(const struct fw_table *table, struct bytes image, const uint8_t *guid,
		    const char *name, uint64_t *offset, struct fw_lints *lints);

#endif
