/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_PLATFORM_H
#define CVMEM_PLATFORM_H

#include <stdint.h>

#include <cvmem/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The interface between the library and the instructions: four calls. tdx.h, snp.h and cca.h
 * declare the implementations that ship; a test, or an embedder with a paravisor, fills in the same
 * structure.
 *
 * Addresses are 4 KiB aligned. Every call may be made on several CPUs at once; the caller ensures
 * that no two of them concern the same page.
 */

/* What one call did. The caller clears it; it is valid even if the call fails. */
struct cvm_accept_result {
	uint64_t done;			/* bytes from start on that are accepted now */
	uint64_t accepted[CVM_LEVELS];	/* pages accepted at each level */
	uint64_t fallbacks[CVM_LEVELS]; /* attempts at a level that fell back to smaller pages */
	uint64_t where, where_bytes;	/* on error: the page that stopped the call */
	uint64_t status; /* on error: the platform's raw status code, see tdx.h, snp.h, cca.h */
};

/* Why the guest terminates; the values are passed to the host. */
enum cvm_terminate_reason {
	CVM_TERMINATE_ALREADY_ACCEPTED = 1, /* a page was accepted already (I2) */
	CVM_TERMINATE_ACCEPT_FAILED = 2,    /* memory that is indispensable cannot be accepted */
	CVM_TERMINATE_BUG = 3,		    /* an invariant does not hold */
	CVM_TERMINATE_PAGE_GONE = 4, /* accepted memory faults: removed or replaced by the host */
};

struct cvm_platform {
	const char *name; /* "tdx", "snp", "cca" */

	/*
	 * Accept private memory, in ascending order, in the largest pages that alignment and the
	 * host allow. Memory reads as zero afterwards (TDX, CCA), or has undefined content (SNP).
	 * CVM_EALREADY: the platform reports that result->where was accepted already; on CCA
	 * that it was accepted and the host has taken it.
	 * CVM_EIO: permanently rejected by the host or the platform.
	 * CVM_EINVAL, in this and the calls below: the range is unaligned or reversed, or
	 * passes gpa_end.
	 */
	int (*accept)(struct cvm_platform *platform, uint64_t start, uint64_t end,
		      struct cvm_accept_result *result);

	/*
	 * Convert private memory to shared memory. Its content is lost. *done is set to the bytes
	 * from start on that are shared now; on error those stay shared, and undoing that is the
	 * caller's decision. Pages that could neither be shared nor be made private again count
	 * as shared. What follows them is private and accepted to the same extent as before, but
	 * may have lost its content.
	 * CVM_EIO: rejected by the host.
	 */
	int (*set_shared)(struct cvm_platform *platform, uint64_t start, uint64_t end,
			  uint64_t *done);

	/*
	 * Convert shared memory to private memory, which is not accepted then: accept it before
	 * the first touch. *done and errors as for set_shared.
	 */
	int (*set_private)(struct cvm_platform *platform, uint64_t start, uint64_t end,
			   uint64_t *done);

	/* Report the reason to the host (TDX: fatal error; SNP: termination request; CCA:
	 * SYSTEM_OFF, without the reason) and never return. gpa: the page concerned. */
	void (*terminate)(struct cvm_platform *platform, enum cvm_terminate_reason reason,
			  uint64_t gpa);

	/*
	 * Where private addresses end: at the lowest bit that means something else, such as
	 * TDX's shared bit or SNP's C-bit. 0: CVM_PHYS_END. No memory at or above it is
	 * accepted: cvm_map_limit() takes it out of a map, cvm_acceptor_init() rejects a table that
	 * has any.
	 */
	uint64_t gpa_end;
};

enum cvm_platform_kind { CVM_PLATFORM_NONE, CVM_PLATFORM_TDX, CVM_PLATFORM_SNP };

struct cvm_cpuid {
	uint32_t eax, ebx, ecx, edx;
};

/*
 * Which platform this is, from CPUID; for AArch64 cca.h has cvm_cca_detect(). No side effects; any
 * CPU.
 *
 * cpuid NULL executes the instruction; an embedder that must not (the SNP CPUID page holds the
 * values) or an emulator without faulting CPUID passes a function.
 *
 * TDX: leaf 0x21 reads "IntelTDX    " (TDX module ABI, CPUID virtualisation).
 * SNP: leaf 0x8000001f has the SEV bit, and MSR C001_0131 (SEV_STATUS) bit 2 is set: SEV-SNP is
 * active in this guest (AMD APM volume 2, 15.34.10). The MSR is read only when CPUID leaf 1
 * ECX[31] (hypervisor present) and leaf 0x8000001f EAX[1] (SEV) are set.
 */
enum cvm_platform_kind cvm_platform_detect(void (*cpuid)(uint32_t leaf, uint32_t subleaf,
							 struct cvm_cpuid *out));

#ifdef __cplusplus
}
#endif

#endif
