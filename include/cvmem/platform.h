/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_PLATFORM_H
#define CVMEM_PLATFORM_H

#include <stdint.h>

#include <cvmem/error.h>

/*
 * The seam between the library and what executes the instructions: five calls.
 * tdx.h and snp.h are the two that ship; a test or an embedder with a paravisor of
 * its own fills in the same structure.
 *
 * All addresses are guest-physical without the shared bit or C-bit, 4 KiB aligned,
 * and ranges are [start, end). Every call may be made on several CPUs at once; the
 * caller sees to it that no two of them concern the same page.
 */

enum cvm_level { CVM_LEVEL_4K, CVM_LEVEL_2M, CVM_LEVEL_1G, CVM_LEVELS };

static inline uint64_t cvm_level_bytes(enum cvm_level level)
{
	return UINT64_C(4096) << (9 * level);
}

/* What one call did. The caller clears it; it is valid whatever the call returns. */
struct cvm_accept_result {
	uint64_t done;		       /* bytes from start on that are accepted now */
	uint64_t accepted[CVM_LEVELS]; /* pages accepted at each level */
	uint64_t refused[CVM_LEVELS];  /* attempts that had to fall back to a smaller level */
	uint64_t where, where_bytes;   /* on error: the page that stopped the call */
	uint64_t status;	       /* on error: the platform's own word, see tdx.h and snp.h */
};

/* Why the guest is stopped; the values are what the platform tells the host. */
enum cvm_stop_reason {
	CVM_STOP_DOUBLE_ACCEPT = 1, /* a page was accepted already (I2) */
	CVM_STOP_ACCEPT_FAILED = 2, /* memory that must be had cannot be accepted */
	CVM_STOP_BUG = 3,	    /* an invariant does not hold */
	CVM_STOP_PAGE_GONE = 4,	    /* accepted memory faults: removed or replaced by the host */
};

struct cvm_platform {
	const char *name; /* "tdx", "snp" */

	/*
	 * Accept private memory, in ascending order, in the largest pages that
	 * alignment and the host allow. Memory reads as zero afterwards (TDX), or has
	 * no defined content (SNP).
	 * CVM_EDOUBLE: the platform says that result->where was accepted already.
	 * CVM_EREFUSED: the host or the platform refused, for good.
	 * CVM_EINVAL, in this and the calls below: the range is unaligned or reversed.
	 */
	int (*accept)(struct cvm_platform *platform, uint64_t start, uint64_t end,
		      struct cvm_accept_result *result);

	/*
	 * Turn private memory into shared memory. Its content is lost. *done is set to
	 * the bytes from start on that are shared now; on error those stay shared, and
	 * undoing that is the caller's decision. Pages that could neither be shared nor be
	 * had back count as shared, too. What follows is private and as accepted as it was,
	 * but may have lost its content. CVM_EREFUSED: the host refused.
	 */
	int (*share)(struct cvm_platform *platform, uint64_t start, uint64_t end, uint64_t *done);

	/*
	 * Take shared memory back. It is private but not accepted afterwards: accept it
	 * before the first touch. *done and errors as for share.
	 */
	int (*unshare)(struct cvm_platform *platform, uint64_t start, uint64_t end, uint64_t *done);

	/* Tell the host why and never return. gpa: the page concerned. */
	void (*stop)(struct cvm_platform *platform, enum cvm_stop_reason reason, uint64_t gpa);
};

/* Which platform this is, from CPUID; no side effects, any CPU. */
enum cvm_platform_kind { CVM_PLATFORM_NONE, CVM_PLATFORM_TDX, CVM_PLATFORM_SNP };

struct cvm_cpuid {
	uint32_t eax, ebx, ecx, edx;
};

/*
 * cpuid NULL executes the instruction; an embedder with a table of its own (the SNP
 * CPUID page) or an emulator without faulting CPUID passes a function.
 *
 * TDX: leaf 0x21 reads "IntelTDX    " (TDX module ABI, CPUID virtualisation).
 * SNP: leaf 0x8000001f says SEV and MSR C001_0131 (SEV_STATUS) bit 2 says SEV-SNP is
 * active in this guest (AMD APM volume 2, 15.34.10). The MSR is read only when CPUID
 * leaf 1 ECX[31] says "hypervisor" and leaf 0x8000001f EAX[1] says SEV.
 */
enum cvm_platform_kind cvm_platform_detect(void (*cpuid)(uint32_t leaf, uint32_t subleaf,
							 struct cvm_cpuid *out));

#endif
