/* SPDX-License-Identifier: MIT */
#include "tools/vm/files.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/common/own_file.h"
#include "tools/common/words.h"

char *vm_cache(const char *path)
{
	const char *cache = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");

	/* The base directory specification: relative paths are ignored. */
	if (cache && cache[0] == '/')
		return text_of("%s/cvmem/vm/%s", cache, path);
	return text_of("%s/.cache/cvmem/vm/%s", home && *home ? home : "/var/tmp", path);
}

/* Takes ownership of path. */
static char *existing(char *path)
{
	if (!access(path, R_OK))
		return path;
	fprintf(stderr, "cvmem vm: %s: %s; build and install all of cvmem\n", path,
		strerror(errno));
	free(path);
	return NULL;
}

char *vm_script(const char *name)
{
	return existing(own_file("scripts", VM_INSTALLED_SCRIPTS, name));
}

char *vm_plugin(const char *name)
{
	return existing(own_file("qemu", VM_INSTALLED_LIBRARIES, name));
}

char *vm_shim(void)
{
	return existing(own_file("shim", VM_INSTALLED_LIBRARIES, "shim.rom"));
}

static bool fail(const char *path)
{
	fprintf(stderr, "cvmem vm: %s: %s\n", path, strerror(errno));
	return false;
}

static bool is_folder(const char *path)
{
	struct stat status;

	return !stat(path, &status) && S_ISDIR(status.st_mode);
}

bool vm_readable(const char *path)
{
	if (access(path, R_OK))
		return fail(path);
	errno = EISDIR;
	return !is_folder(path) || fail(path);
}

bool vm_writable(const char *path)
{
	char *copy;
	bool good;

	if (is_folder(path)) {
		errno = EISDIR;
		return fail(path);
	}
	if (!access(path, F_OK))
		return !access(path, W_OK) || fail(path);
	copy = text_of("%s", path);
	good = !access(dirname(copy), W_OK) || fail(path);
	free(copy);
	return good;
}
