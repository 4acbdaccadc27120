/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_TESTS_VMM_KERNEL_H
#define CVMEM_TESTS_VMM_KERNEL_H

#include "cvmem/vmm.h"

/*
 * A kernel for tests of vmm/: what it answers is written after Linux's documentation, and what it
 * has done is kept by page. It can be told to answer something else first.
 */

#define KERNEL_PAGES 16384 /* 64 MiB of guest-physical addresses */
#define KERNEL_VM    100 /* file descriptors: the VM, vCPUs from 200 on, guest_memfds from 300 on */
#define KERNEL_VCPU  200
#define KERNEL_MEMFD 300
#define KERNEL_HOST  UINT64_C(0x700000000000) /* the mapping of address 0 */

enum { PAGE_SLOT = 1, PAGE_PRIVATE = 2, PAGE_HOST = 4, PAGE_MAPPED = 8, PAGE_CONTENT = 16 };

struct kernel {
	struct cvm_vmm_sys sys;
	uint8_t page[KERNEL_PAGES]; /* atomic */
	uint64_t caps[256];	    /* by number */
	bool populate_write;
	/* Pages that one call of KVM_PRE_FAULT_MEMORY does, at most. */
	uint64_t batch;
	/* NULL: nothing is wrong. Called first by each call, with its name; not 0: the answer. */
	long (*fault)(void *ctx, const char *call, uint64_t gpa);
	void *fault_ctx;
	uint64_t calls, relaxed; /* atomic */
	uint8_t vcpu_busy[64];	 /* atomic */
	const char *wrong;	 /* what broke the kernel's rules first */
	/* The first calls, by name and address. */
	struct {
		const char *call;
		uint64_t gpa, size, flags;
	} log[64];
	unsigned logged; /* atomic */
};

void kernel_init(struct kernel *kernel);
/* Slots for [start, end). */
void kernel_slot(struct kernel *kernel, uint64_t start, uint64_t end, bool there);
/* Pages of [start, end) that have all of these flags. */
uint64_t kernel_pages(const struct kernel *kernel, uint64_t start, uint64_t end, unsigned flags);
/* Capabilities of a new kernel with every kind of memory. */
void kernel_full(struct kernel *kernel, struct cvm_vmm_caps *caps);

#endif
