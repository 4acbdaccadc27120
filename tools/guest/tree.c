/* SPDX-License-Identifier: MIT */
#include "tools/guest/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/common/number.h"

/* A record of the kernel's log has 8 KiB at most and must be read at once. */
enum { ROOM = 8192 + 1 };

/*
 * Files of proc and sysfs have no size for stat(). The end of the log is EAGAIN; EPIPE means that
 * records were overwritten.
 */
static char *read_all(int fd)
{
	size_t size = 2 * ROOM, used = 0;
	char *text = malloc(size);

	while (text) {
		ssize_t got = read(fd, text + used, size - used - 1);
		char *larger;

		if (got < 0 && (errno == EINTR || errno == EPIPE))
			continue;
		if (got < 0 && errno != EAGAIN)
			break;
		used += got < 0 ? 0 : (size_t)got;
		text[used] = '\0';
		if (got <= 0)
			return text;
		if (size - used >= ROOM)
			continue;
		size *= 2;
		larger = realloc(text, size);
		if (!larger)
			break;
		text = larger;
	}
	free(text);
	return NULL;
}

static char *path_below(const char *root, const char *path)
{
	char *full;

	return asprintf(&full, "%s%s", root, path) < 0 ? NULL : full;
}

char *tree_read(const char *root, const char *path)
{
	char *full = path_below(root, path), *text;
	int fd = full ? open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
	int error;

	free(full);
	if (fd < 0)
		return NULL;
	text = read_all(fd);
	error = errno;
	close(fd);
	errno = error;
	return text;
}

bool tree_has(const char *root, const char *path)
{
	char *full = path_below(root, path);
	bool yes = full && !access(full, F_OK);

	free(full);
	return yes;
}

bool tree_number(const char *text, const char *key, uint64_t *value)
{
	size_t length = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		const char *rest;

		line += *line == '\n';
		if (strncmp(line, key, length))
			continue;
		line += length;
		if (*line != ' ' && *line != '\t')
			continue;
		line += strspn(line, " \t");
		return number_start(line, &rest, value) && strchr(" \n", *rest);
	}
	return false;
}

bool tree_kilobytes(const char *text, const char *key, uint64_t *bytes)
{
	uint64_t value;

	if (!tree_number(text, key, &value) || value >> 54)
		return false;
	*bytes = value << 10;
	return true;
}
