/* SPDX-License-Identifier: MIT */
/*
 * proves:  cvm_frame_readable() reads nothing behind the bytes that may be read, with any header,
 *          and answers as the bit does
 * bound:   tables of up to 40 bytes, cut short anywhere; units of 4 KiB, 2 MiB and 1 GiB, and any
 *          that is not valid; any address
 * unwind:  4
 * broken:  lib/handover.c: if (unit / 8 >= size) => if (unit / 64 >= size)
 */
#include "../lib/handover.c"

#include "proof.h"

static void prove(uint32_t unit_size, unsigned shift)
{
	size_t bytes = any_size();
	uint64_t gpa = any64(), bit;
	struct cvm_table *table;
	bool readable;

	ASSUME(bytes <= 40);
	table = malloc(bytes);
	ASSUME(table);
	if (bytes >= 8)
		table->unit_size = unit_size;
	readable = cvm_frame_readable(table, bytes, gpa);
	if (bytes < 24 || table->version != 1 || !shift) {
		PROVE(!readable);
		return;
	}
	if (gpa < table->phys_base)
		return;
	bit = (gpa - table->phys_base) >> shift;
	if (readable)
		PROVE(bit >= table->size * 8 ||
		      !(((const uint8_t *)table->bitmap)[bit / 8] >> bit % 8 & 1));
	REACHABLE(readable && bit < table->size * 8);
	REACHABLE(!readable && bit == 8 && table->size == 2);
}

int main(void)
{
	uint32_t invalid = any32();

	prove(UINT32_C(1) << 12, 12);
	prove(UINT32_C(1) << 21, 21);
	prove(UINT32_C(1) << 30, 30);
	ASSUME(invalid < 4096 || invalid > UINT32_C(1) << 30 || (invalid & (invalid - 1)));
	prove(invalid, 0);
	return 0;
}
