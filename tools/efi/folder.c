/* SPDX-License-Identifier: MIT */
/* An EFI system partition that is mounted. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/common/words.h"
#include "tools/efi/esp.h"

static bool fail(const char *path)
{
	fprintf(stderr, "cvmem efi: %s: %s\n", path, strerror(errno));
	return false;
}

/* The name as the folder has it, which may be in another case; as it is given, if there is none. */
static char *name_in(const char *folder, const char *name, size_t length)
{
	char *found = text_of("%.*s", (int)length, name);
	DIR *directory = opendir(folder);
	struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		if (strcasecmp(entry->d_name, found))
			continue;
		free(found);
		found = text_of("%s", entry->d_name);
		break;
	}
	if (directory)
		closedir(directory);
	return found;
}

static char *resolve(const struct esp *esp, const char *path)
{
	char *full = text_of("%s", esp->path);

	while (*path) {
		size_t length = strcspn(path, "/");
		char *name = name_in(full, path, length), *longer = text_of("%s/%s", full, name);

		free(name);
		free(full);
		full = longer;
		path += length;
		path += strspn(path, "/");
	}
	return full;
}

static struct esp_file folder_read(struct esp *esp, const char *path)
{
	char *full = resolve(esp, path);
	struct esp_file file = esp_file_of(full);

	if (!file.data && errno != ENOENT && errno != ENOTDIR) {
		fail(full);
		esp->failed = true;
	}
	free(full);
	return file;
}

static bool write_all(int to, struct esp_file file)
{
	size_t written = 0;

	while (written < file.size) {
		ssize_t count = write(to, file.data + written, file.size - written);

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return false;
		written += (size_t)count;
	}
	return !fsync(to);
}

/* So that the name is on the disk as well. */
static void sync_folder(const char *path)
{
	char *folder = text_of("%.*s", (int)(strrchr(path, '/') - path), path);
	int opened = open(folder, O_RDONLY | O_DIRECTORY);

	if (opened >= 0) {
		fsync(opened);
		close(opened);
	}
	free(folder);
}

static bool folder_write(struct esp *esp, const char *path, struct esp_file file)
{
	char *full = resolve(esp, path), *temporary = text_of("%s.cvmem-new", full);
	int to = open(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	bool good = to >= 0 && write_all(to, file);

	if (to >= 0 && close(to))
		good = false;
	good = good && !rename(temporary, full);
	if (good) {
		sync_folder(full);
	} else {
		fail(full);
		unlink(temporary);
	}
	free(temporary);
	free(full);
	return good;
}

static bool folder_remove(struct esp *esp, const char *path)
{
	char *full = resolve(esp, path);
	bool good = !unlink(full) || errno == ENOENT || fail(full);

	sync_folder(full);
	free(full);
	return good;
}

static bool folder_make(struct esp *esp, const char *path)
{
	char *full = resolve(esp, path);
	bool good = !mkdir(full, 0755) || errno == EEXIST || fail(full);

	free(full);
	return good;
}

static void folder_remove_folder(struct esp *esp, const char *path)
{
	char *full = resolve(esp, path);

	rmdir(full);
	free(full);
}

static bool folder_close(struct esp *esp, bool keep)
{
	(void)esp;
	(void)keep;
	return true;
}

bool esp_open_folder(const char *path, struct esp *esp)
{
	static const struct esp_type type = { folder_read, folder_write,	 folder_remove,
					      folder_make, folder_remove_folder, folder_close };

	(void)path;
	esp->type = &type;
	return true;
}
