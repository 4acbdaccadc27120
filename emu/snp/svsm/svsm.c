/* SPDX-License-Identifier: MIT */
#include "emu/snp/svsm/svsm.h"

#include <stdlib.h>

#include "emu/snp/svsm/internal.h"

#define CAA_SIZE     8 /* pending, memory available, 6 reserved */
#define CORE	     0
#define CORE_VERSION UINT64_C(1)

enum {
	REMAP_CA,
	PVALIDATE,
	CREATE_VCPU,
	DELETE_VCPU,
	DEPOSIT_MEM,
	WITHDRAW_MEM,
	QUERY_PROTOCOL,
	CONFIGURE_VTOM,
};

struct svsm *svsm_create(const struct svsm_config *config)
{
	struct svsm *svsm = calloc(1, sizeof(*svsm));

	if (!svsm)
		return NULL;
	pthread_mutex_init(&svsm->lock, NULL);
	pthread_rwlock_init(&svsm->pages, NULL);
	svsm->config = *config;
	svsm->vmsas = config->vcpus * SVSM_VMSAS_PER_VCPU;
	svsm->caa = calloc(config->vcpus, sizeof(*svsm->caa));
	svsm->vmsa = calloc(svsm->vmsas, sizeof(*svsm->vmsa));
	if (!svsm->caa || !svsm->vmsa) {
		svsm_destroy(svsm);
		return NULL;
	}
	for (unsigned i = 0; i < config->vcpus; i++)
		svsm->caa[i] =
			i && !config->caa_step ? SVSM_NO_GPA : config->caa + i * config->caa_step;
	for (unsigned i = 0; i < svsm->vmsas; i++)
		svsm->vmsa[i].gpa = SVSM_NO_GPA;
	return svsm;
}

void svsm_destroy(struct svsm *svsm)
{
	if (!svsm)
		return;
	pthread_rwlock_destroy(&svsm->pages);
	pthread_mutex_destroy(&svsm->lock);
	free(svsm->caa);
	free(svsm->vmsa);
	free(svsm);
}

uint64_t svsm_caa(struct svsm *svsm, unsigned vcpu)
{
	uint64_t caa;

	pthread_mutex_lock(&svsm->lock);
	caa = svsm->caa[vcpu];
	pthread_mutex_unlock(&svsm->lock);
	return caa;
}

static uint64_t remap_ca(struct svsm *svsm, unsigned vcpu, uint64_t gpa)
{
	static const uint8_t clear[CAA_SIZE];
	const struct svsm_host *host = &svsm->config.host;

	/* 8 bytes that are aligned to 8 do not cross a page. */
	if (gpa % CAA_SIZE || !svsm_is_guest_page(svsm, gpa))
		return SVSM_INVALID_PARAMETER;
	if (!host->write(host->ctx, gpa, clear, sizeof(clear)))
		return SVSM_INVALID_ADDRESS;
	pthread_mutex_lock(&svsm->lock);
	svsm->caa[vcpu] = gpa;
	pthread_mutex_unlock(&svsm->lock);
	return SVSM_SUCCESS;
}

static uint64_t query_protocol(uint64_t *rcx)
{
	uint32_t protocol = (uint32_t)(*rcx >> 32), version = (uint32_t)*rcx;

	*rcx = 0;
	if (protocol == CORE && version == CORE_VERSION)
		*rcx = CORE_VERSION << 32 | CORE_VERSION;
	return SVSM_SUCCESS;
}

static uint64_t configure_vtom(uint64_t *rcx)
{
	if (!(*rcx & 1))
		return SVSM_INVALID_REQUEST;
	*rcx = 0;
	return SVSM_SUCCESS;
}

static uint64_t core_call(struct svsm *svsm, unsigned vcpu, struct svsm_regs *regs, bool *stopped)
{
	switch ((uint32_t)regs->rax) {
	case REMAP_CA:
		return remap_ca(svsm, vcpu, regs->rcx);
	case PVALIDATE:
		return svsm_core_pvalidate(svsm, vcpu, regs->rcx, stopped);
	case CREATE_VCPU:
		return svsm_core_create_vcpu(svsm, vcpu, regs, stopped);
	case DELETE_VCPU:
		return svsm_core_delete_vcpu(svsm, vcpu, regs->rcx, stopped);
	case QUERY_PROTOCOL:
		return query_protocol(&regs->rcx);
	case CONFIGURE_VTOM:
		return configure_vtom(&regs->rcx);
	default:
		return SVSM_UNSUPPORTED_CALL;
	}
}

enum svsm_result svsm_call(struct svsm *svsm, unsigned vcpu, struct svsm_regs *regs)
{
	const struct svsm_host *host = &svsm->config.host;
	uint64_t caa = svsm_caa(svsm, vcpu);
	uint8_t pending;
	bool stopped = false;

	if (caa == SVSM_NO_GPA || !host->read(host->ctx, caa, &pending, 1))
		return SVSM_NO_CAA;
	if (!pending)
		return SVSM_IDLE;
	/* Before the call, which may move the area: the guest checks the one that it used for the
	 * call. */
	pending = 0;
	if (!host->write(host->ctx, caa, &pending, 1))
		return SVSM_NO_CAA;
	if (regs->rax >> 32 == CORE)
		regs->rax = core_call(svsm, vcpu, regs, &stopped);
	else
		regs->rax = SVSM_UNSUPPORTED_PROTOCOL;
	return stopped ? SVSM_STOPPED : SVSM_RETURNED;
}
