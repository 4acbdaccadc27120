/* SPDX-License-Identifier: MIT */
#include "shim/acpi_table.h"
#include "shim/madt.h"

/* ACPI 6.5, 5.2.12: the header has the address of the local APICs and the flags. */
#define MADT_HEADER 44

enum {
	LOCAL_APIC = 0,
	LOCAL_X2APIC = 9,
	WAKEUP = 16,
	LOCAL_APIC_BYTES = 8,
	LOCAL_X2APIC_BYTES = 16,
};

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
			id = (uint32_t)acpi_get(madt + at + 4, 4);
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
	acpi_put(entry + 2, 1, 2); /* the version with a reset vector */
	acpi_put(entry + 8, wakeup->mailbox, 8);
	acpi_put(entry + 16, wakeup->reset_vector, 8);
	acpi_put(copy + ACPI_TABLE_LENGTH, bytes + MADT_WAKEUP_BYTES, 4);
	acpi_put_checksum(copy, bytes + MADT_WAKEUP_BYTES);
	return copy;
}

/* In the RSDT, whose pointers have 4 bytes, or the XSDT, whose have 8. */
static const char *extend_in(struct acpi_loader *loader, uint64_t root, unsigned pointer_bytes,
			     const struct madt_wakeup *wakeup)
{
	uint32_t bytes, madt_bytes;
	uint8_t *table = acpi_table_at(loader, root, &bytes);

	if (!table)
		return "the root table is not in its file";
	for (uint32_t at = ACPI_TABLE_HEADER; at + pointer_bytes <= bytes; at += pointer_bytes) {
		const uint8_t *madt =
			acpi_table_at(loader, acpi_get(table + at, pointer_bytes), &madt_bytes);
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
		acpi_put(table + at, (uintptr_t)copy, pointer_bytes);
		acpi_put_checksum(table, bytes);
		return NULL;
	}
	return "there is no MADT";
}

const char *madt_add_wakeup(struct acpi_loader *loader, uint64_t rsdp,
			    const struct madt_wakeup *wakeup)
{
	const uint8_t *root = acpi_loader_at(loader, rsdp, ACPI_RSDP_BYTES);
	uint64_t xsdt = 0;

	if (!root)
		return "the RSDP is cut off";
	if (root[ACPI_RSDP_REVISION] >= 2) {
		if (!acpi_loader_at(loader, rsdp, ACPI_RSDP2_BYTES))
			return "the RSDP is cut off";
		xsdt = acpi_get(root + ACPI_RSDP_XSDT, 8);
	}
	return xsdt ? extend_in(loader, xsdt, 8, wakeup)
		    : extend_in(loader, acpi_get(root + ACPI_RSDP_RSDT, 4), 4, wakeup);
}
