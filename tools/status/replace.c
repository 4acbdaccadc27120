/* SPDX-License-Identifier: MIT */
#include "tools/status/replace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool complain(const char *path)
{
	fprintf(stderr, "cvmem status: %s: %s\n", path, strerror(errno));
	return false;
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
	mode_t mask = umask(0);
	int fd;

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
	bool ok = good && !fflush(file->out) && !fsync(fileno(file->out));

	ok &= !fclose(file->out);
	ok = ok && !rename(file->temporary, file->path);
	if (!ok) {
		complain(file->path);
		unlink(file->temporary);
	}
	drop(file);
	return ok;
}
