/* SPDX-License-Identifier: MIT */
#include "platform/cca/rsi.h"

/* RSI_VERSION. CVM_ENODEV: what takes the SMC knows no RSI. */
static int ask_version(enum cvm_conduit conduit, void (*smc)(void *ctx, struct cvm_smc *args),
		       void *ctx)
{
	CCA_UNINITIALIZED struct cvm_smc args;

	if (conduit != CVM_CONDUIT_SMC)
		return CVM_ENODEV;
	cca_args(&args, RSI_VERSION, RSI_1_0, 0, 0);
	switch (cvm_cca_smc(smc, ctx, &args)) {
	case RSI_SUCCESS:
		return 0;
	case RSI_ERROR_INPUT:
		return CVM_EVERSION;
	default:
		return CVM_ENODEV;
	}
}

bool cvm_cca_detect(enum cvm_conduit conduit, void (*smc)(void *ctx, struct cvm_smc *args),
		    void *ctx)
{
	return ask_version(conduit, smc, ctx) != CVM_ENODEV;
}

int cvm_cca_init(struct cvm_cca *cca, const struct cvm_cca_config *config)
{
	const volatile uint64_t *width = config->page;
	CCA_UNINITIALIZED struct cvm_smc args;
	uint64_t bits;
	int error = ask_version(config->conduit, config->smc, config->smc_ctx);

	if (error)
		return error;
	if (((uintptr_t)config->page | config->page_ipa) & 4095)
		return CVM_EINVAL;
	cca_args(&args, RSI_REALM_CONFIG, config->page_ipa, 0, 0);
	if (cvm_cca_smc(config->smc, config->smc_ctx, &args) != RSI_SUCCESS)
		return CVM_EIO;
	bits = *width;
	if (bits < 33 || bits > 52)
		return CVM_EINVAL;

	cca->platform.name = "cca";
	cca->platform.accept = cvm_cca_accept;
	cca->platform.set_shared = cvm_cca_set_shared;
	cca->platform.set_private = cvm_cca_set_private;
	cca->platform.terminate = cvm_cca_terminate;
	cca->ipa_bits = (unsigned)bits;
	cca->shared_mask = UINT64_C(1) << (cca->ipa_bits - 1);
	cca->platform.gpa_end = cca->shared_mask;
	cca->tries = 1000;
	cca->smc = config->smc;
	cca->smc_ctx = config->smc_ctx;
	return 0;
}
