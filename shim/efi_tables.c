/* SPDX-License-Identifier: MIT */
#include <cvmem/table.h>

#include "shim/shim.h"

/* UEFI 2.11, 4.3: the system table, as runtime.S has it. */
enum {
	SYSTEM_VENDOR = 24,
	SYSTEM_RUNTIME = 88,
	SYSTEM_TABLE_COUNT = 104,
	SYSTEM_TABLES = 112,
	HEADER_BYTES = 24,
	SERVICES = 14,
	SET_VIRTUAL_ADDRESS_MAP = 4,
};

struct guid {
	uint32_t a;
	uint16_t b, c;
	uint8_t d[8];
};

struct config_table {
	struct guid guid;
	uint64_t address;
};

#define MAX_TABLES 8

/* EFI_ACPI_20_TABLE_GUID and, without a name in UEFI, EFI_RT_PROPERTIES_TABLE_GUID; what the others
 * are is in LINUX_EFI_UNACCEPTED_MEM_TABLE_GUID and EDK2's gConfidentialComputingSevSnpBlobGuid. */
static const struct guid acpi_guid = {
	0x8868e871, 0xe4f1, 0x11d3, { 0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81 }
};
static const struct guid properties_guid = {
	0xeb66918a, 0x7eef, 0x402a, { 0x84, 0x2e, 0x93, 0x1d, 0x21, 0xc3, 0x8a, 0xe9 }
};
static const struct guid unaccepted_guid = {
	0xd5d1de3c, 0x105c, 0x44f9, { 0x9e, 0xa9, 0xbc, 0xef, 0x98, 0x12, 0x00, 0x31 }
};
static const struct guid cc_blob_guid = {
	0x067b1f5f, 0xcf26, 0x44c5, { 0x85, 0x54, 0x93, 0xd7, 0x77, 0x91, 0x2d, 0x42 }
};

/* UEFI 2.11, 4.6.2. */
struct rt_properties {
	uint16_t version, length;
	uint32_t supported;
};
#define RT_SET_VIRTUAL_ADDRESS_MAP 0x80

/* EFI memory types and attributes. */
enum { TYPE_RUNTIME_CODE = 5, TYPE_UNACCEPTED = 15 };
#define MEMORY_SPECIFIC_PURPOSE UINT64_C(0x40000)
#define MEMORY_RUNTIME		(UINT64_C(1) << 63)

extern const uint8_t runtime_start[], runtime_end[], runtime_system[], runtime_services[];
extern const uint8_t runtime_vendor[], runtime_unsupported[], runtime_set_map[];

static uint64_t code;
static uint64_t code_bytes;

static void put64(uint8_t *to, uint64_t value)
{
	__builtin_memcpy(to, &value, sizeof(value));
}

