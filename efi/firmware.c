/* SPDX-License-Identifier: MIT */
#include "efi/firmware.h"

#include "efi/bytes.h"

static uint64_t read_tsc(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return low | (uint64_t)high << 32;
}

bool efi_firmware_open(struct efi_firmware *firmware, efi_handle handle,
		       struct efi_system_table *system)
{
	static const struct efi_guid loaded_image = EFI_LOADED_IMAGE_GUID;

	firmware->handle = handle;
	firmware->system = system;
	firmware->boot = system->boot_services;
	firmware->platform = cvm_platform_detect(NULL);
	firmware->ticks = read_tsc;
	firmware->image = efi_protocol_of(firmware, handle, &loaded_image);
	return firmware->image;
}

void *efi_locate(const struct efi_firmware *firmware, const struct efi_guid *protocol)
{
	void *interface = NULL;

	return firmware->boot->locate_protocol(protocol, NULL, &interface) ? NULL : interface;
}

void *efi_protocol_of(const struct efi_firmware *firmware, efi_handle handle,
		      const struct efi_guid *protocol)
{
	void *interface = NULL;

	return firmware->boot->handle_protocol(handle, protocol, &interface) ? NULL : interface;
}

void *efi_configuration(const struct efi_firmware *firmware, const struct efi_guid *guid)
{
	for (size_t i = 0; i < firmware->system->tables; i++) {
		const struct efi_configuration_table *table = &firmware->system->table[i];

		if (efi_bytes_equal(&table->guid, guid, sizeof(*guid)))
			return table->table;
	}
	return NULL;
}

void *efi_alloc(const struct efi_firmware *firmware, size_t size)
{
	void *memory = NULL;

	return firmware->boot->allocate_pool(EFI_LOADER_DATA, size, &memory) ? NULL : memory;
}

void efi_free(const struct efi_firmware *firmware, void *memory)
{
	if (memory)
		firmware->boot->free_pool(memory);
}
