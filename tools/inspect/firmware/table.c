/* SPDX-License-Identifier: MIT */
#include "tools/inspect/firmware/table.h"

static bool has(const struct fw_table *table, const uint8_t *guid)
{
	for (size_t i = 0; i < table->count; i++)
		if (!memcmp(table->entry[i].guid, guid, GUID_SIZE))
			return true;
	return false;
}

static void lint_end(const struct guid_table *walk, struct fw_lints *lints)
{
	switch (walk->error) {
	case GUID_TABLE_BAD_LENGTH:
		fw_lint_add(lints, FW_ERROR, "table-length", walk->at - GUID_TABLE_ENTRY_MIN,
			    "the GUID table's length is %zu; it counts the footer (%d bytes) and "
			    "everything before it, %zu bytes at most",
			    walk->bad_length, GUID_TABLE_ENTRY_MIN, walk->at);
		break;
	case GUID_TABLE_BAD_ENTRY:
		fw_lint_add(lints, FW_ERROR, "table-entry", walk->at,
			    "the GUID table's entry that ends here has a length of %zu; "
			    "right is %d to the %zu bytes that are left of the table",
			    walk->bad_length, GUID_TABLE_ENTRY_MIN, walk->at - walk->start);
		break;
	default:
		break;
	}
}

void fw_table_read(struct fw_table *table, struct bytes image, struct fw_lints *lints)
{
	struct guid_table_entry entry;
	struct guid_table walk;
	char text[GUID_TEXT];
	size_t end;

	memset(table, 0, sizeof(*table));
	table->present = guid_table_open(&walk, image) != GUID_TABLE_ABSENT;
	table->offset = walk.start;
	for (end = walk.at; guid_table_next(&walk, &entry); end = walk.at) {
		if (table->count == FW_ENTRIES_MAX) {
			fw_lint_add(lints, FW_WARNING, "table-entries", end,
				    "the GUID table has more than %d entries; the rest is not "
				    "listed",
				    FW_ENTRIES_MAX);
			return;
		}
		if (has(table, entry.guid))
			fw_lint_add(lints, FW_WARNING, "table-twice", entry.offset,
				    "the GUID table has a second entry %s; hosts use the last one",
				    guid_text(text, entry.guid));
		table->entry[table->count++] = entry;
	}
	lint_end(&walk, lints);
}

void fw_table_lint_place(const struct metadata *metadata, struct bytes image, const char *name,
			 struct fw_lints *lints)
{
	const struct guid_table_entry *entry = &metadata->entry;

	switch (metadata->place) {
	case GUID_TABLE_PLACE_DATA:
		fw_lint_add(lints, FW_ERROR, "table-data", entry->offset,
			    "the GUID table's entry for %s has %zu bytes of data; right is 4, the "
			    "distance from the end of the image",
			    name, entry->data.size);
		break;
	case GUID_TABLE_PLACE_OUTSIDE:
		fw_lint_add(lints, FW_ERROR, "table-distance", entry->offset,
			    "%s is to lie 0x%x bytes before the end of the image, which has 0x%zx",
			    name, bytes_u32(entry->data, 0), image.size);
		break;
	default:
		break;
	}
}
