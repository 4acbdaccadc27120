/* SPDX-License-Identifier: MIT */
#include "emu/snp/svsm/internal.h"
#include "emu/snp/svsm/svsm.h"

#define HEADER_SIZE 8
#define ENTRY_SIZE  8
#define HUGE	    (UINT64_C(2) << 20)

static uint64_t validate_one(struct svsm *svsm, unsigned vcpu, uint64_t entry, bool *stopped)
{
	const struct svsm_host *host = &svsm->config.host;
	uint64_t gpa = entry & ~(SVSM_PAGE - 1), size = entry & 3;
	bool validate = entry >> 2 & 1, ignore = entry >> 3 & 1;
	enum svsm_rmp result;

	if (size > 1 || (size && gpa % HUGE))
		return SVSM_INVALID_PARAMETER;
	/* A huge page that overlaps the SVSM's memory contains its beginning, or begins in it. */
	if (!svsm_is_guest_page(svsm, gpa) ||
	    (size && svsm->config.size && svsm->config.base - gpa < HUGE))
		return SVSM_INVALID_ADDRESS;
	result = host->pvalidate(host->ctx, vcpu, gpa, size, validate);
	*stopped = result == SVSM_RMP_STOP;
	if (result == SVSM_RMP_SUCCESS || (result == SVSM_RMP_UNCHANGED && ignore))
		return SVSM_SUCCESS;
	return SVSM_CORE_RESULT + (uint64_t)result;
}

/* A VMSA of the guest stays valid while its vCPU may run. */
static bool touches_vmsa(struct svsm *svsm, uint64_t entry)
{
	uint64_t gpa = entry & ~(SVSM_PAGE - 1), size = entry & 3 ? HUGE : SVSM_PAGE;
	bool found = false;

	pthread_mutex_lock(&svsm->lock);
	for (unsigned i = 0; i < svsm->vmsas; i++)
		found |= svsm->vmsa[i].gpa != SVSM_NO_GPA && svsm->vmsa[i].gpa - gpa < size;
	pthread_mutex_unlock(&svsm->lock);
	return found;
}

static uint64_t validate_all(struct svsm *svsm, unsigned vcpu, uint64_t list, uint16_t head[2],
			     bool *stopped)
{
	const struct svsm_host *host = &svsm->config.host;
	uint64_t status = SVSM_SUCCESS, entry;

	for (; head[1] < head[0]; head[1]++) {
		if (!host->read(host->ctx, list + HEADER_SIZE + head[1] * ENTRY_SIZE, &entry,
				sizeof(entry)))
			return SVSM_INVALID_ADDRESS;
		pthread_rwlock_rdlock(&svsm->pages);
		status = touches_vmsa(svsm, entry) ? SVSM_INVALID_ADDRESS
						   : validate_one(svsm, vcpu, entry, stopped);
		pthread_rwlock_unlock(&svsm->pages);
		if (status != SVSM_SUCCESS)
			return status;
	}
	return status;
}

uint64_t svsm_core_pvalidate(struct svsm *svsm, unsigned vcpu, uint64_t list, bool *stopped)
{
	const struct svsm_host *host = &svsm->config.host;
	uint64_t room = SVSM_PAGE - list % SVSM_PAGE, status;
	uint16_t head[2]; /* entries, next */

	if (list % ENTRY_SIZE || !svsm_is_guest_page(svsm, list))
		return SVSM_INVALID_PARAMETER;
	if (!host->read(host->ctx, list, head, sizeof(head)))
		return SVSM_INVALID_ADDRESS;
	if (!head[0] || head[0] > (room - HEADER_SIZE) / ENTRY_SIZE || head[1] >= head[0])
		return SVSM_INVALID_PARAMETER;
	status = validate_all(svsm, vcpu, list, head, stopped);
	/* An entry may have rescinded the page of the list itself. */
	if (!*stopped && !host->write(host->ctx, list + 2, &head[1], sizeof(head[1])) &&
	    status == SVSM_SUCCESS)
		return SVSM_INVALID_ADDRESS;
	return status;
}
