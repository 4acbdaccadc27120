/* SPDX-License-Identifier: MIT */
#include "shim/acpi_table.h"

#define MAX_TABLE (UINT32_C(1) << 20)

uint64_t acpi_get(const uint8_t *from, unsigned bytes)
{
	uint64_t value = 0;

	while (bytes--)
		value = value << 8 | from[bytes];
	return value;
}

void acpi_put(uint8_t *to, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}

uint8_t *acpi_table_at(struct acpi_loader *loader, uint64_t address, uint32_t *bytes)
{
	const uint8_t *header = acpi_loader_at(loader, address, ACPI_TABLE_HEADER);

	if (!header)
		return NULL;
	*bytes = (uint32_t)acpi_get(header + ACPI_TABLE_LENGTH, 4);
	if (*bytes < ACPI_TABLE_HEADER || *bytes > MAX_TABLE)
		return NULL;
	return acpi_loader_at(loader, address, *bytes);
}

static uint8_t checksum(const uint8_t *from, uint32_t bytes)
{
	uint8_t sum = 0;

	for (uint32_t i = 0; i < bytes; i++)
		sum = (uint8_t)(sum + from[i]);
	return (uint8_t)-sum;
}

void acpi_put_checksum(uint8_t *table, uint32_t bytes)
{
	table[ACPI_TABLE_CHECKSUM] = 0;
	table[ACPI_TABLE_CHECKSUM] = checksum(table, bytes);
}

void acpi_put_rsdp_checksums(uint8_t *rsdp)
{
	rsdp[ACPI_RSDP_CHECKSUM] = 0;
	rsdp[ACPI_RSDP_CHECKSUM] = checksum(rsdp, ACPI_RSDP_BYTES);
	if (rsdp[ACPI_RSDP_REVISION] < 2)
		return;
	rsdp[ACPI_RSDP_CHECKSUM2] = 0;
	rsdp[ACPI_RSDP_CHECKSUM2] = checksum(rsdp, ACPI_RSDP2_BYTES);
}
