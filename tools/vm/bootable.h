/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_VM_BOOTABLE_H
#define TOOLS_VM_BOOTABLE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Files that a machine would wait for in silence, told by their first bytes. False: a message says
 * what to give instead. What is not known passes; `cvmem inspect` says more.
 */
bool vm_kernel_bootable(const char *path);
bool vm_elf_bootable(const char *path);	  /* where firmware starts an ELF file */
bool vm_realm_bootable(const char *path); /* the kernel of an Arm CCA Realm */
bool vm_disk_bootable(const char *path);
/* Where firmware boots from a disk: on one of them it may find something. */
bool vm_disks_have_loader(const char *const *path, size_t count);
bool vm_firmware_bootable(const char *path);

/* The kernel is an ELF file. */
bool vm_is_elf(const char *path);

#endif
