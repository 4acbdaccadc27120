/* SPDX-License-Identifier: MIT */
#include "tools/boot/attack.h"

#include <string.h>

#include "boot/stages.h"

/*
 * The host changes the tables that the loader leaves in guest memory, E820 and unaccepted, before
 * the kernel reads them.
 */

/* The last 2 MiB of guest memory fault on every access. */
#define GROWTH (UINT64_C(2) << 20)

struct e820 {
	uint64_t start, size;
	uint32_t type;
};

#define E820_RAM      1
#define E820_RESERVED 2

static struct e820 read_entry(const uint8_t *table, uint64_t i)
{
	struct e820 entry;

	memcpy(&entry.start, table + i * CVM_E820_ENTRY, 8);
	memcpy(&entry.size, table + i * CVM_E820_ENTRY + 8, 8);
	memcpy(&entry.type, table + i * CVM_E820_ENTRY + 16, 4);
	return entry;
}

static void write_entry(uint8_t *table, uint64_t i, const struct e820 *entry)
{
	memcpy(table + i * CVM_E820_ENTRY, &entry->start, 8);
	memcpy(table + i * CVM_E820_ENTRY + 8, &entry->size, 8);
	memcpy(table + i * CVM_E820_ENTRY + 16, &entry->type, 4);
}

static bool is_ram(const struct handoff *handoff, const uint8_t *e820, uint64_t gpa)
{
	for (uint64_t i = 0; i < handoff->e820_bytes / CVM_E820_ENTRY; i++) {
		struct e820 entry = read_entry(e820, i);

		if (entry.type == E820_RAM && gpa >= entry.start && gpa - entry.start < entry.size)
			return true;
	}
	return false;
}

static uint64_t unit_address(const struct cvm_table *table, uint64_t bit)
{
	return table->phys_base + bit * table->unit_size;
}

/* The n-th unit from the top that is unaccepted. */
static bool find_unaccepted(const struct cvm_table *table, uint64_t n, uint64_t *gpa)
{
	for (uint64_t bit = table->size * 8; bit--;) {
		if (!(table->bitmap[bit / 64] >> bit % 64 & 1) || --n)
			continue;
		*gpa = unit_address(table, bit);
		return true;
	}
	return false;
}

static bool vanish(struct handoff *handoff, uint8_t *e820, const struct cvm_table *table,
		   uint64_t n)
{
	uint64_t gpa;

	if (!find_unaccepted(table, n, &gpa))
		return false;
	for (uint64_t i = 0; i < handoff->e820_bytes / CVM_E820_ENTRY; i++) {
		struct e820 entry = read_entry(e820, i);

		if (entry.type != E820_RAM || gpa < entry.start || gpa - entry.start >= entry.size)
			continue;
		entry.size = gpa - entry.start;
		write_entry(e820, i, &entry);
		return true;
	}
	return false;
}

static bool overlap(struct handoff *handoff, uint8_t *e820, const struct cvm_table *table,
		    uint64_t n)
{
	struct e820 device = { .size = table->unit_size / 2, .type = E820_RESERVED };

	/* The loader's buffer has room for BOOT_MAX_RANGES. */
	if (handoff->e820_bytes / CVM_E820_ENTRY >= BOOT_MAX_RANGES ||
	    !find_unaccepted(table, n, &device.start))
		return false;
	write_entry(e820, handoff->e820_bytes / CVM_E820_ENTRY, &device);
	handoff->e820_bytes += CVM_E820_ENTRY;
	return true;
}

static bool grow(struct handoff *handoff, uint8_t *e820)
{
	uint64_t last = UINT64_MAX, end = 0;
	struct e820 entry;

	for (uint64_t i = 0; i < handoff->e820_bytes / CVM_E820_ENTRY; i++) {
		entry = read_entry(e820, i);
		if (entry.type != E820_RAM || entry.start + entry.size <= end)
			continue;
		end = entry.start + entry.size;
		last = i;
	}
	if (last == UINT64_MAX)
		return false;
	entry = read_entry(e820, last);
	entry.size += GROWTH;
	write_entry(e820, last, &entry);
	return true;
}

/* TDX's shared bit is 47 or 51 in hosted/, SNP's C-bit is 51. */
static bool high(struct handoff *handoff, uint8_t *e820)
{
	const struct e820 entry = { .start = UINT64_C(1) << 51, .size = GROWTH, .type = E820_RAM };

	if (handoff->e820_bytes / CVM_E820_ENTRY >= BOOT_MAX_RANGES)
		return false;
	write_entry(e820, handoff->e820_bytes / CVM_E820_ENTRY, &entry);
	handoff->e820_bytes += CVM_E820_ENTRY;
	return true;
}

static bool set_bit(const struct handoff *handoff, const uint8_t *e820, struct cvm_table *table,
		    uint64_t n)
{
	for (uint64_t bit = 0; bit < table->size * 8; bit++) {
		if (is_ram(handoff, e820, unit_address(table, bit)) || --n)
			continue;
		table->bitmap[bit / 64] |= UINT64_C(1) << bit % 64;
		return true;
	}
	return false;
}

bool boot_attack_map(const struct boot_attack *attack, struct handoff *handoff, uintptr_t va)
{
	uint8_t *e820 = (uint8_t *)(va + handoff->e820);
	struct cvm_table *table = (struct cvm_table *)(va + handoff->table);

	if (attack->map == MAP_GROW)
		return attack->at == 1 && grow(handoff, e820);
	if (attack->map == MAP_HIGH)
		return attack->at == 1 && high(handoff, e820);
	if (!handoff->table)
		return false;
	switch (attack->map) {
	case MAP_VANISH:
		return vanish(handoff, e820, table, attack->at);
	case MAP_OVERLAP:
		return overlap(handoff, e820, table, attack->at);
	case MAP_TABLE:
		return set_bit(handoff, e820, table, attack->at);
	default:
		return false;
	}
}
