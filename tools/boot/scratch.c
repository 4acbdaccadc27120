/* SPDX-License-Identifier: MIT */
#include "tools/boot/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "cvmem-boot-"

/* QEMU reads a comma in a path as the end of it. */
static const char *parent_folder(void)
{
	const char *folder = getenv("TMPDIR");

	return folder && *folder && !strchr(folder, ',') ? folder : "/tmp";
}

/* Takes fd over. Files alone are made there; anything else keeps the folder. */
static void remove_with_files(int parent, const char *name, int fd)
{
	DIR *folder = fdopendir(fd);
	const struct dirent *entry;

	if (!folder) {
		close(fd);
		return;
	}
	while ((entry = readdir(folder)))
		unlinkat(fd, entry->d_name, 0);
	unlinkat(parent, name, AT_REMOVEDIR);
	closedir(folder);
}

/* The lock is held by the run that made it and by its machine. */
static void remove_leftover(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat stat;

	if (fd < 0)
		return;
	if (fstat(fd, &stat) || stat.st_uid != geteuid() || flock(fd, LOCK_EX | LOCK_NB))
		close(fd);
	else
		remove_with_files(parent, name, fd);
}

static void sweep(const char *path)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;

	if (!folder)
		return;
	while ((entry = readdir(folder)))
		if (!fnmatch(NAME "??????", entry->d_name, 0))
			remove_leftover(dirfd(folder), entry->d_name);
	closedir(folder);
}

bool scratch_make(struct scratch *scratch)
{
	const char *parent = parent_folder();
	struct stat stat;

	sweep(parent);
	for (;;) {
		snprintf(scratch->path, sizeof(scratch->path), "%s/" NAME "XXXXXX", parent);
		if (!mkdtemp(scratch->path))
			break;
		/* Not closed in the machine's process, which may outlive this one. */
		scratch->fd = open(scratch->path, O_RDONLY | O_DIRECTORY);
		if (scratch->fd < 0 && errno == ENOENT)
			continue;
		if (scratch->fd < 0)
			break;
		flock(scratch->fd, LOCK_EX);
		/* Another run's sweep may have come between these steps. */
		if (!fstat(scratch->fd, &stat) && stat.st_nlink)
			return true;
		close(scratch->fd);
	}
	fprintf(stderr, "cvmem boot: %s: %s\n", scratch->path, strerror(errno));
	scratch->path[0] = '\0';
	return false;
}

void scratch_remove(struct scratch *scratch)
{
	if (scratch->path[0])
		remove_with_files(AT_FDCWD, scratch->path, scratch->fd);
}
