/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_MEMORY_VIOLATION_H
#define CVMEM_QEMU_MEMORY_VIOLATION_H

#include <stdbool.h>
#include <stdint.h>

/* The initiator of an access, and its view. */
enum memory_initiator { MEMORY_VCPU_PRIVATE, MEMORY_VCPU_SHARED, MEMORY_DEVICE };

struct memory_violations {
	uint64_t count;
	/* The first. */
	enum memory_initiator initiator;
	unsigned vcpu;
	uint64_t gpa, rip; /* no vCPU, no RIP: 0 */
	bool write, fetch;
	bool delivery; /* of an exception or interrupt */
	char state[12];
	char function[64]; /* of the kernel, that the instruction is in; empty: not known */
};

/* Called for an access that hardware would not allow, before it happens, with QEMU's device lock
 * held. Returns whether to perform the access, if it returns. */
bool memory_violation(enum memory_initiator initiator, uint64_t gpa, bool write);
/* From now on it is called for a violation by a vCPU before that is told of, in the vCPU's thread,
 * for the name of the function. What it reads itself is no violation, and fails. */
void memory_violations_name(void (*name)(struct memory_violations *now));
void memory_violations_get(struct memory_violations *out);

#endif
