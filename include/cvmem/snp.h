/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_SNP_H
#define CVMEM_SNP_H

#include <stdbool.h>
#include <stddef.h>

#include <cvmem/platform.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * AMD SEV-SNP: PVALIDATE (AMD APM volume 3) and page-state changes through the GHCB
 * (GHCB specification 2.03, sections 2.3.1 and 4.1.6).
 *
 * result->status is SW_EXITINFO2 if the page-state change failed (the value of the GHCB MSR
 * with the MSR protocol; 0 if the host's answer is malformed), and EAX with CF in bit 32
 * if PVALIDATE failed.
 */

/* The GHCB page of one CPU: 4 KiB aligned, shared with the host (C = 0 at va). */
struct cvm_snp_ghcb {
	void *va;
	uint64_t gpa;
};

struct cvm_snp_config {
	/* Private memory at gpa is mapped at gpa + direct_map: PVALIDATE takes a virtual
	 * address, and a 2 MiB PVALIDATE wants a 2 MiB mapping. */
	uintptr_t direct_map;
	/* CPUID 0x8000001f EBX[5:0], the position of the C-bit: memory at or above it is not
	 * accepted. 0: not known, and nothing is checked. */
	unsigned c_bit;
	/* CPUID 0x8000001f EBX[31], COHERENCY_SFW_NO: validated memory needs no reads to
	 * evict stale cache lines. */
	bool coherency_sfw_no;
	/*
	 * This CPU's GHCB, for use until ghcb_put(); NULL, or a get that returns NULL: the
	 * MSR protocol is used, one 4 KiB page at a time. Get and put bracket one request, its
	 * VMGEXITs and its buffer, also by the MSR protocol, when put is given NULL. If code that
	 * uses the same GHCB or the GHCB MSR can interrupt, as a handler that causes a #VC does,
	 * mask it in between: a request that it overwrites is lost. So a kernel that has no GHCB
	 * yet but takes interrupts provides both, with a get that returns NULL.
	 */
	const struct cvm_snp_ghcb *(*ghcb_get)(void *ctx);
	void (*ghcb_put)(void *ctx, const struct cvm_snp_ghcb *ghcb);
	/* NULL executes VMGEXIT (rep; vmmcall). An emulator that cannot trap that
	 * instruction passes a function. */
	void (*vmgexit)(void *ctx);
	void *ctx;
};

struct cvm_snp {
	struct cvm_platform platform; /* first: what the library is given */
	struct cvm_snp_config config;
};

/*
 * Once, on any CPU, before the first accept. The configuration is copied.
 * CVM_EINVAL: direct_map is not a multiple of 4 KiB, ghcb_get without ghcb_put, or a c_bit that is
 * neither 0 nor 32 to 51.
 */
int cvm_snp_init(struct cvm_snp *snp, const struct cvm_snp_config *config);

/*
 * Tell the host which GHCB page this CPU uses (GHCB specification 2.03, section 2.3.2): an SNP
 * guest does so once on each CPU, before that CPU's first ghcb_get() returns the page, and with
 * interrupts masked. gpa is 4 KiB aligned and shared. CVM_EINVAL: alignment. CVM_EIO: the host
 * answered anything else than this address.
 */
int cvm_snp_register_ghcb(struct cvm_snp *snp, uint64_t gpa);

#ifdef __cplusplus
}
#endif

#endif
