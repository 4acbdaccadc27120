/* SPDX-License-Identifier: MIT */
#ifndef PROOF_TABLE_H
#define PROOF_TABLE_H

#include <cvmem/table.h>

#include "proof.h"

/* The form that cvm_table_check() lets pass; bytes: of bitmap. */
static inline bool is_table(const struct cvm_table *table, uint64_t bytes)
{
	uint64_t unit = table->unit_size;

	return table->version == CVM_TABLE_VERSION && unit >= CVM_UNIT_MIN &&
	       unit <= CVM_UNIT_MAX && !(unit & (unit - 1)) && !(table->phys_base & (unit - 1)) &&
	       table->phys_base < CVM_PHYS_END && table->size <= bytes &&
	       table->size * 8 <=
		       ((CVM_PHYS_END - table->phys_base) >> __builtin_ctz(table->unit_size)) + 7;
}

/* The bit of one byte of memory, by a shift; what the bitmap does not cover is accepted. */
static inline bool is_unaccepted(const struct cvm_table *table, uint64_t address)
{
	uint64_t bit;

	if (address < table->phys_base)
		return false;
	bit = (address - table->phys_base) >> __builtin_ctz(table->unit_size);
	return bit < table->size * 8 && (table->bitmap[0] >> bit % 64 & 1);
}

/* Any table with one word of bitmap, in storage of 4 words. The unit is a constant for CBMC. */
static inline struct cvm_table *any_table(uint64_t *storage, unsigned shift)
{
	struct cvm_table *table = (struct cvm_table *)storage;

	storage[0] = CVM_TABLE_VERSION | UINT64_C(1) << (32 + shift);
	storage[1] = any64();
	storage[2] = any64();
	storage[3] = any64();
	ASSUME(is_table(table, 8));
	return table;
}

#endif
