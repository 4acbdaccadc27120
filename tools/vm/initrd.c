/* SPDX-License-Identifier: MIT */
#include "tools/vm/initrd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct member {
	const char *name;
	unsigned mode;
	const char *data;
	size_t size;
};

static void pad(FILE *out, size_t length)
{
	for (; length % 4; length++)
		putc(0, out);
}

static void write_member(FILE *out, const struct member *member, unsigned number)
{
	size_t name_size = strlen(member->name) + 1;
	const unsigned fields[13] = {
		[0] = number,
		[1] = member->mode,
		[4] = 1, /* link */
		[6] = (unsigned)member->size,
		[11] = (unsigned)name_size,
	};

	fputs("070701", out);
	for (unsigned i = 0; i < 13; i++)
		fprintf(out, "%08x", fields[i]);
	fwrite(member->name, 1, name_size, out);
	pad(out, 6 + 13 * 8 + name_size);
	fwrite(member->data, 1, member->size, out);
	pad(out, member->size);
}

/* The file's content, freed by the caller; NULL after a message. */
static char *read_all(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	char *data = NULL;
	struct stat stat;

	if (file && !fstat(fileno(file), &stat)) {
		*size = (size_t)stat.st_size;
		data = malloc(*size + 1);
		if (data && fread(data, 1, *size, file) != *size) {
			free(data);
			data = NULL;
		}
	}
	if (!data)
		fprintf(stderr, "cvmem vm: %s: %s\n", path, strerror(errno));
	if (file)
		fclose(file);
	return data;
}

static bool write_archive(const char *path, const struct member *members, unsigned count)
{
	FILE *out = fopen(path, "wb");
	bool ok = out;

	if (out) {
		for (unsigned i = 0; i < count; i++)
			write_member(out, &members[i], i + 1);
		ok = !ferror(out);
		ok &= !fclose(out);
	}
	if (!ok)
		fprintf(stderr, "cvmem vm: %s: %s\n", path, strerror(errno));
	return ok;
}

bool vm_initrd_write(const char *busybox, const char *init, const char *command, const char *path)
{
	size_t busybox_size = 0, init_size = 0;
	char *busybox_data = read_all(busybox, &busybox_size);
	char *init_data = busybox_data ? read_all(init, &init_size) : NULL;
	const struct member end = { "TRAILER!!!", 0, "", 0 };
	struct member members[7] = {
		{ "dev", S_IFDIR | 0755, "", 0 },
		{ "bin", S_IFDIR | 0755, "", 0 },
		{ "bin/busybox", S_IFREG | 0755, busybox_data, busybox_size },
		{ "bin/sh", S_IFLNK | 0777, "busybox", 7 },
		{ "init", S_IFREG | 0755, init_data, init_size },
	};
	unsigned count = 5;
	bool ok;

	if (command)
		members[count++] =
			(struct member){ "command", S_IFREG | 0644, command, strlen(command) };
	members[count++] = end;
	ok = init_data && write_archive(path, members, count);
	free(busybox_data);
	free(init_data);
	return ok;
}
