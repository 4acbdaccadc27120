/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_X86_WALK_H
#define CVMEM_QEMU_X86_WALK_H

#include <stdbool.h>
#include <stdint.h>

/* Where a linear address of a vCPU leads. */
struct x86_mapping {
	uint64_t gpa;  /* without the bit that selects the view */
	uint64_t size; /* of the page that maps it: 4 KiB, 2 MiB or 1 GiB */
	bool is_private;
};

/* Walks the page tables from CR3, in long mode or with PAE; without paging, memory is private and
 * identity-mapped. False: not mapped. Does not check permissions. In the vCPU's thread, after
 * qemu_cpu_probe(). */
bool x86_walk(unsigned vcpu, uint64_t address, struct x86_mapping *out);

#endif
