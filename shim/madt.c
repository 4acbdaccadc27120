/* SPDX-License-Identifier: MIT */
#include "shim/madt.h"

/* ACPI 6.5, 5.2.5.3 and 5.2.6. */
enum {
	RSDP_BYTES = 20,
	RSDP_REVISION = 15,
	RSDP_RSDT = 16,
	RSDP2_BYTES = 36,
	RSDP_XSDT = 24,
	TABLE_LENGTH = 4,
	TABLE_CHECKSUM = 9,
	TABLE_HEADER = 36,
	MADT_HEADER = 44, /* with the address of the local APICs and the flags */
};

enum {
	LOCAL_APIC = 0,
	LOCAL_X2APIC = 9,
	WAKEUP = 16,
	LOCAL_APIC_BYTES = 8,
	LOCAL_X2APIC_BYTES = 16,
};

#define MAX_TABLE (UINT32_C(1) << 20)

static uint64_t get(const uint8_t *from, unsigned bytes)
{
	uint64_t value = 0;

	while (bytes--)
		value = value << 8 | from[bytes];
	return value;
}

static void put(uint8_t *to, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}

/* The whole table at an address, of *bytes; NULL: not in the files. */
static uint8_t *table_at(struct acpi_loader *loader, uint64_t address, uint32_t *bytes)
{
	const uint8_t *header = acpi_loader_at(loader, address, TABLE_HEADER);

	if (!header)
		return NULL;
	*bytes = (uint32_t)get(header + TABLE_LENGTH, 4);
	if (*bytes < TABLE_HEADER || *bytes > MAX_TABLE)
		return NULL;
	return acpi_loader_at(loader, address, *bytes);
}

static void put_checksum(uint8_t *table, uint32_t bytes)
{
	uint8_t sum = 0;

	table[TABLE_CHECKSUM] = 0;
	for (uint32_t i = 0; i < bytes; i++)
		sum = (uint8_t)(sum + table[i]);
	table[TABLE_CHECKSUM] = (uint8_t)-sum;
}

static bool is_madt(const uint8_t *table)
{
	return table[0] == 'A' && table[1] == 'P' && table[2] == 'I' && table[3] == 'C';
}

/* The CPUs' numbers; false: an entry has not the length of its type, or passes the end. */
static bool read_entries(const uint8_t *madt, uint32_t bytes, const struct madt_wakeup *wakeup)
{
	unsigned cpus = 0;

	for (uint32_t at = MADT_HEADER; at < bytes; at += madt[at + 1]) {
		unsigned length = bytes - at < 2 ? 0 : madt[at + 1];
		uint32_t id;

		if (length < 2 || length > bytes - at || madt[at] == WAKEUP)
			return false;
		if (madt[at] == LOCAL_APIC && length >= LOCAL_APIC_BYTES)
			id = madt[at + 3];
		else if (madt[at] == LOCAL_X2APIC && length >= LOCAL_X2APIC_BYTES)
			id = (uint32_t)get(madt + at + 4, 4);
		else
			continue;
		if (cpus < wakeup->max_cpus)
			wakeup->apic_ids[cpus++] = id;
	}
	return true;
}

static uint8_t *extend(struct acpi_loader *loader, const uint8_t *madt, uint32_t bytes,
		       const struct madt_wakeup *wakeup)
{
	uint8_t *copy = loader->host.allocate(loader->host.ctx, bytes + MADT_WAKEUP_BYTES);
	uint8_t *entry = copy + bytes;

	if (!copy)
		return NULL;
	for (uint32_t i = 0; i < bytes; i++)
		copy[i] = madt[i];
	entry[0] = WAKEUP;
	entry[1] = MADT_WAKEUP_BYTES;
	put(entry + 2, 1, 2); /* the version with a reset vector */
	put(entry + 8, wakeup->mailbox, 8);
	put(entry + 16, wakeup->reset_vector, 8);
	put(copy + TABLE_LENGTH, bytes + MADT_WAKEUP_BYTES, 4);
	put_checksum(copy, bytes + MADT_WAKEUP_BYTES);
	return copy;
}

/* In the RSDT, whose pointers have 4 bytes, or the XSDT, whose have 8. */
static const char *extend_in(struct acpi_loader *loader, uint64_t root, unsigned pointer_bytes,
			     const struct madt_wakeup *wakeup)
{
	uint32_t bytes, madt_bytes;
	uint8_t *table = table_at(loader, root, &bytes);

	if (!table)
		return "the root table is not in its file";
	for (uint32_t at = TABLE_HEADER; at + pointer_bytes <= bytes; at += pointer_bytes) {
		const uint8_t *madt = table_at(loader, get(table + at, pointer_bytes), &madt_bytes);
		uint8_t *copy;

		if (!madt)
			return "a table is not in its file";
		if (!is_madt(madt))
			continue;
		if (madt_bytes < MADT_HEADER || !read_entries(madt, madt_bytes, wakeup))
			return "the MADT has an entry that cannot be";
		copy = extend(loader, madt, madt_bytes, wakeup);
		if (!copy || (pointer_bytes == 4 && (uintptr_t)copy > UINT32_MAX))
			return "there is no memory for the MADT";
		put(table + at, (uintptr_t)copy, pointer_bytes);
		put_checksum(table, bytes);
		return NULL;
	}
	return "there is no MADT";
}

const char *madt_add_wakeup(struct acpi_loader *loader, uint64_t rsdp,
			    const struct madt_wakeup *wakeup)
{
	const uint8_t *root = acpi_loader_at(loader, rsdp, RSDP_BYTES);
	uint64_t xsdt = 0;

	if (!root)
		return "the RSDP is cut off";
	if (root[RSDP_REVISION] >= 2) {
		if (!acpi_loader_at(loader, rsdp, RSDP2_BYTES))
			return "the RSDP is cut off";
		xsdt = get(root + RSDP_XSDT, 8);
	}
	return xsdt ? extend_in(loader, xsdt, 8, wakeup)
		    : extend_in(loader, get(root + RSDP_RSDT, 4), 4, wakeup);
}
