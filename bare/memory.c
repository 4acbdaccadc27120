/* SPDX-License-Identifier: MIT */
#include "bare/bare.h"

#define GIB	 (UINT64_C(1) << 30)
#define FOUR_GIB (4 * GIB)
/* Two views of 4 TiB in pages of 1 GiB take 16 tables below the first. The tables in use stay as
 * they are while others are made. */
#define TABLES 32

uint64_t bare_root;
static uint8_t pool[TABLES][4096] __attribute__((aligned(4096)));
static uint64_t next = (uint64_t)pool;

/* In whole pages of 1 GiB, so that device memory and the ROM are reached too. */
int bare_memory_start(uint64_t end)
{
	struct cvm_page_tables tables = {
		.next = next,
		.end = (uint64_t)pool + sizeof(pool),
		.private_bit = bare_platform.private_bit,
		.shared_bit = bare_platform.shared_bit,
	};
	uint64_t bytes = (end + GIB - 1) & -GIB;
	int error = cvm_page_tables_init(&tables);

	if (bytes < FOUR_GIB)
		bytes = FOUR_GIB;
	if (!error)
		error = cvm_page_tables_map(&tables, 0, 0, bytes, false);
	if (!error)
		error = cvm_page_tables_map(&tables, BARE_SHARED_MAP, 0, bytes, true);
	next = tables.next;
	if (error)
		return error;
	bare_root = tables.root & ~bare_platform.private_bit;
	__asm__ volatile("mov %0, %%cr3" : : "r"(tables.root) : "memory");
	return 0;
}
