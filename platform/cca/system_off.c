/* SPDX-License-Identifier: MIT */
#include "platform/cca/rsi.h"

/* PSCI SYSTEM_OFF, which passes no reason on. An RMM that returns from it is asked again. */
void cvm_cca_terminate(struct cvm_platform *platform, enum cvm_terminate_reason reason,
		       uint64_t gpa)
{
	const struct cvm_cca *cca = (struct cvm_cca *)platform;
	CCA_UNINITIALIZED struct cvm_smc args;

	(void)reason;
	(void)gpa;
	for (;;) {
		cca_args(&args, PSCI_SYSTEM_OFF, 0, 0, 0);
		cvm_cca_smc(cca->smc, cca->smc_ctx, &args);
	}
}
