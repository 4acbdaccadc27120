/* SPDX-License-Identifier: MIT */
#include "shim/acpi_table.h"
#include "shim/ccel.h"

enum {
	CCEL_TYPE = 36,
	CCEL_LOG_BYTES = 40,
	CCEL_LOG = 48,
};

#define TABLE_REVISION 8
#define CC_TYPE_TDX    2

static uint8_t *make_table(struct acpi_loader *loader, uint64_t log, uint64_t log_bytes)
{
	static const uint8_t name[] = { 'C', 'C', 'E', 'L' };
	static const uint8_t oem[] = { 'C', 'V', 'M', 'E', 'M', ' ', 'S', 'H', 'I', 'M' };
	uint8_t *table = loader->host.allocate(loader->host.ctx, CCEL_BYTES);

	if (!table)
		return NULL;
	for (unsigned i = 0; i < sizeof(name); i++)
		table[i] = name[i];
	acpi_put(table + ACPI_TABLE_LENGTH, CCEL_BYTES, 4);
	table[TABLE_REVISION] = 1;
	for (unsigned i = 0; i < sizeof(oem); i++)
		table[10 + i] = oem[i];
	table[CCEL_TYPE] = CC_TYPE_TDX;
	acpi_put(table + CCEL_LOG_BYTES, log_bytes, 8);
	acpi_put(table + CCEL_LOG, log, 8);
	acpi_put_checksum(table, CCEL_BYTES);
	return table;
}

const char *ccel_add(struct acpi_loader *loader, uint64_t rsdp, uint64_t log, uint64_t log_bytes)
{
	uint8_t *pointers = acpi_loader_at(loader, rsdp, ACPI_RSDP_BYTES), *root, *copy, *table;
	unsigned at = ACPI_RSDP_RSDT, size = 4;
	uint32_t bytes;

	if (!pointers)
		return "the RSDP is cut off";
	if (pointers[ACPI_RSDP_REVISION] >= 2) {
		if (!acpi_loader_at(loader, rsdp, ACPI_RSDP2_BYTES))
			return "the RSDP is cut off";
		if (acpi_get(pointers + ACPI_RSDP_XSDT, 8)) {
			at = ACPI_RSDP_XSDT;
			size = 8;
		}
	}
	root = acpi_table_at(loader, acpi_get(pointers + at, size), &bytes);
	if (!root)
		return "the root table is not in its file";
	if ((bytes - ACPI_TABLE_HEADER) % size)
		return "the root table ends within a pointer";
	table = make_table(loader, log, log_bytes);
	copy = loader->host.allocate(loader->host.ctx, bytes + size);
	if (!table || !copy || (size == 4 && ((uintptr_t)table | (uintptr_t)copy) > UINT32_MAX))
		return "there is no memory for the CCEL";
	for (uint32_t i = 0; i < bytes; i++)
		copy[i] = root[i];
	acpi_put(copy + bytes, (uintptr_t)table, size);
	acpi_put(copy + ACPI_TABLE_LENGTH, bytes + size, 4);
	acpi_put_checksum(copy, bytes + size);
	acpi_put(pointers + at, (uintptr_t)copy, size);
	acpi_put_rsdp_checksums(pointers);
	return NULL;
}
