/* SPDX-License-Identifier: MIT */
#include "formats/guid_table.h"

/* The reset vector's code comes after the table. */
#define RESET_VECTOR 0x20

static const uint8_t footer[GUID_SIZE] = GUID(0x96b582de, 0x1fb2, 0x45f7, 0xbaea, 0xa366c55a082d);

static enum guid_table_error fail(struct guid_table *table, enum guid_table_error error,
				  size_t length)
{
	table->bad_length = length;
	table->error = error;
	return error;
}

enum guid_table_error guid_table_open(struct guid_table *table, struct bytes image)
{
	size_t end, length;

	*table = (struct guid_table){ .image = image };
	if (image.size < RESET_VECTOR + GUID_TABLE_ENTRY_MIN)
		return fail(table, GUID_TABLE_ABSENT, 0);
	end = image.size - RESET_VECTOR;
	if (!bytes_are(image, end - GUID_SIZE, footer, GUID_SIZE))
		return fail(table, GUID_TABLE_ABSENT, 0);
	table->start = table->at = end;
	length = bytes_u16(image, end - GUID_TABLE_ENTRY_MIN);
	if (length < GUID_TABLE_ENTRY_MIN || length > end)
		return fail(table, GUID_TABLE_BAD_LENGTH, length);
	table->start = end - length;
	table->at = end - GUID_TABLE_ENTRY_MIN;
	return GUID_TABLE_OK;
}

size_t guid_table_image_size(struct bytes bytes)
{
	const uint8_t *at;
	size_t end = 0;

	while ((at = bytes_find(bytes_part(bytes, end, bytes.size - end), footer, GUID_SIZE)))
		end = (size_t)(at - bytes.data) + GUID_SIZE;
	return end ? end + RESET_VECTOR : 0;
}

bool guid_table_next(struct guid_table *table, struct guid_table_entry *entry)
{
	size_t left = table->at - table->start, length;

	if (table->error || !left)
		return false;
	length = left < GUID_TABLE_ENTRY_MIN
			 ? 0
			 : bytes_u16(table->image, table->at - GUID_TABLE_ENTRY_MIN);
	if (length < GUID_TABLE_ENTRY_MIN || length > left) {
		fail(table, GUID_TABLE_BAD_ENTRY, length);
		return false;
	}
	entry->guid = table->image.data + table->at - GUID_SIZE;
	entry->offset = table->at - length;
	entry->data = bytes_part(table->image, entry->offset, length - GUID_TABLE_ENTRY_MIN);
	table->at = entry->offset;
	return true;
}

bool guid_table_find(struct bytes image, const uint8_t *guid, struct guid_table_entry *entry)
{
	struct guid_table table;

	if (guid_table_open(&table, image))
		return false;
	while (guid_table_next(&table, entry))
		if (!memcmp(entry->guid, guid, GUID_SIZE))
			return true;
	return false;
}

enum guid_table_place guid_table_place(struct bytes image, const uint8_t *guid,
				       struct guid_table_entry *entry, size_t *offset)
{
	uint32_t distance;

	if (!guid_table_find(image, guid, entry))
		return GUID_TABLE_PLACE_ABSENT;
	if (entry->data.size != 4)
		return GUID_TABLE_PLACE_DATA;
	distance = le_get32(entry->data.data);
	if (!distance || distance > image.size)
		return GUID_TABLE_PLACE_OUTSIDE;
	*offset = image.size - distance;
	return GUID_TABLE_PLACE_OK;
}
