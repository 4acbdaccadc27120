/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_VM_SETUP_H
#define TOOLS_VM_SETUP_H

#include <stdbool.h>

/* Parts to fetch, by the names of scripts/vm-setup: folders of the cache. */
#define VM_PART_QEMU	   "qemu"
#define VM_PART_GUEST	   "guest"
#define VM_PART_LINUX	   "linux"
#define VM_PART_LINUX_6_12 "linux-6.12"
#define VM_PART_EXTRAS	   "extras"

/* For arm64. */
#define VM_PART_QEMU_ARM    "qemu-arm"
#define VM_PART_GUEST_ARM64 "guest-arm64"
#define VM_PART_LINUX_ARM64 "linux-arm64"

/* Fetches the missing parts; the list ends with NULL. False: a message was printed. */
bool vm_setup(const char *const *parts);

/* Runs the script with how, "--update" or "--remove". False: a message was printed. */
bool vm_setup_change(const char *how);

#endif
