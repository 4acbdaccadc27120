/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/mapfile/log.h"
#include "tools/mapfile/memmap_dir.h"

/* Directories named by a number of at most nine digits. */
static int is_number(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length && length < 10 && strspn(entry->d_name, "0123456789") == length;
}

static int by_number(const struct dirent **a, const struct dirent **b)
{
	long first = strtol((*a)->d_name, NULL, 10), second = strtol((*b)->d_name, NULL, 10);

	return (first > second) - (first < second);
}

static bool read_text(int dir, const char *number, const char *name, char *text, size_t room)
{
	char path[NAME_MAX + 16];
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", number, name);
	fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	length = read(fd, text, room - 1);
	close(fd);
	if (length <= 0)
		return false;
	text[length] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return true;
}

static bool read_number(int dir, const char *number, const char *name, uint64_t *value)
{
	const char *at;
	char text[64];
	bool huge = false;

	if (!read_text(dir, number, name, text, sizeof(text)))
		return false;
	at = text;
	return log_hex(&at, value, &huge) && !huge && !*at;
}

static bool read_entry(int dir, const char *number, struct map_entry *entry)
{
	char type[64];
	size_t length;
	uint64_t last;

	*entry = (struct map_entry){ .number = (uint32_t)strtoul(number, NULL, 10), .type = 2 };
	if (!read_number(dir, number, "start", &entry->start) ||
	    !read_number(dir, number, "end", &last) ||
	    !read_text(dir, number, "type", type, sizeof(type)))
		return false;
	entry->type_known = log_e820_type(type, &entry->type, &length);
	entry->size = last - entry->start + 1;
	if (!entry->start && last == UINT64_MAX)
		entry->defect = MAP_DEFECT_HUGE;
	else if (last < entry->start)
		entry->defect = MAP_DEFECT_BACKWARD;
	return true;
}

static void read_entries(struct map_file *file, int dir, struct dirent **name, int count)
{
	struct map_info *map = NULL;

	for (int i = 0; i < count; i++) {
		struct map_entry entry;

		if (!read_entry(dir, name[i]->d_name, &entry)) {
			maps_miss_entry(file, &entry, "start, end or type cannot be read");
			continue;
		}
		if (!map)
			map = maps_new(file, MAP_MEMMAP, 0);
		maps_add(file, map, &entry);
	}
}

void memmap_dir_read(struct map_file *file, const char *path)
{
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), count;
	struct dirent **name;

	if (dir < 0) {
		maps_fail(file, "%s", strerror(errno));
		return;
	}
	count = scandirat(dir, ".", &name, is_number, by_number);
	if (count < 0) {
		maps_fail(file, "%s", strerror(errno));
		close(dir);
		return;
	}
	read_entries(file, dir, name, count);
	close(dir);
	for (int i = 0; i < count; i++)
		free(name[i]);
	free(name);
	if (!file->maps)
		maps_fail(file,
			  "no memory map: a directory must be like /sys/firmware/memmap, with "
			  "0/start, 0/end and 0/type");
}
