/* SPDX-License-Identifier: MIT */
#include <cvmem/accept.h>

#include "internal.h"

/* Setting an acceptor up, and what is to be known of it. */

size_t cvm_claims_bytes(const struct cvm_table *table)
{
	return table ? (table->size + 7) / 8 * sizeof(struct cvm_claim) : 0;
}

int cvm_acceptor_init(struct cvm_acceptor *acceptor, const struct cvm_accept_config *config)
{
	if (!config->platform)
		return CVM_EINVAL;
	cvm_clear(acceptor, sizeof(*acceptor));
	cvm_copy(&acceptor->config, config, sizeof(*config));
	if (!config->table)
		return 0;
	acceptor->units = config->table->size * 8;
	acceptor->unit_shift = (unsigned)__builtin_ctz(config->table->unit_size);
	while (acceptor->unit_level + 1 < CVM_LEVELS &&
	       cvm_level_bytes(acceptor->unit_level + 1) <= config->table->unit_size)
		acceptor->unit_level++;
	acceptor->unit_pages = config->table->unit_size / cvm_level_bytes(acceptor->unit_level);
	if (config->claims)
		cvm_acceptor_claims(acceptor, config->claims);
	return 0;
}

void cvm_acceptor_claims(struct cvm_acceptor *acceptor, struct cvm_claim *claims)
{
	size_t count = cvm_claims_bytes(acceptor->config.table) / sizeof(*claims);

	for (size_t i = 0; i < count; i++) {
		claims[i].claimed = 0;
		claims[i].failed = 0;
	}
	acceptor->config.claims = claims;
}

uint64_t cvm_unaccepted_bytes(const struct cvm_acceptor *acceptor)
{
	const struct cvm_table *table = acceptor->config.table;

	return table ? cvm_table_count(table, table->phys_base, cvm_table_end(table)) : 0;
}

const char *cvm_cause_name(enum cvm_cause cause)
{
	switch (cause) {
	case CVM_CAUSE_EARLY:
		return "early";
	case CVM_CAUSE_PAGES:
		return "pages";
	case CVM_CAUSE_META:
		return "descriptors";
	case CVM_CAUSE_RESERVED:
		return "reserved";
	case CVM_CAUSE_KEXEC:
		return "kexec";
	case CVM_CAUSE_EAGER:
		return "eager";
	case CVM_CAUSE_BACKGROUND:
		return "background";
	case CVM_CAUSE_FAULT:
		return "fault";
	case CVM_CAUSE_FIRMWARE:
		return "firmware";
	case CVM_CAUSE_EDGE:
		return "edge";
	case CVM_CAUSE_UNSHARE:
		return "unshare";
	default:
		return "unknown";
	}
}
