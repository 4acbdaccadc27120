/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_EMU_BACKEND_H
#define CVMEM_EMU_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Guest memory as the emulator sees it: callbacks of the engine that runs the guest (hosted/ in
 * this process, qemu/ in a plugin). Addresses are guest-physical without the shared bit or C-bit;
 * sizes are multiples of 4 KiB for the map calls. The callbacks may be called on several vCPUs at
 * once, but never for overlapping ranges at once: the emulator's locks prevent that.
 */
struct emu_backend {
	/* From now on the guest may use the range as private memory. zero: it reads as
	 * zero; else its content is kept, or undefined. */
	void (*map_private)(void *ctx, uint64_t gpa, uint64_t size, bool zero);
	/* From now on every private access to the range faults; its content is lost. */
	void (*unmap_private)(void *ctx, uint64_t gpa, uint64_t size);
	/* The same for the shared view. Newly shared memory has no defined content. */
	void (*map_shared)(void *ctx, uint64_t gpa, uint64_t size);
	void (*unmap_shared)(void *ctx, uint64_t gpa, uint64_t size);
	/* The host's view of shared memory, for buffers such as the GHCB; any alignment.
	 * false: part of it is not shared. */
	bool (*read_shared)(void *ctx, uint64_t gpa, void *buffer, size_t size);
	bool (*write_shared)(void *ctx, uint64_t gpa, const void *buffer, size_t size);
	/* The guest's view of its private memory, for pages that the emulator has found to be
	 * accepted. NULL: calls with operands in private memory fail. */
	void (*read_private)(void *ctx, uint64_t gpa, void *buffer, size_t size);
	void (*write_private)(void *ctx, uint64_t gpa, const void *buffer, size_t size);
	void *ctx;
};

#endif
