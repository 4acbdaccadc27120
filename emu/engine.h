/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_EMU_ENGINE_H
#define CVMEM_EMU_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * All that the emulator knows of guest memory: callbacks of the engine that runs
 * the guest (hosted/ in this process, qemu/ in a plugin). Addresses are
 * guest-physical without the shared bit or C-bit; sizes are multiples of 4 KiB for
 * the map calls. The callbacks may be called on several vCPUs at once, but never for
 * overlapping ranges at once: the emulator's locks see to that.
 */
struct emu_engine {
	/* From now on the guest may use the range as private memory. zero: it reads as
	 * zero; else it keeps what it held (or holds anything). */
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
	/* The guest's view of pages that it may use as private memory, which the emulator has
	 * checked. NULL: calls with operands in private memory are refused. */
	void (*read_private)(void *ctx, uint64_t gpa, void *buffer, size_t size);
	void (*write_private)(void *ctx, uint64_t gpa, const void *buffer, size_t size);
	void *ctx;
};

/* Declared RAM, [start, end), 4 KiB aligned, ascending, without overlaps. */
struct emu_ram {
	uint64_t start, end;
};

/* What the vCPU does after an emulated instruction. */
enum emu_action {
	EMU_NEXT,  /* go on behind the instruction */
	EMU_SLEEP, /* likewise, but only when an event wakes it */
	EMU_AGAIN, /* execute it again: an exit to the host that the host has handled */
	EMU_UD,	   /* inject #UD */
	EMU_GP,	   /* inject #GP(0) */
	EMU_STOP,  /* the machine has stopped; emu_*_stopped() says why */
};

/* Why a machine stopped. */
enum emu_stop_cause {
	EMU_RUNNING,
	EMU_STOP_GUEST_REQUEST, /* the guest asked: ReportFatalError, MSR termination request */
	EMU_STOP_HOST_FAULT,	/* an EPT violation or #NPF that the host cannot handle */
};

struct emu_stop {
	enum emu_stop_cause cause;
	unsigned vcpu;
	uint64_t gpa;	/* where, if there is a where; else UINT64_MAX */
	uint64_t code;	/* the guest's error or reason code */
	char text[128]; /* one line that says what happened */
};

#endif
