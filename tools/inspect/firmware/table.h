/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_FIRMWARE_TABLE_H
#define TOOLS_INSPECT_FIRMWARE_TABLE_H

#include "formats/metadata.h"
#include "tools/inspect/firmware/lint.h"

#define FW_ENTRIES_MAX 32

/* The GUID table's entries, for the report. */
struct fw_table {
	bool present;
	uint64_t offset; /* where it begins */
	size_t count;
	struct guid_table_entry entry[FW_ENTRIES_MAX];
};

/* Entries that cannot be read are not in *table; a lint names the reason. */
void fw_table_read(struct fw_table *table, struct bytes image, struct fw_lints *lints);

/* Adds a lint if the table's entry for this list, called `name`, gives no place in the image. */
void fw_table_lint_place(const struct metadata *metadata, struct bytes image, const char *name,
			 struct fw_lints *lints);

#endif
