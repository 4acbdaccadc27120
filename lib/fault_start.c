/* SPDX-License-Identifier: MIT */
#include <cvmem/fault.h>

#include "internal.h"
#include "map.h"

/* What must be accepted before a fault can be served. */

int cvm_fault_init(struct cvm_fault *fault, const struct cvm_fault_config *config)
{
	if (!config->acceptor || !config->acceptor->config.table ||
	    !config->acceptor->config.claims || !config->cpu || !config->cpus ||
	    !config->declared || !config->max_declared)
		return CVM_EINVAL;
	cvm_clear(fault, sizeof(*fault));
	cvm_copy(&fault->config, config, sizeof(*config));
	for (unsigned i = 0; i < config->cpus; i++) {
		cvm_clear(&config->cpu[i], sizeof(config->cpu[i]));
		/* Where no unit begins. */
		config->cpu[i].strange = config->cpu[i].next = 1;
	}
	return 0;
}

int cvm_fault_declare(struct cvm_fault *fault, uint64_t start, uint64_t end)
{
	struct cvm_fault_range *range = &fault->config.declared[fault->declared];

	if (start >= end || end > CVM_PHYS_END || fault->started)
		return CVM_EINVAL;
	if (fault->declared == fault->config.max_declared)
		return CVM_ENOSPC;
	range->start = start;
	range->end = end;
	fault->declared++;
	return 0;
}

int cvm_fault_start(struct cvm_fault *fault)
{
	struct cvm_acceptor *acceptor = fault->config.acceptor;

	if (!fault->declared)
		return CVM_EINVAL;
	for (size_t i = 0; i < fault->declared; i++) {
		const struct cvm_fault_range *range = &fault->config.declared[i];
		int error;

		if (fault->config.map &&
		    !cvm_map_has_memory(fault->config.map, range->start, range->end))
			return CVM_EINVAL;
		if (fault->config.share &&
		    cvm_is_shared(fault->config.share, range->start, range->end))
			return CVM_EBUSY;
		error = cvm_accept(acceptor, range->start, range->end, CVM_CAUSE_RESERVED);
		if (error)
			return error;
		CVM_ASSERT(!cvm_is_unaccepted(acceptor, range->start, range->end));
	}
	__atomic_store_n(&fault->started, true, __ATOMIC_RELEASE);
	return 0;
}

void cvm_fault_stop(struct cvm_fault *fault)
{
	__atomic_store_n(&fault->started, false, __ATOMIC_RELEASE);
}

void cvm_fault_stats(const struct cvm_fault *fault, struct cvm_fault_stats *out)
{
	cvm_clear(out, sizeof(*out));
	for (unsigned i = 0; i < fault->config.cpus; i++) {
		const uint64_t *from = (const uint64_t *)&fault->config.cpu[i].stats;
		uint64_t *to = (uint64_t *)out;

		for (size_t k = 0; k < sizeof(*out) / sizeof(*to); k++)
			to[k] += __atomic_load_n(&from[k], __ATOMIC_RELAXED);
	}
}
