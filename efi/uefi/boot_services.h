/* SPDX-License-Identifier: MIT */
#ifndef EFI_UEFI_BOOT_SERVICES_H
#define EFI_UEFI_BOOT_SERVICES_H

#include "efi/uefi/base.h"

struct efi_device_path;

/* EFI_MEMORY_TYPE, section 7.2.1 */
enum {
	EFI_LOADER_DATA = 2,
	EFI_CONVENTIONAL_MEMORY = 7,
	EFI_UNACCEPTED_MEMORY = 15,
};

/* EFI_MEMORY_DESCRIPTOR, section 7.2.3. Firmware's may be longer. */
struct efi_memory_descriptor {
	uint32_t type, pad;
	uint64_t start, virtual_start, pages, attribute;
};

/* EFI_ALLOCATE_TYPE, section 7.2.1 */
enum { EFI_ALLOCATE_MAX_ADDRESS = 1 };

/* EFI_BOOT_SERVICES, section 4.4, up to the last one that is used. */
struct efi_boot_services {
	struct efi_table_header header;
	void *task_priority[2];
	efi_status(EFIAPI *allocate_pages)(uint32_t allocate, uint32_t type, size_t pages,
					   uint64_t *address);
	efi_status(EFIAPI *free_pages)(uint64_t address, size_t pages);
	efi_status(EFIAPI *get_memory_map)(size_t *size, void *map, size_t *key,
					   size_t *descriptor_size, uint32_t *version);
	efi_status(EFIAPI *allocate_pool)(uint32_t type, size_t size, void **buffer);
	efi_status(EFIAPI *free_pool)(void *buffer);
	void *events[6];
	void *install[3];
	efi_status(EFIAPI *handle_protocol)(efi_handle handle, const struct efi_guid *protocol,
					    void **interface);
	void *reserved;
	void *register_protocol_notify, *locate_handle, *locate_device_path;
	void *install_configuration_table;
	efi_status(EFIAPI *load_image)(uint8_t boot_policy, efi_handle parent,
				       const struct efi_device_path *path, void *source,
				       size_t size, efi_handle *image);
	efi_status(EFIAPI *start_image)(efi_handle image, size_t *exit_size, uint16_t **exit_data);
	void *exit;
	efi_status(EFIAPI *unload_image)(efi_handle image);
	efi_status(EFIAPI *exit_boot_services)(efi_handle image, size_t key);
	void *get_next_monotonic_count;
	efi_status(EFIAPI *stall)(size_t microseconds);
	efi_status(EFIAPI *set_watchdog_timer)(size_t seconds, uint64_t code, size_t size,
					       const uint16_t *data);
	void *controllers[2];
	void *open_protocol[3];
	void *protocols_per_handle, *locate_handle_buffer;
	efi_status(EFIAPI *locate_protocol)(const struct efi_guid *protocol, void *registration,
					    void **interface);
};

_Static_assert(offsetof(struct efi_boot_services, handle_protocol) == 24 + 16 * 8, "4.4");
_Static_assert(offsetof(struct efi_boot_services, load_image) == 24 + 22 * 8, "4.4");
_Static_assert(offsetof(struct efi_boot_services, exit_boot_services) == 24 + 26 * 8, "4.4");
_Static_assert(offsetof(struct efi_boot_services, stall) == 24 + 28 * 8, "4.4");
_Static_assert(offsetof(struct efi_boot_services, locate_protocol) == 24 + 37 * 8, "4.4");

#endif
