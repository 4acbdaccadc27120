/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include "tools/inspect/volume.h"

static void to_volume(const struct fat_entry *from, struct volume_entry *to)
{
	snprintf(to->name, sizeof(to->name), "%s", from->name);
	to->directory = from->directory;
	to->id = from->cluster;
	to->size = from->size;
}

static void to_fat(const struct volume_entry *from, struct fat_entry *to)
{
	snprintf(to->name, sizeof(to->name), "%s", from->name);
	to->directory = from->directory;
	to->cluster = (uint32_t)from->id;
	to->size = (uint32_t)from->size;
}

static bool find(struct inspect_limits *limits, struct inspect_image *image, struct volume *volume,
		 const char *path, struct volume_entry *entry)
{
	struct fat_entry found;

	if (!fat_find(limits, image, &volume->fat, path, &found))
		return false;
	to_volume(&found, entry);
	return true;
}

static bool read(struct inspect_limits *limits, struct inspect_image *image, struct volume *volume,
		 const struct volume_entry *entry, struct volume_content *content)
{
	struct fat_content from;
	struct fat_entry file;

	to_fat(entry, &file);
	if (!fat_read(limits, image, &volume->fat, &file, &from))
		return false;
	*content = (struct volume_content){ from.bytes, from.memory, from.room };
	return true;
}

static void list(struct inspect_limits *limits, struct inspect_image *image, struct volume *volume,
		 const struct volume_entry *directory,
		 void (*each)(void *context, const struct volume_entry *entry), void *context)
{
	struct volume_content content;
	struct volume_entry entry;
	struct fat_entry found;
	uint64_t at = 0;

	if (!volume_read(limits, image, volume, directory, &content))
		return;
	while (fat_next(content.bytes, &at, &found)) {
		to_volume(&found, &entry);
		each(context, &entry);
	}
	volume_release(limits, &content);
}

bool volume_open_fat(struct bytes bytes, struct volume *volume)
{
	static const struct volume_type type = { find, read, list, NULL };

	*volume = (struct volume){ .type = &type, .system = true };
	return fat_open(bytes, &volume->fat);
}
