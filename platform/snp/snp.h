/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_PLATFORM_SNP_SNP_H
#define CVMEM_PLATFORM_SNP_SNP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cvmem/snp.h>

#define MSR_GHCB 0xc0010130u

/* The operations of a page-state change (GHCB specification 2.03, table "PSC entry"). */
enum psc_op { PSC_PRIVATE = 1, PSC_SHARED = 2 };

/*
 * VMGEXIT (AMD APM volume 3), or the embedder's way to do it. regs: the registers of a call to the
 * SVSM and of its answer; NULL: they have no meaning.
 */
static inline void snp_vmgexit(const struct cvm_snp *snp, struct cvm_snp_regs *regs)
{
	if (snp->config.vmgexit) {
		snp->config.vmgexit(snp->config.ctx, regs);
	} else if (!regs) {
		__asm__ volatile(".byte 0xf3, 0x0f, 0x01, 0xd9" : : : "memory", "cc");
	} else {
		/* Memory is read before and written after the register variables live, as in
		 * tdcall(). */
		uint64_t in8 = regs->r8, in9 = regs->r9;
		uint64_t rax = regs->rax, rcx = regs->rcx, rdx = regs->rdx;
		register uint64_t r8 __asm__("r8") = in8;
		register uint64_t r9 __asm__("r9") = in9;

		__asm__ volatile(".byte 0xf3, 0x0f, 0x01, 0xd9"
				 : "+a"(rax), "+c"(rcx), "+d"(rdx), "+r"(r8), "+r"(r9)
				 :
				 : "memory", "cc");
		in8 = r8;
		in9 = r9;
		regs->rax = rax;
		regs->rcx = rcx;
		regs->rdx = rdx;
		regs->r8 = in8;
		regs->r9 = in9;
	}
}

/* ghcb_get() and ghcb_put(), which the embedder may not have. */
static inline const struct cvm_snp_ghcb *snp_ghcb_get(const struct cvm_snp *snp,
						      struct cvm_snp_ghcb_state *state)
{
	return snp->config.ghcb_get ? snp->config.ghcb_get(snp->config.ctx, state) : NULL;
}

static inline void snp_ghcb_put(const struct cvm_snp *snp, const struct cvm_snp_ghcb *ghcb,
				struct cvm_snp_ghcb_state *state)
{
	if (snp->config.ghcb_put)
		snp->config.ghcb_put(snp->config.ctx, ghcb, state);
}

/* GHCB specification 2.03, section 2.2 "GHCB layout"; the offsets are in bytes. */
#define GHCB_RAX	 0x1f8u
#define GHCB_RCX	 0x308u
#define GHCB_RDX	 0x310u
#define GHCB_RBX	 0x318u
#define GHCB_EXIT_CODE	 0x390u
#define GHCB_EXIT_INFO_1 0x398u
#define GHCB_EXIT_INFO_2 0x3a0u
#define GHCB_SCRATCH	 0x3a8u
#define GHCB_XCR0	 0x3e8u
/* From here on a request may use the page as its buffer. */
#define GHCB_BUFFER 0x800u

/* The host writes the page too: every access is one that the compiler may not repeat. */
static inline volatile uint64_t *snp_ghcb_field(const struct cvm_snp_ghcb *ghcb, unsigned offset)
{
	return (volatile uint64_t *)((uintptr_t)ghcb->va + offset);
}

/* A request: no field has a meaning; one that has, by its offset; and the VMGEXIT for a
 * non-automatic event. Of the answer: whether the host has set a field. */
void cvm_snp_ghcb_clear(const struct cvm_snp_ghcb *ghcb);
void cvm_snp_ghcb_set(const struct cvm_snp_ghcb *ghcb, unsigned offset, uint64_t value);
void cvm_snp_ghcb_send(const struct cvm_snp *snp, const struct cvm_snp_ghcb *ghcb, uint64_t code,
		       uint64_t info1, uint64_t info2, struct cvm_snp_regs *regs);
bool cvm_snp_ghcb_is_set(const struct cvm_snp_ghcb *ghcb, unsigned offset);

/*
 * One VMGEXIT for a non-automatic event without further input, or with the buffer as it is. True:
 * the host has handled it; else *status is SW_EXITINFO2.
 */
bool cvm_snp_ghcb_exit(const struct cvm_snp *snp, const struct cvm_snp_ghcb *ghcb,
		       uint64_t exit_code, bool has_buffer, struct cvm_snp_regs *regs,
		       uint64_t *status);

/* One VMGEXIT with a request of the MSR protocol; returns the answer. Nothing else may use the MSR
 * meanwhile. */
uint64_t cvm_snp_msr_exit(const struct cvm_snp *snp, uint64_t request, struct cvm_snp_regs *regs);

/*
 * Ask the host to change the state of [start, end). *next: the first page that is not
 * changed. CVM_EIO: *status as in cvm_accept_result.
 */
int cvm_snp_change_state(struct cvm_snp *snp, uint64_t start, uint64_t end, enum psc_op op,
			 uint64_t *next, uint64_t *status);

/* One request fills one GHCB buffer: [start, returned end) is what fits. */
uint64_t cvm_snp_batch_end(uint64_t start, uint64_t end);

/* The bytes of the page-state entry at pos. */
uint64_t cvm_snp_entry_bytes(uint64_t pos, uint64_t end);

/* cvm_snp_change_state() of one page by the MSR protocol. */
int cvm_snp_psc_msr(const struct cvm_snp *snp, uint64_t gpa, enum psc_op op, uint64_t *status);

/*
 * PVALIDATE every page of [start, end): validate or rescind. What was done is added to the
 * result. CVM_EALREADY: the page was in that state already; CVM_EIO: any other answer.
 */
int cvm_snp_pvalidate(struct cvm_snp *snp, uint64_t start, uint64_t end, bool validate,
		      struct cvm_accept_result *result);

/* The same by the SVSM. CVM_EINVAL: this CPU has no calling area. */
int cvm_snp_svsm_pvalidate(struct cvm_snp *snp, uint64_t start, uint64_t end, bool validate,
			   struct cvm_accept_result *result);

/* A page of that size at gpa has been validated: read what may be in the cache. */
void cvm_snp_evict_stale_lines(const struct cvm_snp *snp, uint64_t gpa, uint64_t bytes);

#endif
