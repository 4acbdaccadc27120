/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_MEMORY_VIOLATION_H
#define CVMEM_QEMU_MEMORY_VIOLATION_H

#include <stdbool.h>
#include <stdint.h>

/* Who accesses, and through which view. */
enum guest_accessor { GUEST_VCPU_PRIVATE, GUEST_VCPU_SHARED, GUEST_DEVICE };

struct guest_violations {
	uint64_t count;
	/* The first. */
	enum guest_accessor accessor;
	unsigned vcpu;
	uint64_t gpa, rip; /* no vCPU, no RIP: 0 */
	bool write, fetch;
	char state[12];
};

/* An access to a page that the hardware would not allow, before it happens; QEMU's device
 * lock is held. Returns whether to carry it out, if at all. */
bool guest_violation(enum guest_accessor accessor, uint64_t gpa, bool write);
void guest_violations_get(struct guest_violations *out);

#endif
