/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_PLATFORM_SNP_SNP_H
#define CVMEM_PLATFORM_SNP_SNP_H

#include <stdbool.h>
#include <stdint.h>

#include <cvmem/snp.h>

#define MSR_GHCB 0xc0010130u

/* The operations of a page-state change (GHCB specification 2.03, table "PSC entry"). */
enum psc_op { PSC_PRIVATE = 1, PSC_SHARED = 2 };

/* VMGEXIT (AMD APM volume 3), or the embedder's way to do it. */
static inline void snp_vmgexit(const struct cvm_snp *snp)
{
	if (snp->config.vmgexit) {
		snp->config.vmgexit(snp->config.ctx);
		return;
	}
	__asm__ volatile(".byte 0xf3, 0x0f, 0x01, 0xd9" : : : "memory", "cc");
}

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

/* cvm_snp_change_state() of one page by the MSR protocol. Nothing else may use the MSR meanwhile.
 */
int cvm_snp_psc_msr(struct cvm_snp *snp, uint64_t gpa, enum psc_op op, uint64_t *status);

/*
 * PVALIDATE every page of [start, end): validate or rescind. What was done is added to the
 * result. CVM_EALREADY: the page was in that state already; CVM_EIO: any other answer.
 */
int cvm_snp_pvalidate(struct cvm_snp *snp, uint64_t start, uint64_t end, bool validate,
		      struct cvm_accept_result *result);

#endif
