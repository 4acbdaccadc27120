/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_VOLUME_H
#define TOOLS_INSPECT_VOLUME_H

#include "tools/inspect/fatfs.h"

/* A file system that something boots from: FAT, ext2 to ext4, or a folder of this machine. */

struct volume_entry {
	char name[256];
	bool directory;
	uint64_t id, size; /* id: its meaning is the file system's */
};

/* The content of a file; freed by volume_release(). */
struct volume_content {
	struct bytes bytes;
	uint8_t *memory;
	uint64_t room;
};

struct volume;

struct volume_type {
	bool (*find)(struct inspect_limits *limits, struct inspect_image *image,
		     struct volume *volume, const char *path, struct volume_entry *entry);
	bool (*read)(struct inspect_limits *limits, struct inspect_image *image,
		     struct volume *volume, const struct volume_entry *entry,
		     struct volume_content *content);
	/* Calls `each` for the entries of a directory. */
	void (*list)(struct inspect_limits *limits, struct inspect_image *image,
		     struct volume *volume, const struct volume_entry *directory,
		     void (*each)(void *context, const struct volume_entry *entry), void *context);
	void (*close)(struct volume *volume);
};

struct volume {
	const struct volume_type *type;
	const char *name; /* "EFI system partition", "partition 2" */
	char prefix[64];  /* before the paths of its images, where a disk has several */
	bool system;	  /* firmware reads it: FAT */
	struct fat fat;
	void *handle; /* of ext2 to ext4 */
	char folder[4096];
};

/* What a disk has at most of them. */
#define VOLUMES 16

/* False: the bytes are no such file system. */
bool volume_open_fat(struct bytes bytes, struct volume *volume);
bool volume_open_ext(struct bytes bytes, struct volume *volume);
void volume_open_folder(const char *path, struct volume *volume);
void volume_close(struct volume *volume);

/*
 * Finds "\EFI\BOOT\BOOTX64.EFI", also written with slashes. False: there is none, which adds no
 * note.
 */
bool volume_find(struct inspect_limits *limits, struct inspect_image *image, struct volume *volume,
		 const char *path, struct volume_entry *entry);
/* False: the image has a note. */
bool volume_read(struct inspect_limits *limits, struct inspect_image *image, struct volume *volume,
		 const struct volume_entry *entry, struct volume_content *content);
void volume_release(struct inspect_limits *limits, struct volume_content *content);

/* A text of at most `limit` bytes with 0 behind it, for the caller to free; NULL: there is none. */
char *volume_text(struct inspect_limits *limits, struct inspect_image *image, struct volume *volume,
		  const char *path, size_t limit);

/* The entries of a folder, sorted by name; for the caller to free. NULL: there are none. */
struct volume_entry *volume_list(struct inspect_limits *limits, struct inspect_image *image,
				 struct volume *volume, const char *path, size_t *count);

#endif
