/* SPDX-License-Identifier: MIT */
#include "emu/snp/svsm/internal.h"
#include "emu/snp/svsm/svsm.h"

/* Offsets in a VMSA, AMD APM volume 2, table B-4. */
enum { VMSA_VMPL = 0xca, VMSA_EFER = 0xd0, VMSA_SEV_FEATURES = 0x3b0 };

#define EFER_SVME (UINT64_C(1) << 12)

/* Chapter 6.3, SVSM_CORE_CREATE_VCPU: requirements for a VMSA. */
static bool is_valid(const struct svsm *svsm, uint64_t vmsa)
{
	const struct svsm_config *config = &svsm->config;
	const struct svsm_host *host = &config->host;
	uint64_t efer, features;
	uint8_t vmpl;

	return host->read(host->ctx, vmsa + VMSA_VMPL, &vmpl, sizeof(vmpl)) &&
	       host->read(host->ctx, vmsa + VMSA_EFER, &efer, sizeof(efer)) &&
	       host->read(host->ctx, vmsa + VMSA_SEV_FEATURES, &features, sizeof(features)) &&
	       vmpl == config->vmpl && efer & EFER_SVME && features == config->sev_features;
}

/* The place where a VMSA is registered; SVSM_NO_GPA finds a free place. NULL: there is none. */
static struct svsm_vmsa *find(struct svsm *svsm, uint64_t gpa)
{
	for (unsigned i = 0; i < svsm->vmsas; i++)
		if (svsm->vmsa[i].gpa == gpa)
			return &svsm->vmsa[i];
	return NULL;
}

static uint64_t create(struct svsm *svsm, unsigned vcpu, unsigned target, uint64_t vmsa,
		       uint64_t caa, bool *stopped)
{
	const struct svsm_host *host = &svsm->config.host;
	struct svsm_vmsa *place = find(svsm, SVSM_NO_GPA);
	enum svsm_rmp result;

	if (find(svsm, vmsa) || !is_valid(svsm, vmsa))
		return SVSM_INVALID_PARAMETER;
	if (!place)
		return SVSM_BUSY;
	result = host->set_vmsa(host->ctx, vcpu, vmsa, true);
	*stopped = result == SVSM_RMP_STOP;
	if (result != SVSM_RMP_SUCCESS)
		return SVSM_CORE_RESULT + (uint64_t)result;
	*place = (struct svsm_vmsa){ .gpa = vmsa, .vcpu = target };
	svsm->caa[target] = caa;
	return SVSM_SUCCESS;
}

uint64_t svsm_core_create_vcpu(struct svsm *svsm, unsigned vcpu, const struct svsm_regs *regs,
			       bool *stopped)
{
	const struct svsm_host *host = &svsm->config.host;
	uint64_t vmsa = regs->rcx, caa = regs->rdx, status;
	int target = host->vcpu_of(host->ctx, (uint32_t)regs->r8);

	if (vmsa % SVSM_PAGE || caa % SVSM_PAGE || vmsa == caa || !svsm_is_guest_page(svsm, vmsa) ||
	    !svsm_is_guest_page(svsm, caa))
		return SVSM_INVALID_ADDRESS;
	if (target < 0 || (unsigned)target >= svsm->config.vcpus)
		return SVSM_INVALID_PARAMETER;
	pthread_rwlock_wrlock(&svsm->pages);
	pthread_mutex_lock(&svsm->lock);
	status = create(svsm, vcpu, (unsigned)target, vmsa, caa, stopped);
	pthread_mutex_unlock(&svsm->lock);
	pthread_rwlock_unlock(&svsm->pages);
	return status;
}

static uint64_t unmake(struct svsm *svsm, unsigned vcpu, uint64_t vmsa, bool *stopped)
{
	const struct svsm_host *host = &svsm->config.host;
	struct svsm_vmsa *place = find(svsm, vmsa);
	enum svsm_rmp result;

	if (!place || vmsa == SVSM_NO_GPA)
		return SVSM_INVALID_PARAMETER;
	result = host->set_vmsa(host->ctx, vcpu, vmsa, false);
	*stopped = result == SVSM_RMP_STOP;
	if (result != SVSM_RMP_SUCCESS)
		return SVSM_CORE_RESULT + (uint64_t)result;
	place->gpa = SVSM_NO_GPA;
	return SVSM_SUCCESS;
}

uint64_t svsm_core_delete_vcpu(struct svsm *svsm, unsigned vcpu, uint64_t vmsa, bool *stopped)
{
	uint64_t status;

	pthread_mutex_lock(&svsm->lock);
	status = unmake(svsm, vcpu, vmsa, stopped);
	pthread_mutex_unlock(&svsm->lock);
	return status;
}

bool svsm_is_vmsa(struct svsm *svsm, uint64_t gpa, unsigned *vcpu)
{
	const struct svsm_vmsa *place;

	pthread_mutex_lock(&svsm->lock);
	place = gpa == SVSM_NO_GPA ? NULL : find(svsm, gpa);
	if (place)
		*vcpu = place->vcpu;
	pthread_mutex_unlock(&svsm->lock);
	return place;
}
