/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tools/mapfile/alloc.h"
#include "tools/mapfile/binmap.h"
#include "tools/mapfile/foreign.h"
#include "tools/mapfile/log.h"
#include "tools/mapfile/memmap_dir.h"
#include "tools/mapfile/plain.h"
#include "tools/mapfile/read.h"
#include "tools/mapfile/unpack.h"

/* Longer than any boot log; rejects a disk image given by mistake. */
#define MAX_FILE ((size_t)256 << 20)

/* A log of a log rotation may be packed again by who passes it on. */
#define MAX_PACKED 3

static void read_bytes(struct map_file *file, const void *data, size_t size, enum map_format format,
		       size_t efi_desc_size, int packed);

static void read_packed(struct map_file *file, const void *data, size_t size,
			enum map_format format, size_t efi_desc_size, int packed)
{
	const char *name = unpack_name(data, size);
	struct unpacked unpacked;

	if (packed == MAX_PACKED) {
		maps_fail(file, "packed more than %d times: unpack it first", MAX_PACKED);
		return;
	}
	unpack(data, size, MAX_FILE, &unpacked);
	if (unpacked.error && !unpacked.size)
		maps_fail(file, "packed with %s, and cannot be unpacked: %s", name, unpacked.error);
	if (!unpacked.error || unpacked.size)
		read_bytes(file, unpacked.data, unpacked.size, format, efi_desc_size, packed + 1);
	/* After reading, which may begin again and then forgets what was missed. */
	if (unpacked.error && unpacked.size)
		maps_miss(file, 0, "packed with %s, and only %zu bytes could be unpacked: %s", name,
			  unpacked.size, unpacked.error);
	free(unpacked.data);
	free(unpacked.error);
}

/* Zeros are what a crash leaves of a file that was not written to the disk yet. */
static bool is_empty(const unsigned char *data, size_t size)
{
	size_t i = 0;

	while (i < size && (!data[i] || data[i] == '\n'))
		i++;
	return i == size;
}

/* A log with a header of tar before it is read; what has no map in it as text is named. */
static void read_text(struct map_file *file, const void *data, size_t size, bool any)
{
	const char *foreign;

	if (is_empty(data, size)) {
		maps_fail(file, "no memory map: the file is empty");
		return;
	}
	log_read(file, data, size);
	foreign = any && !file->maps ? foreign_name(data, size) : NULL;
	if (foreign)
		maps_fail(file, "no memory map: %s", foreign);
}

static void read_bytes(struct map_file *file, const void *data, size_t size, enum map_format format,
		       size_t efi_desc_size, int packed)
{
	bool any = format == MAP_FORMAT_AUTO;

	if ((any || format == MAP_FORMAT_TEXT) && unpack_name(data, size)) {
		read_packed(file, data, size, format, efi_desc_size, packed);
		return;
	}
	if (any)
		format = plain_is_utf16(data, size) ? MAP_FORMAT_TEXT
						    : binmap_detect(data, size, &efi_desc_size);
	switch (format) {
	case MAP_FORMAT_TEXT:
		read_text(file, data, size, any);
		break;
	case MAP_FORMAT_E820:
		binmap_read_e820(file, data, size);
		break;
	case MAP_FORMAT_EFI:
		binmap_read_efi(file, data, size, efi_desc_size);
		break;
	case MAP_FORMAT_MEMMAP:
		maps_fail(file, "not a directory like /sys/firmware/memmap");
		break;
	case MAP_FORMAT_AUTO:
		maps_fail(file, "either an E820 table or an EFI memory map: say which, with "
				"--format e820 or --format efi");
		break;
	}
}

bool maps_read_bytes(const char *path, const void *data, size_t size, enum map_format format,
		     size_t efi_desc_size, struct map_file *file)
{
	maps_begin(file, path);
	read_bytes(file, data, size, format, efi_desc_size, 0);
	return maps_finish(file);
}

static void read_all(struct map_file *file, int fd, enum map_format format, size_t efi_desc_size)
{
	unsigned char *data = NULL;
	size_t size = 0, room = 0;
	ssize_t got;

	do {
		data = grow(data, &room, size + 65536, 1);
		got = read(fd, data + size, room - size);
		if (got > 0)
			size += (size_t)got;
	} while (size <= MAX_FILE && (got > 0 || (got < 0 && errno == EINTR)));
	if (got < 0)
		maps_fail(file, "%s", strerror(errno));
	else if (size > MAX_FILE)
		maps_fail(file, "longer than %zu MiB: not a log or a map", MAX_FILE >> 20);
	else
		read_bytes(file, data, size, format, efi_desc_size, 0);
	free(data);
}

bool maps_read(const char *path, enum map_format format, size_t efi_desc_size,
	       struct map_file *file)
{
	bool is_stdin = !strcmp(path, "-");
	struct stat status;
	int fd;

	maps_begin(file, path);
	fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status)) {
		maps_fail(file, "%s", strerror(errno));
	} else if (!S_ISDIR(status.st_mode)) {
		read_all(file, fd, format, efi_desc_size);
	} else if (format == MAP_FORMAT_AUTO || format == MAP_FORMAT_MEMMAP) {
		memmap_dir_read(file, path);
	} else {
		maps_fail(file, "%s", strerror(EISDIR));
	}
	if (fd >= 0 && !is_stdin)
		close(fd);
	return maps_finish(file);
}
