/* SPDX-License-Identifier: MIT */
#include "tools/inspect/firmware/table.h"

#include "tools/inspect/firmware/guids.h"

/* The reset vector's last bytes come after the table. */
#define AFTER_TABLE 0x20
#define ENTRY_MIN   (2 + FW_GUID_SIZE)

void fw_table_read(struct fw_table *table, struct bytes image, struct fw_lints *lints)
{
	char text[FW_GUID_TEXT];
	size_t end, start, length;

	memset(table, 0, sizeof(*table));
	if (image.size < AFTER_TABLE + ENTRY_MIN)
		return;
	end = image.size - AFTER_TABLE;
	if (!bytes_are(image, end - FW_GUID_SIZE, fw_guid_footer, FW_GUID_SIZE))
		return;
	table->present = true;
	table->offset = end;
	length = bytes_u16(image, end - ENTRY_MIN);
	if (length < ENTRY_MIN || length > end) {
		fw_lint_add(lints, FW_ERROR, "table-length", end - ENTRY_MIN,
			    "the GUID table's length is %zu; it counts the footer (%d bytes) and "
			    "everything before it, %zu bytes at most",
			    length, ENTRY_MIN, end);
		return;
	}
	start = end - length;
	end -= ENTRY_MIN;
	table->offset = start;
	while (end > start) {
		struct fw_entry *entry = &table->entry[table->count];

		length = end - start >= ENTRY_MIN ? bytes_u16(image, end - ENTRY_MIN) : 0;
		if (length < ENTRY_MIN || length > end - start) {
			fw_lint_add(lints, FW_ERROR, "table-entry", end,
				    "the GUID table's entry that ends here has a length of %zu; "
				    "right is %d to the %zu bytes that are left of the table",
				    length, ENTRY_MIN, end - start);
			return;
		}
		if (table->count == FW_ENTRIES_MAX) {
			fw_lint_add(lints, FW_WARNING, "table-entries", end,
				    "the GUID table has more than %d entries; the rest is not read",
				    FW_ENTRIES_MAX);
			return;
		}
		entry->guid = image.data + end - FW_GUID_SIZE;
		entry->offset = end - length;
		entry->data = bytes_part(image, end - length, length - ENTRY_MIN);
		if (fw_table_find(table, entry->guid))
			fw_lint_add(lints, FW_WARNING, "table-twice", entry->offset,
				    "the GUID table has a second entry %s; hosts use the last one",
				    fw_guid_text(text, entry->guid));
		table->count++;
		end -= length;
	}
}

const struct fw_entry *fw_table_find(const struct fw_table *table, const uint8_t *guid)
{
	for (size_t i = 0; i < table->count; i++)
		if (!memcmp(table->entry[i].guid, guid, FW_GUID_SIZE))
			return &table->entry[i];
	return NULL;
}

bool fw_table_place(const struct fw_table *table, struct bytes image, const uint8_t *guid,
		    const char *name, uint64_t *offset, struct fw_lints *lints)
{
	const struct fw_entry *entry = fw_table_find(table, guid);
	uint32_t distance;

	if (!entry)
		return false;
	if (entry->data.size != 4) {
		fw_lint_add(lints, FW_ERROR, "table-data", entry->offset,
			    "the GUID table's entry for %s has %zu bytes of data; right is 4, the "
			    "distance from the end of the image",
			    name, entry->data.size);
		return false;
	}
	distance = bytes_u32(entry->data, 0);
	if (!distance || distance > image.size) {
		fw_lint_add(lints, FW_ERROR, "table-distance", entry->offset,
			    "%s is to lie 0x%x bytes before the end of the image, which has 0x%zx",
			    name, distance, image.size);
		return false;
	}
	*offset = image.size - distance;
	return true;
}
