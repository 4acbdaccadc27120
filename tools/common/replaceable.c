/* SPDX-License-Identifier: MIT */
#include "tools/common/replaceable.h"

#include <sys/stat.h>

bool path_is_replaceable(const char *path)
{
	struct stat found;

	return lstat(path, &found) || S_ISREG(found.st_mode) || S_ISDIR(found.st_mode);
}
