/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_PLATFORM_CCA_RSI_H
#define CVMEM_PLATFORM_CCA_RSI_H

#include <stdint.h>

#include <cvmem/cca.h>

/* TF-RMM, smc-rsi.h: functions and statuses of RSI 1.0. */
#define RSI_VERSION	  0xc4000190u
#define RSI_REALM_CONFIG  0xc4000196u
#define RSI_IPA_STATE_SET 0xc4000197u
#define RSI_IPA_STATE_GET 0xc4000198u

#define RSI_SUCCESS	0u
#define RSI_ERROR_INPUT 1u
#define RSI_REJECT	1u

#define RSI_1_0 0x10000u

enum ripas { RIPAS_EMPTY, RIPAS_RAM, RIPAS_DESTROYED };

/* PSCI 1.1, SYSTEM_OFF. */
#define PSCI_SYSTEM_OFF 0x84000008u

/* For struct cvm_smc: a kernel that initialises all locals (-ftrivial-auto-var-init) would have it
 * cleared by a call of memset(). */
#if defined(__has_attribute)
#if __has_attribute(__uninitialized__)
#define CCA_UNINITIALIZED __attribute__((__uninitialized__))
#endif
#endif
#ifndef CCA_UNINITIALIZED
#define CCA_UNINITIALIZED
#endif

/* By smc, or by the instruction; returns x0. Without either it is NOT_SUPPORTED. */
uint64_t cvm_cca_smc(void (*smc)(void *ctx, struct cvm_smc *args), void *ctx, struct cvm_smc *args);

/* The first four are arguments, the others 0: an initialiser may become a call of memset(). */
static inline void cca_args(struct cvm_smc *args, uint64_t x0, uint64_t x1, uint64_t x2,
			    uint64_t x3)
{
	volatile uint64_t *x = args->x;

	x[0] = x0;
	x[1] = x1;
	x[2] = x2;
	x[3] = x3;
	for (unsigned i = 4; i < 11; i++)
		x[i] = 0;
}

int cvm_cca_accept(struct cvm_platform *platform, uint64_t start, uint64_t end,
		   struct cvm_accept_result *result);
int cvm_cca_set_shared(struct cvm_platform *platform, uint64_t start, uint64_t end, uint64_t *done);
int cvm_cca_set_private(struct cvm_platform *platform, uint64_t start, uint64_t end,
			uint64_t *done);
void cvm_cca_terminate(struct cvm_platform *platform, enum cvm_terminate_reason reason,
		       uint64_t gpa);

#endif