/* CRC-32 of the header's table, with 0 in its own place: 4.2. */
static void put_crc(uint8_t *table, uint32_t bytes)
{
	uint32_t crc = UINT32_MAX;

	for (uint32_t i = 0; i < bytes; i++) {
		crc ^= table[i];
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	crc = ~crc;
	__builtin_memcpy(table + 16, &crc, sizeof(crc));
}

static uint64_t at(const uint8_t *symbol)
{
	return code + (uint64_t)(symbol - runtime_start);
}

static void copy_runtime(uint64_t tables, unsigned count)
{
	uint64_t bytes = (uint64_t)(runtime_end - runtime_start);
	uint8_t *to = shim_allocate(bytes, CVM_MEM_RUNTIME);
	uint8_t *services = to + (runtime_services - runtime_start);

	code = (uintptr_t)to;
	code_bytes = (bytes + 4095) & -UINT64_C(4096);
	__builtin_memcpy(to, runtime_start, bytes);
	for (unsigned i = 0; i < SERVICES; i++)
		put64(services + HEADER_BYTES + 8 * i,
		      at(i == SET_VIRTUAL_ADDRESS_MAP ? runtime_set_map : runtime_unsupported));
	put_crc(services, HEADER_BYTES + 8 * SERVICES);
	put64(to + SYSTEM_VENDOR, at(runtime_vendor));
	put64(to + SYSTEM_RUNTIME, at(runtime_services));
	put64(to + SYSTEM_TABLE_COUNT, count);
	put64(to + SYSTEM_TABLES, tables);
	put_crc(to, 120);
}

static void add(struct config_table *tables, unsigned *count, const struct guid *guid,
		uint64_t address)
{
	if (!address)
		return;
	tables[*count].guid = *guid;
	tables[(*count)++].address = address;
}

uint64_t shim_efi_system_table(uint64_t rsdp, uint64_t cc_blob, uint64_t unaccepted)
{
	struct config_table *tables = shim_allocate(4096, CVM_MEM_ACPI);
	struct rt_properties *properties = (void *)(tables + MAX_TABLES);
	unsigned count = 0;

	*properties = (struct rt_properties){ 1, sizeof(*properties), RT_SET_VIRTUAL_ADDRESS_MAP };
	add(tables, &count, &acpi_guid, rsdp);
	add(tables, &count, &properties_guid, (uintptr_t)properties);
	add(tables, &count, &cc_blob_guid, cc_blob);
	add(tables, &count, &unaccepted_guid, unaccepted);
	copy_runtime((uintptr_t)tables, count);
	return at(runtime_system);
}

/* The library writes runtime memory as data; it is code as well. */
static void mark_code(uint8_t *map, size_t bytes)
{
	for (size_t i = 0; i < bytes; i += CVM_EFI_DESC) {
		uint64_t start, attributes;
		uint32_t type = TYPE_RUNTIME_CODE;

		__builtin_memcpy(&start, map + i + 8, sizeof(start));
		if (start != code)
			continue;
		__builtin_memcpy(&attributes, map + i + 32, sizeof(attributes));
		put64(map + i + 32, attributes | MEMORY_RUNTIME);
		__builtin_memcpy(map + i, &type, sizeof(type));
	}
}

/* The attribute is a hint not to put code there that cannot be moved (UEFI 2.11, 7.2.3). Linux's
 * decompressor heeds it; its kernel reads it of conventional memory alone. */
static void mark_unaccepted(uint8_t *map, size_t bytes)
{
	for (size_t i = 0; i < bytes; i += CVM_EFI_DESC) {
		uint64_t attributes;
		uint32_t type;

		__builtin_memcpy(&type, map + i, sizeof(type));
		__builtin_memcpy(&attributes, map + i + 32, sizeof(attributes));
		if (type == TYPE_UNACCEPTED)
			put64(map + i + 32, attributes | MEMORY_SPECIFIC_PURPOSE);
	}
}

uint64_t shim_efi_map(uint32_t *bytes, bool placed)
{
	size_t needed, room;
	uint8_t *map;

	cvm_map_write_efi(&shim_map, NULL, 0, CVM_EFI_DESC, &needed);
	/* The map's own memory makes it longer. */
	room = needed + 4 * CVM_EFI_DESC;
	map = shim_allocate(room, CVM_MEM_RAM);
	shim_check(cvm_map_write_efi(&shim_map, map, room, CVM_EFI_DESC, &needed),
		   "the EFI memory map");
	mark_code(map, needed);
	if (placed)
		mark_unaccepted(map, needed);
	*bytes = (uint32_t)needed;
	return (uintptr_t)map;
}

static int accept_now(void *ctx, uint64_t start, uint64_t end)
{
	shim_accept(start, end);
	return 0;
}

/* The table changes the map while it is made: ranges that it cannot hold are accepted. So it is
 * made from a copy. */
uint64_t shim_unaccepted_table(void)
{
	static struct cvm_range ranges[256];
	struct cvm_map copy;
	struct cvm_table_plan plan;
	struct cvm_table *table;

	shim_check(cvm_table_plan(&shim_map, 0, &plan), "the table of unaccepted memory");
	if (!plan.bytes)
		return 0;
	table = shim_allocate(plan.bytes, CVM_MEM_ACPI);
	cvm_map_init(&copy, ranges, sizeof(ranges) / sizeof(ranges[0]));
	for (size_t i = 0; i < shim_map.count; i++)
		shim_check(cvm_map_add(&copy, shim_map.range[i].start,
				       shim_map.range[i].end - shim_map.range[i].start,
				       shim_map.range[i].type, shim_map.range[i].attr),
			   "the memory map");
	shim_check(cvm_table_init(table, (plan.bytes + 4095) & -UINT64_C(4096), &plan),
		   "the table of unaccepted memory");
	shim_check(cvm_table_build(table, &copy, accept_now, NULL),
		   "the table of unaccepted memory");
	return (uintptr_t)table;
}

/* struct cc_blob_sev_info of Linux, as EDK2 lays it out. */
struct cc_blob {
	uint32_t magic;
	uint16_t version, reserved;
	uint64_t secrets;
	uint32_t secrets_bytes, reserved1;
	uint64_t cpuid;
	uint32_t cpuid_bytes, reserved2;
};

uint64_t shim_cc_blob(void)
{
	struct cc_blob *blob;

	if (bare_platform.kind != CVM_PLATFORM_SNP)
		return 0;
	blob = shim_allocate(sizeof(*blob), CVM_MEM_RESERVED);
	blob->magic = 0x45444d41; /* "AMDE" */
	blob->version = 1;
	blob->secrets = BARE_PLATFORM;
	blob->secrets_bytes = 4096;
	blob->cpuid = BARE_PLATFORM + 0x1000;
	blob->cpuid_bytes = 4096;
	return (uintptr_t)blob;
}
