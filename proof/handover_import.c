/* SPDX-License-Identifier: MIT */
/*
 * proves:  cvm_handover_import() takes over no table that was not checked, that declares a page of
 *          its own unaccepted, or that lies at or behind 2^52; no address wraps
 * bound:   any header, address and number of bytes; cvm_table_check() and cvm_table_any() are
 *          replaced by ones with any answer
 * unwind:  4
 * broken:  lib/handover.c: *end = cvm_round_up(gpa + bytes, CVM_PAGE_SIZE); => *end = *start +
 * cvm_round_up(bytes, CVM_PAGE_SIZE);
 */
#include "../lib/handover.c"

#include "proof_table.h"

static uint64_t address; /* of a byte of the table */
static bool checked, asked;
static size_t storage_bytes;
static const struct cvm_map *the_map;

int cvm_table_check(const struct cvm_table *table, size_t bytes, const struct cvm_map *map)
{
	PROVE(bytes == storage_bytes && map == the_map);
	checked = any_bool();
	ASSUME(!checked || (is_table(table, bytes - 24) && bytes >= 24));
	return checked ? 0 : CVM_EINVAL;
}

bool cvm_table_any(const struct cvm_table *table, uint64_t start, uint64_t end)
{
	bool any = any_bool();

	PROVE(checked && start < end);
	asked = !any && start <= address && address < end;
	return any;
}

int cvm_acceptor_init(struct cvm_acceptor *acceptor, const struct cvm_acceptor_config *config)
{
	PROVE(checked && asked);
	return 0;
}

int main(void)
{
	uint64_t storage[4] = { any64(), any64(), any64(), any64() }, gpa = any64(),
		 offset = any64();
	struct cvm_acceptor_config config = { .table = (struct cvm_table *)storage };
	struct cvm_acceptor acceptor;
	struct cvm_map map;
	int error;

	storage_bytes = any_size();
	the_map = any_bool() ? &map : NULL;
	address = gpa + offset;
	ASSUME(offset < 24 || offset - 24 < config.table->size);
	error = cvm_handover_import(&acceptor, &config, gpa, storage_bytes, the_map);
	PROVE(error || gpa < CVM_PHYS_END);
	REACHABLE(!error && gpa % 4096 == 4095);
	REACHABLE(error && checked && gpa < CVM_PHYS_END);
	return 0;
}
