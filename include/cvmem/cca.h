/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_CCA_H
#define CVMEM_CCA_H

#include <stdbool.h>

#include <cvmem/platform.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Arm CCA: a Realm's calls to the RMM (RSI 1.0), by SMC64 (SMCCC 1.2). Memory that is accepted has
 * the RIPAS RAM; what is shared, or not accepted, is EMPTY. The memory map that the host gives
 * says nothing of that: where it may not have made all RAM before the Realm ran, accept it.
 *
 * Accepting memory that is RAM already is no error, and keeps its content. A page that the host has
 * taken is DESTROYED; accepting it is CVM_EALREADY, since it was accepted before and its content is
 * gone. It is never accepted again: with CVM_VERDICT_CONTINUE (base.h) the next access to it does
 * not return.
 *
 * result->status: x0 of the call in bits 31:0, enum cvm_cca_reason in 63:32.
 */
enum cvm_cca_reason {
	CVM_CCA_FAILED,	   /* the call failed: x0 is not 0 */
	CVM_CCA_REJECTED,  /* the host will not change it */
	CVM_CCA_STALLED,   /* the host makes no progress */
	CVM_CCA_DESTROYED, /* the host has taken the page */
	CVM_CCA_BROKEN,	   /* an answer that no RMM gives: progress outside of the range */
};

/* How PSCI is called, which the device tree ("/psci", method) or ACPI (FADT, ARM_BOOT_ARCH) says.
 * An SMC where PSCI is not called by SMC may be an undefined instruction. */
enum cvm_conduit { CVM_CONDUIT_NONE, CVM_CONDUIT_HVC, CVM_CONDUIT_SMC };

/* x0 to x10, in and out. */
struct cvm_smc {
	uint64_t x[11];
};

struct cvm_cca_config {
	enum cvm_conduit conduit;
	/* A page that is RAM already, at its IPA; free again when cvm_cca_init() returns. */
	void *page;
	uint64_t page_ipa;
	/* Executes an SMC. NULL: the instruction, where there is one. */
	void (*smc)(void *ctx, struct cvm_smc *args);
	void *smc_ctx;
};

struct cvm_cca {
	struct cvm_platform platform; /* first: what the library is given */
	uint64_t shared_mask;	      /* the IPA bit that means unprotected: bit ipa_bits - 1 */
	unsigned ipa_bits;	      /* RSI_REALM_CONFIG: 33 to 52 */
	/* A change that makes no progress is repeated this often before it counts as rejected.
	 * Set by cvm_cca_init(). */
	unsigned tries;
	/* As configured. */
	void (*smc)(void *ctx, struct cvm_smc *args);
	void *smc_ctx;
};

/*
 * Whether this is a Realm: the counterpart of cvm_platform_detect(). No SMC is executed where
 * conduit is not CVM_CONDUIT_SMC. smc and ctx as in the configuration. Any CPU.
 */
bool cvm_cca_detect(enum cvm_conduit conduit, void (*smc)(void *ctx, struct cvm_smc *args),
		    void *ctx);

/*
 * Ask the RMM and fill in everything. Once, on any CPU, before the first accept. CVM_ENODEV: not a
 * Realm. CVM_EVERSION: an RMM without RSI 1.0. CVM_EIO: RSI_REALM_CONFIG failed, for example since
 * the page is not RAM. CVM_EINVAL: the page is not aligned, or the IPA width is below 33 or
 * above 52.
 */
int cvm_cca_init(struct cvm_cca *cca, const struct cvm_cca_config *config);

#ifdef __cplusplus
}
#endif

#endif
