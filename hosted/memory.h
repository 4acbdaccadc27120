/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_HOSTED_MEMORY_H
#define CVMEM_HOSTED_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emu/backend.h"

/*
 * Guest-physical memory: one sparse file, seen through two windows of the address space,
 * the private and the shared view. A page is accessible in at most one of them, and a page
 * that is in neither holds no data: the file has a hole there, which reads as zero.
 */
struct hosted_memory {
	int fd;
	uint64_t span; /* [0, span) is guest-physical address space */
	uintptr_t private_view, shared_view;
	size_t view_bytes; /* a window and the gap behind it, where accesses fault as well */
	uint64_t *shared;  /* one bit for 4 KiB: accessible in the shared view */
	uint64_t *used;	   /* one bit for 2 MiB: has been accessible, so it may hold data */
	size_t shared_bytes, used_bytes;
};

/* NULL, or why this process cannot have it. */
const char *hosted_memory_create(struct hosted_memory *memory, uint64_t span);
void hosted_memory_destroy(struct hosted_memory *memory);

/* The guest-physical address behind a pointer, if it is in a window or its gap. */
bool hosted_memory_find(const struct hosted_memory *memory, uintptr_t address, uint64_t *gpa,
			bool *shared_view);

/* The emulator's access to a machine's memory. */
struct hosted_machine;
struct emu_backend hosted_memory_backend(struct hosted_machine *machine);

#endif
