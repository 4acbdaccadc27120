/* SPDX-License-Identifier: MIT */
#include <cvmem/metal.h>

#include "platform/x86.h"

/* Bits of an entry: Intel SDM volume 3, 4.5; AMD APM volume 2, 5.4. */
enum { PRESENT = 1 << 0, WRITABLE = 1 << 1, ACCESSED = 1 << 5, DIRTY = 1 << 6, LARGE = 1 << 7 };

#define PAGE	  UINT64_C(4096)
#define ADDRESS	  UINT64_C(0x000ffffffffff000)
#define TOP_LEVEL 3 /* its entries cover 512 GiB; level 2: 1 GiB */
#define CANONICAL (UINT64_C(1) << 47)

static uint64_t bytes_of(unsigned level)
{
	return PAGE << (9 * level);
}

static volatile uint64_t *table_at(const struct cvm_page_tables *tables, uint64_t entry)
{
	uint64_t gpa = entry & ADDRESS & ~tables->private_bit;

	return (volatile uint64_t *)(uintptr_t)(gpa + tables->direct_map);
}

/* An empty table, in private memory: the entry for it. 0: no room. */
static uint64_t allocate(struct cvm_page_tables *tables)
{
	uint64_t gpa = tables->next;

	if (tables->end - gpa < PAGE)
		return 0;
	tables->next += PAGE;
	x86_clear((void *)(uintptr_t)(gpa + tables->direct_map), PAGE);
	return gpa | tables->private_bit | PRESENT | WRITABLE | ACCESSED;
}

int cvm_page_tables_init(struct cvm_page_tables *tables)
{
	uint64_t entry = tables->next < tables->end ? allocate(tables) : 0;

	tables->root = entry & ADDRESS;
	return entry ? 0 : CVM_ENOMEM;
}

static unsigned largest_page(uint64_t va, uint64_t gpa, uint64_t bytes)
{
	unsigned level = TOP_LEVEL - 1;

	while (level && ((va | gpa) % bytes_of(level) || bytes < bytes_of(level)))
		level--;
	return level;
}

static int map_one(struct cvm_page_tables *tables, uint64_t va, uint64_t value, unsigned level)
{
	volatile uint64_t *entry = table_at(tables, tables->root);

	for (unsigned at = TOP_LEVEL;; at--) {
		entry += va / bytes_of(at) % 512;
		if (at == level)
			break;
		if (!*entry)
			*entry = allocate(tables);
		if (!*entry)
			return CVM_ENOMEM;
		if (*entry & LARGE)
			return CVM_EINVAL;
		entry = table_at(tables, *entry);
	}
	if (*entry)
		return CVM_EINVAL;
	*entry = value | (level ? LARGE : 0);
	return 0;
}

int cvm_page_tables_map(struct cvm_page_tables *tables, uint64_t va, uint64_t gpa, uint64_t bytes,
			bool shared)
{
	uint64_t bits = (shared ? tables->shared_bit : tables->private_bit) | PRESENT | WRITABLE |
			ACCESSED | DIRTY;

	if ((va | gpa | bytes) % PAGE || va >= CANONICAL || bytes > CANONICAL - va)
		return CVM_EINVAL;
	while (bytes) {
		unsigned level = largest_page(va, gpa, bytes);
		int error = map_one(tables, va, gpa | bits, level);

		if (error)
			return error;
		va += bytes_of(level);
		gpa += bytes_of(level);
		bytes -= bytes_of(level);
	}
	return 0;
}
