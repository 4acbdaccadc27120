/* SPDX-License-Identifier: MIT */
#include "tools/status/replace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/common/replaceable.h"

static bool complain(const char *path)
{
	fprintf(stderr, "cvmem status: %s: %s\n", path, strerror(errno));
	return false;
}

static bool open_in_place(struct replace *file, const char *path)
{
	*file = (struct replace){ .path = path, .out = fopen(path, "w") };
	return file->out || complain(path);
}

static void drop(struct replace *file)
{
	free(file->temporary);
	*file = (struct replace){ 0 };
}

bool replace_open(struct replace *file, const char *path)
{
	const char *slash = strrchr(path, '/');
	int folder = slash ? (int)(slash + 1 - path) : 0;
	mode_t mask;
	int fd;

	if (!path_is_replaceable(path))
		return open_in_place(file, path);
	mask = umask(0);
	umask(mask);
	*file = (struct replace){ .path = path };
	if (asprintf(&file->temporary, "%.*s.%s.XXXXXX", folder, path, path + folder) < 0)
		return complain(path);
	fd = mkstemp(file->temporary);
	if (fd >= 0 && !fchmod(fd, 0666 & ~mask))
		file->out = fdopen(fd, "w");
	if (file->out)
		return true;
	complain(path);
	if (fd >= 0) {
		close(fd);
		unlink(file->temporary);
	}
	drop(file);
	return false;
}

bool replace_close(struct replace *file, bool good)
{
	bool ok = good && !fflush(file->out) && (!file->temporary || !fsync(fileno(file->out)));

	ok &= !fclose(file->out);
	if (file->temporary)
		ok = ok && !rename(file->temporary, file->path);
	if (!ok)
		complain(file->path);
	if (!ok && file->temporary)
		unlink(file->temporary);
	drop(file);
	return ok;
}
