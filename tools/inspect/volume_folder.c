/* SPDX-License-Identifier: MIT */
/* A folder such as /boot, as if it were the root of a file system. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tools/inspect/file.h"
#include "tools/inspect/volume.h"

/*
 * The path within the folder, of which a loader may name any case. Names are compared one by one,
 * so that "\EFI\BOOT\BOOTX64.EFI" finds "efi/boot/bootx64.efi" as FAT would.
 */
static bool find_name(const char *folder, const char *name, size_t length, char *found, size_t size)
{
	DIR *directory = opendir(folder);
	struct dirent *entry;
	bool exact = false, any = false;

	while (directory && !exact && (entry = readdir(directory))) {
		if (strlen(entry->d_name) != length || strncasecmp(entry->d_name, name, length))
			continue;
		exact = !strncmp(entry->d_name, name, length);
		if (exact || !any)
			snprintf(found, size, "%s", entry->d_name);
		any = true;
	}
	if (directory)
		closedir(directory);
	return any;
}

static bool make_path(const struct volume *volume, const char *path, char *full, size_t size)
{
	size_t used = (size_t)snprintf(full, size, "%s", volume->folder);

	while (*path) {
		size_t length;
		char name[256];

		path += strspn(path, "/\\");
		length = strcspn(path, "/\\");
		if (!length)
			break;
		/* A path of a file that is inspected must not leave the folder. */
		if (length >= sizeof(name) || (length == 2 && !strncmp(path, "..", 2)) ||
		    !find_name(full, path, length, name, sizeof(name)))
			return false;
		used += (size_t)snprintf(full + used, size - used, "/%s", name);
		if (used >= size)
			return false;
		path += length;
	}
	return true;
}

static bool find(struct inspect_limits *limits, struct inspect_image *image, struct volume *volume,
		 const char *path, struct volume_entry *entry)
{
	char full[4096];
	struct stat status;

	(void)limits;
	(void)image;
	if (!make_path(volume, path, full, sizeof(full)) || stat(full, &status))
		return false;
	/* Its path within the folder, so that it can be read. */
	if (strlen(full) - strlen(volume->folder) >= sizeof(entry->name))
		return false;
	snprintf(entry->name, sizeof(entry->name), "%.255s", full + strlen(volume->folder));
	entry->directory = S_ISDIR(status.st_mode);
	entry->id = 0;
	entry->size = (uint64_t)status.st_size;
	return entry->directory || S_ISREG(status.st_mode);
}

static bool read_entry(struct inspect_limits *limits, struct inspect_image *image,
		       struct volume *volume, const struct volume_entry *entry,
		       struct volume_content *content)
{
	char full[4096 + 256];
	struct inspect_file file;
	const char *error;

	snprintf(full, sizeof(full), "%s/%s", volume->folder, entry->name);
	if (!inspect_open(full, INSPECT_MEMORY, &file, &error)) {
		inspect_unreadable(image, "unreadable", "%s: %s", entry->name, error);
		return false;
	}
	content->memory = file.bytes.size ? inspect_alloc(limits, image, file.bytes.size) : NULL;
	if (content->memory) {
		content->room = file.bytes.size;
		content->bytes = (struct bytes){ content->memory, file.bytes.size };
		memcpy(content->memory, file.bytes.data, file.bytes.size);
	}
	inspect_close(&file);
	return content->memory || !entry->size;
}

static void list(struct inspect_limits *limits, struct inspect_image *image, struct volume *volume,
		 const struct volume_entry *directory,
		 void (*each)(void *context, const struct volume_entry *entry), void *context)
{
	char full[4096 + 256];
	struct dirent *found;
	DIR *opened;

	(void)limits;
	(void)image;
	snprintf(full, sizeof(full), "%s/%s", volume->folder, directory->name);
	opened = opendir(full);
	while (opened && (found = readdir(opened))) {
		struct volume_entry entry = { 0 };
		struct stat status;
		int size = snprintf(entry.name, sizeof(entry.name), "%s", found->d_name);

		if (size < 0 || (size_t)size >= sizeof(entry.name) || *found->d_name == '.' ||
		    fstatat(dirfd(opened), found->d_name, &status, 0))
			continue;
		entry.directory = S_ISDIR(status.st_mode);
		entry.size = (uint64_t)status.st_size;
		if (entry.directory || S_ISREG(status.st_mode))
			each(context, &entry);
	}
	if (opened)
		closedir(opened);
}

void volume_open_folder(const char *path, struct volume *volume)
{
	static const struct volume_type type = { find, read_entry, list, NULL };

	*volume = (struct volume){ .type = &type };
	snprintf(volume->folder, sizeof(volume->folder), "%.4000s", path);
}
