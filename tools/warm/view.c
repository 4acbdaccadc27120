/* SPDX-License-Identifier: MIT */
#include "tools/warm/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/number.h"
#include "tools/guest/tree.h"

#define WINDOW_NS UINT64_C(500000000)

static bool read_total(const char *root, uint64_t *total_us)
{
	char *text = tree_read(root, "/proc/pressure/memory");
	char *some = text ? strstr(text, "some ") : NULL;
	char *total = some ? strstr(some, "total=") : NULL;
	const char *rest;
	bool ok = total && number_start(total + strlen("total="), &rest, total_us);

	free(text);
	return ok;
}

double warm_pressure_now(struct warm_pressure *pressure, const char *root, uint64_t now_ns)
{
	uint64_t total, span_ns = now_ns - pressure->since_ns;

	if (!read_total(root, &total))
		return -1;
	if (!pressure->started) {
		*pressure = (struct warm_pressure){ true, now_ns, total, 0 };
	} else if (span_ns >= WINDOW_NS) {
		pressure->percent = (double)(total - pressure->total_us) * 1e5 / (double)span_ns;
		pressure->since_ns = now_ns;
		pressure->total_us = total;
	} else {
		/* A rise is reported before the window ends. */
		double least = (double)(total - pressure->total_us) * 1e5 / (double)WINDOW_NS;

		if (least > pressure->percent)
			pressure->percent = least;
	}
	return pressure->percent;
}

static uint64_t read_bytes(const char *root, const char *folder, const char *name)
{
	uint64_t value = UINT64_MAX;
	const char *rest;
	char *path, *text;

	if (asprintf(&path, "/sys/fs/cgroup%s/%s", folder, name) < 0)
		return value;
	text = tree_read(root, path);
	free(path);
	/* "max": no limit. */
	if (text && !number_start(text, &rest, &value))
		value = UINT64_MAX;
	free(text);
	return value;
}

static uint64_t room_in(const char *root, const char *folder)
{
	uint64_t max = read_bytes(root, folder, "memory.max");
	uint64_t high = read_bytes(root, folder, "memory.high");
	uint64_t limit = max < high ? max : high;
	uint64_t used;

	if (limit == UINT64_MAX)
		return UINT64_MAX;
	used = read_bytes(root, folder, "memory.current");
	return used < limit ? limit - used : 0;
}

/*
 * The path in version 2's line, "0::/folder": lines of version 1 may have the same text in a name.
 * "" for the root.
 */
static char *find_folder(char *text)
{
	static const char key[] = "0::/";
	char *line = text;

	while (line && strncmp(line, key, strlen(key)) != 0) {
		line = strchr(line, '\n');
		if (line)
			line++;
	}
	if (!line)
		return NULL;
	line += strlen("0::");
	*strchrnul(line, '\n') = '\0';
	if (!line[1])
		*line = '\0';
	return line;
}

uint64_t warm_group_room(const char *root)
{
	uint64_t room = UINT64_MAX;
	char *text = tree_read(root, "/proc/self/cgroup");
	char *folder = text ? find_folder(text) : NULL;
	char *slash = folder;

	/* The group's own folder, then each above. The root group has no limits, but in a container
	 * (cgroup_namespaces(7)) the group that looks like the root may have some. */
	while (slash) {
		uint64_t here = room_in(root, folder);

		room = here < room ? here : room;
		slash = strrchr(folder, '/');
		if (slash)
			*slash = '\0';
	}
	free(text);
	return room;
}
