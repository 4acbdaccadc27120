/* SPDX-License-Identifier: MIT */
#include "guest/guest.h"

/* ACPI 6.5, 5.2: from the RSDP to the multiprocessor wakeup structure. The host has made the
 * tables: nothing in them is taken for granted, and no memory is read that firmware has not
 * accepted. */

enum { RSDP_BYTES = 36, RSDP_XSDT = 24 };		       /* 5.2.5.3 */
enum { HEADER_BYTES = 36, HEADER_LENGTH = 4 };		       /* 5.2.6 */
enum { MADT_ENTRIES = HEADER_BYTES + 8 };		       /* 5.2.12 */
enum { WAKEUP = 0x10, WAKEUP_BYTES = 16, WAKEUP_MAILBOX = 8 }; /* 5.2.12.19 */

#define MAILBOX_BYTES 4096

static uint64_t le(const uint8_t *from, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value |= (uint64_t)from[i] << 8 * i;
	return value;
}

/* NULL: not all of it is in one range. */
static const struct cvm_range *range_of(const struct cvm_map *map, uint64_t gpa, uint64_t bytes)
{
	const struct cvm_range *range = gpa ? cvm_map_find(map, gpa) : NULL;

	return range && range->end - gpa >= bytes ? range : NULL;
}

/* NULL: not all of it may be read. */
static const uint8_t *memory(const struct cvm_map *map, uint64_t gpa, uint64_t bytes)
{
	const struct cvm_range *range = range_of(map, gpa, bytes);

	if (!range || (range->type != CVM_MEM_RAM && range->type != CVM_MEM_ACPI &&
		       range->type != CVM_MEM_NVS))
		return NULL;
	return (const uint8_t *)(uintptr_t)gpa;
}

/* It is written to. 5.2.12.19: it is a page of ACPI NVS, so no memory that this kernel uses. */
static bool is_mailbox(const struct cvm_map *map, uint64_t gpa)
{
	const struct cvm_range *range = range_of(map, gpa, MAILBOX_BYTES);

	return range && range->type == CVM_MEM_NVS && gpa % MAILBOX_BYTES == 0;
}

/* With its length in bytes. */
static const uint8_t *table_at(const struct cvm_map *map, uint64_t gpa, uint64_t *bytes)
{
	const uint8_t *table = memory(map, gpa, HEADER_BYTES);

	if (!table)
		return NULL;
	*bytes = le(table + HEADER_LENGTH, 4);
	return *bytes >= HEADER_BYTES ? memory(map, gpa, *bytes) : NULL;
}

static bool is(const uint8_t *table, const char *signature, unsigned length)
{
	for (unsigned i = 0; i < length; i++)
		if (table[i] != (uint8_t)signature[i])
			return false;
	return true;
}

static uint64_t mailbox_in(const uint8_t *madt, uint64_t bytes)
{
	uint64_t length;

	for (uint64_t at = MADT_ENTRIES; bytes >= 2 && at <= bytes - 2; at += length) {
		length = madt[at + 1];
		if (length < 2 || length > bytes - at)
			return 0;
		if (madt[at] == WAKEUP && length >= WAKEUP_BYTES)
			return le(madt + at + WAKEUP_MAILBOX, 8);
	}
	return 0;
}

uint64_t guest_madt_mailbox(const struct cvm_map *map, uint64_t rsdp)
{
	const uint8_t *root = memory(map, rsdp, RSDP_BYTES), *xsdt, *table;
	uint64_t bytes, table_bytes, mailbox = 0;

	if (!root || !is(root, "RSD PTR ", 8))
		return 0;
	xsdt = table_at(map, le(root + RSDP_XSDT, 8), &bytes);
	if (!xsdt || !is(xsdt, "XSDT", 4))
		return 0;
	for (uint64_t at = HEADER_BYTES; !mailbox && bytes - at >= 8; at += 8) {
		table = table_at(map, le(xsdt + at, 8), &table_bytes);
		if (table && is(table, "APIC", 4))
			mailbox = mailbox_in(table, table_bytes);
	}
	return is_mailbox(map, mailbox) ? mailbox : 0;
}
