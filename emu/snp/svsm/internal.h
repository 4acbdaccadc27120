/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_EMU_SNP_SVSM_INTERNAL_H
#define CVMEM_EMU_SNP_SVSM_INTERNAL_H

#include <pthread.h>

#include "emu/snp/svsm/svsm.h"

#define SVSM_PAGE   UINT64_C(4096)
#define SVSM_NO_GPA UINT64_MAX

/* A guest creates a vCPU's next VMSA before it deletes the previous one. */
#define SVSM_VMSAS_PER_VCPU 4

struct svsm_vmsa {
	uint64_t gpa; /* SVSM_NO_GPA: none */
	unsigned vcpu;
};

struct svsm {
	struct svsm_config config;
	pthread_mutex_t lock; /* for the fields below except pages; taken after pages */
	/* PVALIDATE shares it, CREATE_VCPU owns it: a page must not be rescinded while it becomes a
	 * VMSA. */
	pthread_rwlock_t pages;
	uint64_t *caa; /* by vCPU */
	struct svsm_vmsa *vmsa;
	unsigned vmsas; /* places */
};

/* Whether the guest may name the page that holds gpa. */
bool svsm_is_guest_page(const struct svsm *svsm, uint64_t gpa);

/* *stopped is set if the machine has stopped. */
uint64_t svsm_core_pvalidate(struct svsm *svsm, unsigned vcpu, uint64_t list, bool *stopped);
uint64_t svsm_core_create_vcpu(struct svsm *svsm, unsigned vcpu, const struct svsm_regs *regs,
			       bool *stopped);
uint64_t svsm_core_delete_vcpu(struct svsm *svsm, unsigned vcpu, uint64_t vmsa, bool *stopped);

#endif
