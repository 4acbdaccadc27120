/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_VMM_INTERNAL_H
#define CVMEM_VMM_INTERNAL_H

#include "cvmem/vmm.h"
#include "vmm/abi.h"

#define VMM_PAGE UINT64_C(4096)
#define VMM_2M	 UINT64_C(0x200000)

/* A negative errno value as an error of vmm.h. */
int cvm_vmm_error_of(long result);

/* Counts tries without progress. */
struct vmm_tries {
	const struct cvm_vmm_sys *sys;
	const uint32_t *cancelled; /* or NULL */
	unsigned failed;
};

/*
 * After a call that has made progress or not: 0: call again; CVM_VMM_EAGAIN: often enough;
 * CVM_VMM_ECANCELED. Else the error that `result` means, which no further call changes.
 */
int cvm_vmm_try(struct vmm_tries *tries, long result, bool progress);

/* host_memory.c: back [offset, offset + size) of a region, of the side that is private or shared,
 * with the host's memory. *calls is counted. */
int cvm_vmm_back(const struct cvm_vmm_sys *sys, const struct cvm_vmm_region *region,
		 bool is_private, uint64_t offset, uint64_t size, const uint32_t *cancelled,
		 uint64_t *at, uint64_t *calls);
/* Give back what backs that side. */
int cvm_vmm_unback(const struct cvm_vmm_sys *sys, const struct cvm_vmm_region *region,
		   uint64_t offset, uint64_t size, bool is_private);

/* As cvm_vmm_pre_fault(), counting. */
int cvm_vmm_map(const struct cvm_vmm_sys *sys, int vcpu_fd, uint64_t gpa, uint64_t size,
		const uint32_t *cancelled, uint64_t *at, uint64_t *calls);

/*
 * queue.c. What is left of a region. One byte for each piece; a thread that has a piece is the only
 * one to write its byte. After an error the piece goes back to the state that it was taken in.
 */
enum vmm_state { VMM_TODO, VMM_PREPARED, VMM_PREPARING, VMM_MAPPING, VMM_FINISHED };

struct vmm_queue {
	/* Atomic; for VMM_TODO and VMM_PREPARED: bytes, and where to look for the first. */
	uint64_t bytes[2], cursor[2];
	uint64_t preparing; /* pieces, by threads that cannot map them */
	uint64_t pieces;
	uint8_t *state; /* atomic, one for each piece */
};

/* A piece that a thread has taken. */
struct vmm_piece {
	size_t region, index;
	enum vmm_state before; /* VMM_TODO or VMM_PREPARED */
	bool left_to_others;   /* it is counted in preparing */
	uint64_t gpa, size;
};

uint64_t cvm_vmm_queue_pieces(const struct cvm_vmm_region *region, uint64_t piece);
void cvm_vmm_queue_init(struct cvm_vmm_job *job, size_t region, uint8_t *states,
			enum vmm_state state);
/* 0: taken; 1: nothing is left for the worker; CVM_VMM_ECANCELED. */
int cvm_vmm_queue_take(struct cvm_vmm_job *job, const struct cvm_vmm_worker *worker,
		       struct vmm_piece *piece);
/* The piece is in that state now, and another thread's if it is not finished. */
void cvm_vmm_queue_put(struct cvm_vmm_job *job, const struct vmm_piece *piece,
		       enum vmm_state state);

static inline bool vmm_has_step(const struct cvm_vmm_job *job, size_t region,
				enum cvm_vmm_step step)
{
	return job->config.plan[region].why[step] == CVM_VMM_DO;
}

static inline uint64_t vmm_min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

#endif
