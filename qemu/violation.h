/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_VIOLATION_H
#define CVMEM_QEMU_VIOLATION_H

#include <stdbool.h>
#include <stdint.h>

/* Who accesses, and through which view. */
enum td_accessor { TD_VCPU_PRIVATE, TD_VCPU_SHARED, TD_DEVICE };

struct td_violations {
	uint64_t count;
	/* The first. */
	enum td_accessor accessor;
	unsigned vcpu;
	uint64_t gpa, rip; /* no vCPU, no RIP: 0 */
	bool write, fetch;
	char state[12];
};

/* An access to a page that the hardware would not allow, before it happens; QEMU's device
 * lock is held. Returns whether to carry it out, if at all. */
bool td_violation(enum td_accessor accessor, uint64_t gpa, bool write);
void td_violations_get(struct td_violations *out);

#endif
