/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tools/mapfile/alloc.h"
#include "tools/mapfile/binmap.h"
#include "tools/mapfile/log.h"
#include "tools/mapfile/memmap_dir.h"
#include "tools/mapfile/read.h"

/* Longer than any boot log; rejects a disk image given by mistake. */
#define MAX_FILE ((size_t)256 << 20)

static const char *packed(const unsigned char *data, size_t size)
{
	if (size >= 2 && data[0] == 0x1f && data[1] == 0x8b)
		return "gzip";
	if (size >= 6 && !memcmp(data,
				 "\xfd"
				 "7zXZ",
				 6))
		return "xz";
	if (size >= 4 && !memcmp(data, "\x28\xb5\x2f\xfd", 4))
		return "zstd";
	return NULL;
}

static void read_bytes(struct map_file *file, const void *data, size_t size, enum map_format format,
		       size_t efi_desc_size)
{
	bool any = format == MAP_FORMAT_AUTO;

	if (any && packed(data, size)) {
		maps_fail(file, "packed with %s: unpack it first", packed(data, size));
		return;
	}
	if (any)
		format = binmap_detect(data, size, &efi_desc_size);
	switch (format) {
	case MAP_FORMAT_TEXT:
		log_read(file, data, size);
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
	read_bytes(file, data, size, format, efi_desc_size);
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
		read_bytes(file, data, size, format, efi_desc_size);
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
