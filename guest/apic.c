/* SPDX-License-Identifier: MIT */
#include "guest/guest.h"

/*
 * The APIC IDs of this machine's processors, which a CPU is started by. They need not be 0, 1, 2:
 * a socket's or a core's begin at a power of two. The MADT (ACPI 6.5, 5.2.12) lists them, that of
 * the CPU that starts the machine first. QEMU hands its tables to firmware one behind the other in
 * a file of fw_cfg, which is there whether firmware runs or not. The host has made it: nothing in
 * it is taken for granted.
 */
#define FILE_NAME  "etc/acpi/tables"
#define MAX_TABLES 64
#define SIGNATURE  0x43495041u /* "APIC" */

enum { HEADER_BYTES = 36, HEADER_LENGTH = 4, MADT_ENTRIES = HEADER_BYTES + 8 };
enum { LOCAL_APIC = 0, LOCAL_APIC_BYTES = 8, LOCAL_APIC_ID = 3, LOCAL_APIC_FLAGS = 4 };
enum { X2APIC = 9, X2APIC_BYTES = 16, X2APIC_ID = 4, X2APIC_FLAGS = 8 };
enum { ENABLED = 1 };

/* Processors come first in it. */
static uint8_t madt[4096];

static uint32_t le32(const uint8_t *from)
{
	return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 |
	       (uint32_t)from[3] << 24;
}

/* As much of the MADT as fits; 0: there is none. */
static uint32_t read_madt(void)
{
	uint16_t selector;
	uint32_t bytes = bare_fw_cfg_find(FILE_NAME, &selector), length;

	for (uint32_t at = 0, i = 0; i < MAX_TABLES && bytes - at >= HEADER_BYTES; i++) {
		if (bare_fw_cfg_read_at(selector, at, madt, HEADER_BYTES))
			return 0;
		length = le32(madt + HEADER_LENGTH);
		if (length < HEADER_BYTES || length > bytes - at)
			return 0;
		if (le32(madt) == SIGNATURE) {
			length = length < sizeof(madt) ? length : sizeof(madt);
			return bare_fw_cfg_read_at(selector, at, madt, length) ? 0 : length;
		}
		at += length;
	}
	return 0;
}

/* False: it is no processor that is there. */
static bool id_of(const uint8_t *entry, uint32_t bytes, uint32_t *id)
{
	if (entry[0] == LOCAL_APIC && bytes >= LOCAL_APIC_BYTES) {
		*id = entry[LOCAL_APIC_ID];
		return le32(entry + LOCAL_APIC_FLAGS) & ENABLED;
	}
	if (entry[0] == X2APIC && bytes >= X2APIC_BYTES) {
		*id = le32(entry + X2APIC_ID);
		return le32(entry + X2APIC_FLAGS) & ENABLED;
	}
	return false;
}

static bool has(const uint32_t *ids, unsigned count, uint32_t id)
{
	for (unsigned i = 0; i < count; i++)
		if (ids[i] == id)
			return true;
	return false;
}

int guest_apic_ids(uint32_t *ids, unsigned cpus)
{
	uint32_t bytes = read_madt(), length;
	unsigned count = 0;

	for (uint32_t at = MADT_ENTRIES; count < cpus && at + 2 <= bytes; at += length) {
		length = madt[at + 1];
		if (length < 2 || length > bytes - at)
			break;
		if (!id_of(madt + at, length, &ids[count]))
			continue;
		if (has(ids, count, ids[count]))
			break;
		count++;
	}
	return count == cpus ? 0 : CVM_EIO;
}
