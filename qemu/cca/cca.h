/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_CCA_CCA_H
#define CVMEM_QEMU_CCA_CCA_H

#include "emu/cca/cca.h"
#include "qemu/guest/guest.h"
#include "qemu/guest/platform.h"

/* What is RAM before the Realm runs. */
enum cca_ripas {
	CCA_RIPAS_ALL,	 /* all memory */
	CCA_RIPAS_IMAGE, /* what is loaded */
};

/* SMCs that are counted, besides RSI's. */
enum cca_smc { CCA_SMC_PSCI, CCA_SMC_SMCCC, CCA_SMC_UNKNOWN, CCA_SMCS };

struct cca_vcpu {
	uint64_t smcs[CCA_SMCS], hvcs; /* only this vCPU changes them */
};

/* The one Realm of this process. */
struct cca {
	struct emu_cca *emu; /* NULL until the launch */
	unsigned ipa_bits;
	uint64_t shared_bit;
	enum cca_ripas ripas;
	struct emu_cca_attack attack;
	struct cca_vcpu vcpu[GUEST_MAX_VCPUS];
};

extern struct cca cca;

/* instructions.c */
struct platform_call cca_instruction(const uint8_t *bytes, size_t size);

/* smccc.c: answers the calls that are neither RSI's nor PSCI's. */
enum cca_smc cca_smc_kind(uint64_t function, uint64_t argument);
uint64_t cca_smccc(uint64_t function, uint64_t argument);

/* access.c: what the host does about an access that traps. */
bool cca_allows(const struct platform_access *access);
/* From now on device memory in the protected half, which is EMPTY, is trapped. */
void cca_trap_devices(void);

/* counters.c */
void cca_totals(struct platform_totals *out);
void cca_report_machine(struct json *json);
void cca_report_run(struct json *json);
const char *cca_ripas_name(enum cca_ripas ripas);

#endif
