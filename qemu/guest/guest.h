/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_GUEST_GUEST_H
#define CVMEM_QEMU_GUEST_GUEST_H

#include "emu/machine.h"
#include "qemu/guest/call.h"
#include "qemu/guest/options.h"
#include "qemu/guest/polling.h"

#define GUEST_MAX_VCPUS 64
#define GUEST_MAX_RAM	8

/* What a platform's exception, #VE or #VC, was raised for. */
struct guest_exception {
	const char *reason; /* as in the report; NULL: there was none */
	uint64_t rip;
};

struct guest_accept {
	enum guest_phase phase;
	uint64_t rip;
	uint64_t ns; /* emu_now_ns(); 0: there was none */
};

struct guest_vcpu {
	/* The instruction that is calling the platform, or the last one that did. Only the vCPU's
	 * own thread uses it. */
	struct guest_call call;
	struct guest_polling polling;
	/* Successful accepts at 4K and 2M; only this vCPU changes them. */
	uint64_t accepted[GUEST_PHASES][2];
	struct guest_accept last_accept;
	struct guest_exception exception; /* the last one */
};

/* The one guest of this process, on either platform. */
struct guest {
	struct guest_options options;
	unsigned vcpus;
	/* Where vCPUs address RAM as private and as shared memory. One of the two is 0, the other
	 * the address bit that selects the view; both are equal when shared memory has no
	 * addresses of its own. */
	uint64_t private_base, shared_base;
	struct emu_ram ram[GUEST_MAX_RAM];
	size_t ram_count;
	/* Where the kernel was loaded that runs there; start == end: not known. */
	struct emu_ram kernel;
	/* Where RAM may be plugged in, above all other RAM; start == end: nowhere. */
	struct emu_ram window;
	uint64_t plugged; /* bytes in it now, atomic */
	bool running;	  /* atomic: the launch is done */
	struct guest_vcpu vcpu[GUEST_MAX_VCPUS];
};

extern struct guest guest;

/* Where RAM is or may be, in ascending order: guest.ram and the window. Returns the number. */
size_t guest_ram_ranges(struct emu_ram ranges[GUEST_MAX_RAM + 1]);

/* The sum of a counter over all vCPUs: the first one's, and the bytes from each to the next. */
uint64_t guest_sum(const uint64_t *first, size_t stride);

/* Shared memory has addresses of its own. */
static inline bool guest_is_separate(void)
{
	return guest.private_base != guest.shared_base;
}

#endif
