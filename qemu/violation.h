/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_VIOLATION_H
#define CVMEM_QEMU_VIOLATION_H

#include <stdbool.h>
#include <stdint.h>

struct td_violations {
	uint64_t count;
	/* The first. */
	unsigned vcpu;
	uint64_t gpa, rip;
	bool write, fetch, shared;
	char state[12];
};

/* An access to a page that the hardware would not allow, before it happens; QEMU's device
 * lock is held. Returns if the policy is to go on. */
void td_violation(bool shared, uint64_t gpa, bool write);
void td_violations_get(struct td_violations *out);

#endif
