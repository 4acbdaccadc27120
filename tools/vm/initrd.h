/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_VM_INITRD_H
#define TOOLS_VM_INITRD_H

#include <stdbool.h>

/*
 * Writes the initial file system of the demonstration, a "newc" archive as Linux's
 * Documentation/driver-api/early-userspace/buffer-format.rst describes it: /bin/busybox,
 * /bin/sh and /init, copies of the two files, and /command, a text, unless it is NULL. False, and a
 * message, when that fails.
 */
bool vm_initrd_write(const char *busybox, const char *init, const char *command, const char *path);

#endif
