/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_SHIM_ACPI_TABLE_H
#define CVMEM_SHIM_ACPI_TABLE_H

#include "shim/acpi_loader.h"

/* Tables that are loaded already. ACPI 6.5, 5.2.5.3 (RSDP) and 5.2.6 (header). */
enum {
	ACPI_RSDP_BYTES = 20,
	ACPI_RSDP_CHECKSUM = 8,
	ACPI_RSDP_REVISION = 15,
	ACPI_RSDP_RSDT = 16,
	ACPI_RSDP2_BYTES = 36,
	ACPI_RSDP_XSDT = 24,
	ACPI_RSDP_CHECKSUM2 = 32,
	ACPI_TABLE_LENGTH = 4,
	ACPI_TABLE_CHECKSUM = 9,
	ACPI_TABLE_HEADER = 36,
};

/* Little-endian numbers. */
uint64_t acpi_get(const uint8_t *from, unsigned bytes);
void acpi_put(uint8_t *to, uint64_t value, unsigned bytes);

/* The whole table at an address, of *bytes; NULL: not in the files. */
uint8_t *acpi_table_at(struct acpi_loader *loader, uint64_t address, uint32_t *bytes);

void acpi_put_checksum(uint8_t *table, uint32_t bytes);
void acpi_put_rsdp_checksums(uint8_t *rsdp);

#endif
