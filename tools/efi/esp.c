/* SPDX-License-Identifier: MIT */
#include "tools/efi/esp.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

bool esp_open(const char *path, struct esp *esp)
{
	struct stat status;

	*esp = (struct esp){ .path = path };
	if (stat(path, &status)) {
		fprintf(stderr, "cvmem efi: %s: %s\n", path, strerror(errno));
		return false;
	}
	if (S_ISDIR(status.st_mode))
		return esp_open_folder(path, esp);
	if (S_ISREG(status.st_mode))
		return esp_open_disk(path, esp);
	fprintf(stderr,
		"cvmem efi: %s: neither a folder nor a disk image; mount its EFI system partition "
		"and name that folder\n",
		path);
	return false;
}
