/* SPDX-License-Identifier: MIT */
#include "tools/common/own_file.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/common/words.h"

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

/* A path without its "..", when the file is there. Takes path over. */
static char *shortened(char *path)
{
	char *real = realpath(path, NULL);

	if (!real)
		return path;
	free(path);
	return real;
}

char *own_file(const char *in_build, const char *installed, const char *name)
{
	char *own = own_folder();
	const char *folder = is_build_folder(own) ? in_build : installed;
	char *path = folder[0] == '/' ? text_of("%s/%s", folder, name)
				      : text_of("%s/%s/%s", own, folder, name);

	free(own);
	return shortened(path);
}
