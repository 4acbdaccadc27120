/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_GUEST_GUEST_H
#define CVMEM_QEMU_GUEST_GUEST_H

#include "emu/engine.h"
#include "qemu/guest/options.h"

#define GUEST_MAX_VCPUS 64
#define GUEST_MAX_RAM	8

/* Who calls: the firmware; an EFI application (a boot loader, the kernel's EFI stub); the kernel
 * proper. */
enum guest_phase { GUEST_PHASE_FIRMWARE, GUEST_PHASE_STUB, GUEST_PHASE_KERNEL, GUEST_PHASES };

struct guest_vcpu {
	/* Successful accepts at 4K and 2M; only this vCPU changes them. */
	uint64_t accepted[GUEST_PHASES][2];
};

/* The one guest of this process, on either platform. */
struct guest {
	struct guest_options options;
	unsigned vcpus;
	/* Where the vCPUs find RAM as private and as shared memory: one of the two is 0, the
	 * other the bit of an address that says so; equal when shared memory has no addresses
	 * of its own. */
	uint64_t private_base, shared_base;
	struct emu_ram ram[GUEST_MAX_RAM];
	size_t ram_count;
	bool running; /* atomic: the launch is done */
	struct guest_vcpu vcpu[GUEST_MAX_VCPUS];
};

extern struct guest guest;

/* Shared memory has addresses of its own. */
static inline bool guest_is_separate(void)
{
	return guest.private_base != guest.shared_base;
}

/* memory.c: what the emulator does to guest memory. */
extern const struct emu_engine guest_engine;
/* RAM whatever is trapped, or the firmware; without the bit that selects the view. */
bool guest_read(uint64_t gpa, void *buffer, size_t size);
/* The end of the firmware, in whose last few pages its metadata lies; a smaller one has zeros
 * in front. False: there is none. */
#define GUEST_FIRMWARE_END  (UINT64_C(1) << 32)
#define GUEST_FIRMWARE_TAIL (1 << 20)
bool guest_read_firmware(uint8_t tail[GUEST_FIRMWARE_TAIL]);

/* accepts.c. A call to the platform from this address, on the vCPU of this thread; and where its
 * last call was, and whose. */
void guest_note_call(uint64_t rip);
uint64_t guest_call_rip(void);
enum guest_phase guest_call_phase(void);
const char *guest_phase_name(enum guest_phase phase);
/* An accept that succeeded, level 0: 4 KiB, 1: 2 MiB; began: guest_cost_now() before it. The
 * vCPU waits as long as the model says. */
void guest_note_accept(unsigned vcpu, unsigned level, uint64_t began);

/* stop.c: print why and have QEMU leave with this status; returns. */
enum { GUEST_EXIT_GUEST = 3, GUEST_EXIT_VIOLATION = 4, GUEST_EXIT_SETUP = 5 };
void guest_stop(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool guest_is_stopped(void);
/* NULL while it has not. */
const char *guest_stop_reason(void);
/* The vCPU waits for the end; host_pc as in internals.h. */
__attribute__((noreturn)) void guest_park(unsigned vcpu, uintptr_t host_pc);
/* The emulator has stopped the machine, and this is why; the vCPU waits for the end. */
__attribute__((noreturn)) void guest_stopped(unsigned vcpu, const struct emu_stop *why);

#endif
