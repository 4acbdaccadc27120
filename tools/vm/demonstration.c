/* SPDX-License-Identifier: MIT */
#include "tools/vm/demonstration.h"

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

#include "tools/vm/files.h"
#include "tools/vm/initrd.h"
#include "tools/vm/qemu.h"
#include "tools/common/words.h"

#define NAME	"initrd."
#define PATTERN NAME "??????"

/* The lock is the owner's for as long as it lives. */
static void remove_unless_locked(int folder, const char *name)
{
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return;
	if (!flock(fd, LOCK_EX | LOCK_NB))
		unlinkat(folder, name, 0);
	close(fd);
}

static void sweep(const char *path)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;

	if (!folder)
		return;
	while ((entry = readdir(folder)))
		if (!fnmatch(PATTERN, entry->d_name, 0))
			remove_unless_locked(dirfd(folder), entry->d_name);
	closedir(folder);
}

/* A sweep that came between the two steps has removed the file: then another is made. */
static bool make_locked(const char *folder, struct vm_initrd *initrd)
{
	struct stat stat;

	for (;;) {
		initrd->path = text_of("%s" NAME "XXXXXX", folder);
		initrd->fd = mkostemp(initrd->path, O_CLOEXEC);
		if (initrd->fd < 0) {
			fprintf(stderr, "cvmem vm: %s: %s\n", initrd->path, strerror(errno));
			free(initrd->path);
			initrd->path = NULL;
			return false;
		}
		flock(initrd->fd, LOCK_EX);
		if (!fstat(initrd->fd, &stat) && stat.st_nlink)
			return true;
		close(initrd->fd);
		free(initrd->path);
	}
}

/* Of the guest's processor. */
static char *busybox_of(const struct vm_options *options)
{
	return vm_cache(options->platform == VM_CCA ? "guest-arm64/usr/bin/busybox"
						    : "guest/usr/bin/busybox");
}

bool vm_demonstration_make(const struct vm_options *options, struct vm_initrd *initrd)
{
	char *folder = vm_cache("");
	char *init = vm_script("vm/init");
	char *busybox = busybox_of(options);
	bool ok;

	sweep(folder);
	ok = init && make_locked(folder, initrd) &&
	     vm_initrd_write(busybox, init, options->exec, initrd->path);
	free(busybox);
	free(init);
	free(folder);
	return ok;
}

char *vm_demonstration_keep(const struct vm_options *options)
{
	char *init = vm_script("vm/init");
	char *busybox = busybox_of(options);
	char *path = vm_cache(options->platform == VM_CCA ? "demonstration-arm64.initrd"
							  : "demonstration.initrd");

	if (!init || !vm_initrd_write(busybox, init, NULL, path)) {
		free(path);
		path = NULL;
	}
	free(busybox);
	free(init);
	return path;
}

void vm_demonstration_remove(struct vm_initrd *initrd)
{
	if (!initrd->path)
		return;
	unlink(initrd->path);
	close(initrd->fd);
	free(initrd->path);
	initrd->path = NULL;
}

char *vm_kernel_text(const struct vm_options *options)
{
	const char *append = options->append ? options->append : "";
	const char *policy = options->policy ? options->policy : "";
	const char *key = options->policy ? " accept_memory=" : "";
	/* Debian's Linux leaves new memory to a daemon, which the demonstration has not. */
	const char *online = options->hot_add_bytes ? " memhp_default_state=online" : "";
	const char *wait = options->hot_add_bytes ? " cvmem_hot_add=1" : "";

	const char *port = options->platform == VM_CCA ? "ttyAMA" : "ttyS";
	/* Only x86's Linux has the parameter. */
	const char *timer = options->platform == VM_CCA ? "" : "no_timer_check ";

	/*
	 * Linux measures whether timer interrupts arrive, and panics where QEMU gets too little of
	 * a busy host's time for that (Documentation/admin-guide/kernel-parameters.txt).
	 */
	if (options->demonstration)
		return text_of("console=%s0 quiet panic=-1 %s"
			       "cvmem_port=%s%u%s%s%s%s%s %s",
			       port, timer, port, vm_port_number(options, VM_PORT_STATUS),
			       options->shell ? " cvmem_shell=1 cvmem_fill=0" : "", online, wait,
			       key, policy, append);
	if (!options->append)
		return text_of("console=%s0%s%s%s", port, online, key, policy);
	return text_of("%s%s%s%s", append, online, key, policy);
}
