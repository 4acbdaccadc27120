/* SPDX-License-Identifier: MIT */
#include "tools/vm/files.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/vm/words.h"

#define PLUGIN "cvmem.so"

char *vm_cache(const char *path)
{
	const char *cache = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");

	/* The base directory specification: relative paths are ignored. */
	if (cache && cache[0] == '/')
		return text_of("%s/cvmem/vm/%s", cache, path);
	return text_of("%s/.cache/cvmem/vm/%s", home && *home ? home : "/var/tmp", path);
}

/* The folder of this program. */
static char *own_folder(void)
{
	char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *slash;

	if (length < 0)
		return text_of(".");
	path[length] = '\0';
	slash = strrchr(path, '/');
	*slash = '\0';
	return text_of("%s", path);
}

static bool is_build_folder(const char *folder)
{
	char *file = text_of("%s/build.ninja", folder);
	bool yes = !access(file, F_OK);

	free(file);
	return yes;
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

/* A path without its "..", when the file is there. Takes path over. */
static char *shortened(char *path)
{
	char *real = realpath(path, NULL);

	if (!real)
		return path;
	free(path);
	return real;
}

/*
 * A file in a folder of this program's folder: one where it was built, another where it is
 * installed, which may be an absolute path.
 */
static char *own_file(const char *in_build, const char *installed, const char *name)
{
	char *own = own_folder();
	const char *folder = is_build_folder(own) ? in_build : installed;
	char *path = folder[0] == '/' ? text_of("%s/%s", folder, name)
				      : text_of("%s/%s/%s", own, folder, name);

	free(own);
	return existing(shortened(path));
}

char *vm_script(const char *name)
{
	return own_file("scripts", VM_INSTALLED_SCRIPTS, name);
}

char *vm_plugin(void)
{
	return own_file("qemu", VM_INSTALLED_LIBRARIES, PLUGIN);
}

bool vm_readable(const char *path)
{
	if (!access(path, R_OK))
		return true;
	fprintf(stderr, "cvmem vm: %s: %s\n", path, strerror(errno));
	return false;
}
