/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_EXAMPLES_KERNEL_H
#define CVMEM_EXAMPLES_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include <cvmem/cvmem.h>

/* What kernel.c is given by the code that runs before it, and what it gives to the rest. */

#ifdef __cplusplus
extern "C" {
#endif

struct kmem_boot {
	uintptr_t direct_map; /* private memory at gpa is mapped at gpa + direct_map */
	uintptr_t shared_map; /* and the shared view of it at gpa + shared_map */
	const void *e820;     /* the memory map; type 8 is unaccepted memory */
	size_t e820_bytes;
	struct cvm_table *table; /* EFI's unaccepted table; NULL: there is none */
	size_t table_bytes;
	uint64_t image, image_end; /* this kernel: its stacks and tables, too */
	uint64_t ghcb;		   /* SNP: an accepted page outside of it, to share with the host */
	/* Where the instructions cannot be executed (an emulator); NULL on a machine. */
	void (*cpuid)(uint32_t leaf, uint32_t subleaf, struct cvm_cpuid *out);
	void (*vmgexit)(void *ctx, struct cvm_snp_regs *regs);
};

/* Early, on the first CPU, before any memory outside the image is touched. */
int kmem_start(const struct kmem_boot *boot);

/* Before the first access to memory that no allocator hands out: firmware's tables, an image. */
int kmem_accept(uint64_t start, uint64_t end);

/* 2^order pages, accepted; and given back. */
int kmem_alloc(unsigned order, uint64_t *gpa);
int kmem_free(uint64_t gpa, unsigned order);

/* The same for a device: shared with the host, and private again. */
int kmem_dma_alloc(unsigned order, uint64_t *gpa);
int kmem_dma_free(uint64_t gpa, unsigned order);

/* From #VE or #VC for memory that is not accepted. 0: execute the instruction again. */
int kmem_fault(uint64_t gpa);

#ifdef __cplusplus
}
#endif

#endif
