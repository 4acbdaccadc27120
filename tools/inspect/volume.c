/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include "tools/inspect/volume.h"

/* Folders of loaders have a few dozen. */
#define MAX_LISTED 1024

void volume_close(struct volume *volume)
{
	if (volume->type && volume->type->close)
		volume->type->close(volume);
	volume->type = NULL;
}

bool volume_find(struct inspect_limits *limits, struct inspect_image *image, struct volume *volume,
		 const char *path, struct volume_entry *entry)
{
	return volume->type->find(limits, image, volume, path, entry);
}

bool volume_read(struct inspect_limits *limits, struct inspect_image *image, struct volume *volume,
		 const struct volume_entry *entry, struct volume_content *content)
{
	*content = (struct volume_content){ 0 };
	return volume->type->read(limits, image, volume, entry, content);
}

void volume_release(struct inspect_limits *limits, struct volume_content *content)
{
	inspect_free(limits, content->memory, content->room);
	*content = (struct volume_content){ 0 };
}

char *volume_text(struct inspect_limits *limits, struct inspect_image *image, struct volume *volume,
		  const char *path, size_t limit)
{
	struct volume_content content;
	struct volume_entry entry;
	char *text;

	if (!volume_find(limits, image, volume, path, &entry) || entry.directory ||
	    entry.size >= limit || !volume_read(limits, image, volume, &entry, &content))
		return NULL;
	text = malloc(content.bytes.size + 1);
	if (text) {
		if (content.bytes.size)
			memcpy(text, content.bytes.data, content.bytes.size);
		text[content.bytes.size] = 0;
	}
	volume_release(limits, &content);
	return text;
}

struct listing {
	struct volume_entry *entry;
	size_t count;
};

static void add(void *context, const struct volume_entry *entry)
{
	struct listing *listing = context;
	struct volume_entry *more;

	if (listing->count == MAX_LISTED)
		return;
	more = reallocarray(listing->entry, listing->count + 1, sizeof(*more));
	if (!more)
		return;
	listing->entry = more;
	more[listing->count++] = *entry;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct volume_entry *)a)->name,
		      ((const struct volume_entry *)b)->name);
}

struct volume_entry *volume_list(struct inspect_limits *limits, struct inspect_image *image,
				 struct volume *volume, const char *path, size_t *count)
{
	struct listing listing = { 0 };
	struct volume_entry directory;

	*count = 0;
	if (!volume_find(limits, image, volume, path, &directory) || !directory.directory)
		return NULL;
	volume->type->list(limits, image, volume, &directory, add, &listing);
	/* In the order of a menu, whatever order the file system has. */
	if (listing.count)
		qsort(listing.entry, listing.count, sizeof(*listing.entry), by_name);
	*count = listing.count;
	return listing.entry;
}
