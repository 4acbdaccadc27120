/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_EFI_ESP_H
#define TOOLS_EFI_ESP_H

#include <stdbool.h>
#include <stddef.h>

#include "tools/common/subcommand.h"

/*
 * An EFI system partition, of a disk image or mounted. Paths are "EFI/BOOT/BOOTX64.EFI", in any
 * case. Where false or NULL means that something failed, a message was printed.
 */
struct esp {
	const struct esp_type *type;
	const char *path; /* as the user named it */
	char *disk;	  /* the file that path leads to, by links as well; NULL: a folder */
	char *work;	  /* its copy, which takes its place at the end; or NULL */
	unsigned long long offset;
	bool failed; /* a read, other than that there is no such file; a message was printed */
};

struct esp_file {
	char *data; /* NULL: there is no such file */
	size_t size;
};

struct esp_type {
	struct esp_file (*read)(struct esp *esp, const char *path);
	/* The file is there, old or new, at any time. Its folder exists. */
	bool (*write)(struct esp *esp, const char *path, struct esp_file file);
	bool (*remove)(struct esp *esp, const char *path);
	bool (*make_folder)(struct esp *esp, const char *path);	  /* true if it is there already */
	void (*remove_folder)(struct esp *esp, const char *path); /* if it is empty */
	/* Ends: with keep, what was changed takes effect, as a whole on a disk. */
	bool (*close)(struct esp *esp, bool keep);
};

bool esp_open(const char *path, struct esp *esp);
bool esp_open_folder(const char *path, struct esp *esp);
bool esp_open_disk(const char *path, struct esp *esp);

/* All of a file of this machine. NULL data: errno. */
static inline struct esp_file esp_file_of(const char *path)
{
	struct esp_file file = { 0 };

	file.data = file_read(path, &file.size);
	return file;
}

#endif
