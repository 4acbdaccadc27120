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
 * (GHCB specification 2.03, sections 2.3.1 and 4.1.6). Above VMPL 0 a Secure VM Service Module
 * (SVSM) executes PVALIDATE for the guest (AMD publication 58019, core protocol, call 1).
 *
 * result->status is SW_EXITINFO2 if the page-state change or a call of the SVSM failed at the host
 * (the value of the GHCB MSR with the MSR protocol; 0 if the host's answer is malformed). If
 * PVALIDATE failed it is EAX with CF in bit 32, or under an SVSM the call's result in RAX, which is
 * 0x80001010 where CF would be set.
 */

/* The GHCB page of one CPU: 4 KiB aligned, shared with the host (C = 0 at va). */
struct cvm_snp_ghcb {
	void *va;
	uint64_t gpa;
};

/* What an embedder keeps from a ghcb_get() to its ghcb_put(), such as the interrupt flags, or that
 * it has saved the content of a page in use. It is on the caller's stack and not initialised. */
struct cvm_snp_ghcb_state {
	uintptr_t word[4];
};

/* The calling area of one CPU under an SVSM: 4 KiB aligned, private and validated. The library uses
 * all of the page. */
struct cvm_snp_caa {
	void *va;
	uint64_t gpa;
};

/* The registers of a call to the SVSM and of its answer. */
struct cvm_snp_regs {
	uint64_t rax, rcx, rdx, r8, r9;
};

/*
 * Whether the first and last byte of a validated page are read, which evicts cache lines that were
 * filled before. BY_CPUID: unless CPUID 0x8000001f EBX[31], COHERENCY_SFW_NO, says that this
 * processor does not need it.
 */
enum cvm_snp_evict { CVM_SNP_EVICT_BY_CPUID, CVM_SNP_EVICT_ALWAYS, CVM_SNP_EVICT_NEVER };

struct cvm_snp_config {
	/* Private memory at gpa is mapped at gpa + direct_map: PVALIDATE takes a virtual
	 * address, and a 2 MiB PVALIDATE wants a 2 MiB mapping. */
	uintptr_t direct_map;
	/* CPUID 0x8000001f EBX[5:0], the position of the C-bit: memory at or above it is not
	 * accepted. 0: not known, and nothing is checked. */
	unsigned c_bit;
	enum cvm_snp_evict evict;
	/* For CVM_SNP_EVICT_BY_CPUID; called by cvm_snp_init() only. NULL executes the instruction,
	 * as cvm_platform_detect() does. The answer must come from the CPUID page: a host that
	 * could say that no reads are needed would leave stale lines in the cache. */
	void (*cpuid)(uint32_t leaf, uint32_t subleaf, struct cvm_cpuid *out);
	/*
	 * This CPU's GHCB, for use until ghcb_put(); NULL, or a get that returns NULL: the
	 * MSR protocol is used, one 4 KiB page at a time. Get and put bracket one request, its
	 * VMGEXITs and its buffer, also by the MSR protocol, when put is given NULL; put is given
	 * the same state as its get. If code that uses the same GHCB, calling area or GHCB MSR can
	 * interrupt, as a handler that causes a #VC does, mask it in between: a request that it
	 * overwrites is lost. So a kernel that has no GHCB yet but takes interrupts provides both,
	 * with a get that returns NULL.
	 */
	const struct cvm_snp_ghcb *(*ghcb_get)(void *ctx, struct cvm_snp_ghcb_state *state);
	void (*ghcb_put)(void *ctx, const struct cvm_snp_ghcb *ghcb,
			 struct cvm_snp_ghcb_state *state);
	/* Under an SVSM: this CPU's calling area, for use until ghcb_put(), and called after
	 * ghcb_get(). A NULL that it returns makes the caller fail with CVM_EINVAL. NULL: the guest
	 * runs at VMPL 0. */
	const struct cvm_snp_caa *(*caa)(void *ctx);
	/* NULL executes VMGEXIT (rep; vmmcall). An emulator that cannot trap that instruction
	 * passes a function. regs: what the registers are before, and shall be after it, in a call
	 * to the SVSM; else NULL. */
	void (*vmgexit)(void *ctx, struct cvm_snp_regs *regs);
	void *ctx;
};

struct cvm_snp {
	struct cvm_platform platform; /* first: what the library is given */
	struct cvm_snp_config config;
	/* private */
	bool evict;
};

/*
 * Once, on any CPU, before the first accept. The configuration is copied.
 * CVM_EINVAL: direct_map is not a multiple of 4 KiB, one of ghcb_get and ghcb_put alone, a c_bit
 * that is neither 0 nor 32 to 51, or an unknown value of evict.
 */
int cvm_snp_init(struct cvm_snp *snp, const struct cvm_snp_config *config);

/*
 * Tell the host which GHCB page this CPU uses (GHCB specification 2.03, section 2.3.2): an SNP
 * guest does so once on each CPU, before that CPU's first ghcb_get() returns the page, and with
 * interrupts masked. gpa is 4 KiB aligned and shared. CVM_EINVAL: alignment. CVM_EIO: the host
 * answered anything else than this address.
 */
int cvm_snp_register_ghcb(struct cvm_snp *snp, uint64_t gpa);

/* What the secrets page says of an SVSM. */
struct cvm_snp_svsm {
	uint64_t base, size;  /* memory that belongs to the SVSM: no RAM of the guest */
	uint64_t caa;	      /* GPA of the boot CPU's calling area */
	uint32_t max_version; /* of the core protocol */
	uint32_t vmpl;	      /* the guest's */
};

/*
 * Read the secrets page of SEV-SNP (4 KiB). Any CPU.
 * CVM_ENODEV: there is no SVSM, the guest runs at VMPL 0. CVM_EINVAL: base, size or calling area
 * are not multiples of 4 KiB, or version or VMPL cannot be.
 */
int cvm_snp_find_svsm(const void *secrets, struct cvm_snp_svsm *svsm);

#ifdef __cplusplus
}
#endif

#endif
