/* SPDX-License-Identifier: MIT */
#include "platform/cca/rsi.h"

static bool is_range_valid(const struct cvm_cca *cca, uint64_t start, uint64_t end)
{
	return !((start | end) & 4095) && start <= end && end <= cca->shared_mask;
}

/* Where a change has stopped, and why: x0 in bits 31:0, enum cvm_cca_reason above. */
struct stop {
	uint64_t pos, status;
};

static int stop_for(struct stop *stop, enum cvm_cca_reason reason, uint64_t x0)
{
	stop->status = (uint64_t)reason << 32 | (uint32_t)x0;
	return reason == CVM_CCA_DESTROYED ? CVM_EALREADY : CVM_EIO;
}

static bool is_destroyed(const struct cvm_cca *cca, uint64_t page)
{
	CCA_UNINITIALIZED struct cvm_smc args;

	cca_args(&args, RSI_IPA_STATE_GET, page, page + 4096, 0);
	return cvm_cca_smc(cca->smc, cca->smc_ctx, &args) == RSI_SUCCESS &&
	       args.x[2] == RIPAS_DESTROYED;
}

/*
 * RSI_IPA_STATE_SET, whose x4 is 0: without CHANGE_DESTROYED. With it, a page that the host has
 * taken would come back as zeros, which the guest cannot notice (I2).
 *
 * The host decides how much of a change is done, and that may be nothing. The address to go on from
 * is the RMM's; it is checked, since the end of the range never comes from a call.
 */
static int change(const struct cvm_cca *cca, uint64_t end, enum ripas ripas, struct stop *stop)
{
	unsigned tries = 0;

	while (stop->pos < end) {
		CCA_UNINITIALIZED struct cvm_smc args;
		uint64_t next;

		cca_args(&args, RSI_IPA_STATE_SET, stop->pos, end, ripas);
		if (cvm_cca_smc(cca->smc, cca->smc_ctx, &args) != RSI_SUCCESS)
			return stop_for(stop, CVM_CCA_FAILED, args.x[0]);
		next = args.x[1];
		if (next < stop->pos || next > end || (next & 4095))
			return stop_for(stop, CVM_CCA_BROKEN, 0);
		if (next > stop->pos)
			tries = 0;
		stop->pos = next;
		if (next == end)
			break;
		if (ripas == RIPAS_RAM && is_destroyed(cca, next))
			return stop_for(stop, CVM_CCA_DESTROYED, 0);
		if (args.x[2] == RSI_REJECT)
			return stop_for(stop, CVM_CCA_REJECTED, 0);
		if (tries++ >= cca->tries)
			return stop_for(stop, CVM_CCA_STALLED, 0);
	}
	return 0;
}

int cvm_cca_accept(struct cvm_platform *platform, uint64_t start, uint64_t end,
		   struct cvm_accept_result *result)
{
	const struct cvm_cca *cca = (struct cvm_cca *)platform;
	struct stop stop;
	int error;

	if (!is_range_valid(cca, start, end))
		return CVM_EINVAL;
	stop.pos = start;
	stop.status = 0;
	error = change(cca, end, RIPAS_RAM, &stop);
	result->done = stop.pos - start;
	/* A RIPAS has no level: what is counted are pages. */
	result->accepted[CVM_LEVEL_4K] = result->done / 4096;
	if (error) {
		result->where = stop.pos;
		result->where_bytes = 4096;
		result->status = stop.status;
	}
	return error;
}

int cvm_cca_set_shared(struct cvm_platform *platform, uint64_t start, uint64_t end, uint64_t *done)
{
	const struct cvm_cca *cca = (struct cvm_cca *)platform;
	struct stop stop;
	int error;

	*done = 0;
	if (!is_range_valid(cca, start, end))
		return CVM_EINVAL;
	stop.pos = start;
	stop.status = 0;
	error = change(cca, end, RIPAS_EMPTY, &stop);
	*done = stop.pos - start;
	return error;
}

/* What is shared is EMPTY, which is what private memory is that is not accepted: the host need not
 * be asked, and takes the alias away when the page becomes RAM. */
int cvm_cca_set_private(struct cvm_platform *platform, uint64_t start, uint64_t end, uint64_t *done)
{
	*done = 0;
	if (!is_range_valid((struct cvm_cca *)platform, start, end))
		return CVM_EINVAL;
	*done = end - start;
	return 0;
}
