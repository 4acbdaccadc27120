/* SPDX-License-Identifier: MIT */
#include "tools/populate/watch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* False: there is no such file, or no number in it. */
static bool read_number(int folder, const char *name, uint64_t *value)
{
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
	char text[32], *end = text;
	ssize_t size;

	*value = 0;
	if (fd < 0)
		return false;
	size = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (size <= 0)
		return false;
	text[size] = '\0';
	*value = strtoull(text, &end, 10);
	return end != text;
}

/* False: this VM has no counters. Those of one that ends go away one by one. */
static bool add_vm(int kvm, const char *name, struct watch_counts *counts)
{
	static const char *const pages[] = { "pages_4k", "pages_2m", "pages_1g" };
	int folder = openat(kvm, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	uint64_t value;
	bool found;

	/* It has ended since the folder was listed. */
	if (folder < 0)
		return errno == ENOENT;
	found = read_number(folder, "pf_taken", &value);
	if (found) {
		counts->vms++;
		counts->taken += value;
		if (read_number(folder, "pf_fixed", &value))
			counts->fixed += value;
		for (unsigned i = 0; i < 3; i++)
			if (read_number(folder, pages[i], &value))
				counts->pages[i] += value;
	}
	close(folder);
	return found;
}

int watch_read(const char *folder, pid_t pid, struct watch_counts *counts)
{
	DIR *kvm = opendir(folder);
	const struct dirent *entry;
	int none = ESRCH;
	char prefix[16];

	memset(counts, 0, sizeof(*counts));
	if (!kvm)
		return errno;
	snprintf(prefix, sizeof(prefix), "%d-", (int)pid);
	while ((entry = readdir(kvm)))
		if (!strncmp(entry->d_name, prefix, strlen(prefix)) &&
		    !add_vm(dirfd(kvm), entry->d_name, counts))
			none = ENODATA;
	closedir(kvm);
	return counts->vms ? 0 : none;
}
