/* SPDX-License-Identifier: MIT */
#include <cvmem/handover.h>

#include "internal.h"

/* The other side: a table that a kernel before has left, alive or dead. */

void cvm_handover_table_pages(const struct cvm_table *table, uint64_t gpa, uint64_t *start,
			      uint64_t *end)
{
	/* The bitmap is read in whole words. */
	uint64_t bytes = CVM_TABLE_HEADER + cvm_round_up(table->size, 8);

	*start = cvm_round_down(gpa, CVM_PAGE_SIZE);
	*end = cvm_round_up(gpa + bytes, CVM_PAGE_SIZE);
}

int cvm_handover_import(struct cvm_acceptor *acceptor, const struct cvm_accept_config *config,
			uint64_t gpa, size_t bytes, const struct cvm_map *map)
{
	const struct cvm_table *table = config->table;
	uint64_t start, end;
	int error;

	if (!table)
		return cvm_acceptor_init(acceptor, config);
	error = cvm_table_check(table, bytes, map);
	if (error)
		return error;
	if (gpa >= CVM_PHYS_END)
		return CVM_EINVAL;
	cvm_handover_table_pages(table, gpa, &start, &end);
	if (cvm_table_any(table, start, end))
		return CVM_EINVAL;
	return cvm_acceptor_init(acceptor, config);
}

/* Each field is read once: whoever wrote the table may still be at it. */
bool cvm_frame_readable(const struct cvm_table *table, size_t bytes, uint64_t gpa)
{
	uint64_t base, size, unit_size, unit;

	if (!table)
		return true;
	if (bytes < CVM_TABLE_HEADER || (uintptr_t)table % 8 ||
	    __atomic_load_n(&table->version, __ATOMIC_RELAXED) != CVM_TABLE_VERSION)
		return false;
	unit_size = __atomic_load_n(&table->unit_size, __ATOMIC_RELAXED);
	base = __atomic_load_n(&table->phys_base, __ATOMIC_RELAXED);
	size = __atomic_load_n(&table->size, __ATOMIC_RELAXED);
	if (unit_size < CVM_UNIT_MIN || unit_size > CVM_UNIT_MAX || unit_size & (unit_size - 1) ||
	    base % unit_size || base >= CVM_PHYS_END || size > bytes - CVM_TABLE_HEADER ||
	    cvm_round_up(size, 8) > bytes - CVM_TABLE_HEADER)
		return false;
	if (gpa < base)
		return true;
	unit = (gpa - base) / unit_size;
	if (unit / 8 >= size)
		return true;
	return !(__atomic_load_n(&table->bitmap[unit / 64], __ATOMIC_ACQUIRE) >> unit % 64 & 1);
}
