/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/cca/cca.h"

/* SMC Calling Convention 1.2, sections 6 and 7: function identifiers, and the calls that tell about
 * others. PSCI 1.1, section 5, has its own in the range of standard services. */
#define SMCCC_VERSION	    0x80000000
#define SMCCC_ARCH_FEATURES 0x80000001
#define PSCI_FEATURES	    0x8400000a
#define PSCI_FIRST	    0x84000000
#define PSCI_LAST	    0x8400001f
#define CALL_64		    (1u << 30)

#define VERSION_1_2   0x10002
#define NOT_SUPPORTED UINT64_MAX

enum cca_smc cca_smc_kind(uint64_t function, uint64_t argument)
{
	uint32_t number = (uint32_t)function & ~CALL_64;

	/* QEMU's PSCI does not know of SMCCC. */
	if (function == PSCI_FEATURES && (uint32_t)argument == SMCCC_VERSION)
		return CCA_SMC_SMCCC;
	if (function >> 32)
		return CCA_SMC_UNKNOWN;
	if (number >= PSCI_FIRST && number <= PSCI_LAST)
		return CCA_SMC_PSCI;
	return function == SMCCC_VERSION || function == SMCCC_ARCH_FEATURES ? CCA_SMC_SMCCC
									    : CCA_SMC_UNKNOWN;
}

uint64_t cca_smccc(uint64_t function, uint64_t argument)
{
	argument = (uint32_t)argument;
	switch (function) {
	case SMCCC_VERSION:
		return VERSION_1_2;
	case SMCCC_ARCH_FEATURES:
		return argument == SMCCC_VERSION || argument == SMCCC_ARCH_FEATURES ? 0
										    : NOT_SUPPORTED;
	case PSCI_FEATURES:
		return argument == SMCCC_VERSION ? 0 : NOT_SUPPORTED;
	default:
		return NOT_SUPPORTED;
	}
}
