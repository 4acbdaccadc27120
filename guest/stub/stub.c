/* SPDX-License-Identifier: MIT */
#include "guest/stub/stub.h"

#include "efi/bytes.h"
#include "efi/console.h"
#include "efi/uefi/allow_unaccepted.h"
#include "efi/uefi/configuration_tables.h"
#include "guest/load.h"

/* What is the same as by the ROM is the image's; it is loaded as another kernel loads it. Then boot
 * services are left, and with the jump the firmware's page tables, stack and descriptor tables. */

#define MIB	 UINT64_C(0x100000)
#define FOUR_GIB (4096 * MIB)
#define ALIGN	 (2 * MIB)
#define PAGE	 4096
#define BYTES	 (GUEST_IMAGE_BYTES + GUEST_ROM_BYTES)
#define PAGES	 ((BYTES + ALIGN) / PAGE)

/* Attempts: the map may change while it is read. */
enum { ATTEMPTS = 8 };

static void fail(const struct efi_firmware *firmware, const char *what, efi_status status)
{
	struct efi_text text = { .used = 0 };

	efi_text_add(&text, what);
	efi_text_add(&text, ": ");
	efi_text_add(&text, efi_status_words(status));
	efi_say(firmware, &text);
}

/* Below 4 GiB, where a TD's vCPUs come from firmware with 32 bits of a page table's address. */
static efi_status allocate(const struct efi_firmware *firmware, uint64_t *pages)
{
	*pages = FOUR_GIB - 1;
	return firmware->boot->allocate_pages(EFI_ALLOCATE_MAX_ADDRESS, EFI_LOADER_DATA, PAGES,
					      pages);
}

/* The parts that stay are copied: this program is memory as any other when it has ended. */
static void load(const void *rom, uint64_t image)
{
	guest_load(rom, image);
	efi_bytes_copy((void *)(uintptr_t)(image + GUEST_IMAGE_BYTES), rom, GUEST_ROM_BYTES);
}

/* What the kernel cannot ask firmware for any more. False: it cannot do without. */
static bool describe(const struct efi_firmware *firmware, uint64_t image)
{
	static const struct efi_guid acpi = EFI_ACPI_20_GUID, cc_blob = EFI_CC_BLOB_GUID;
	struct guest_firmware *start = guest_firmware_of(image);
	const struct efi_cc_blob *blob = efi_configuration(firmware, &cc_blob);

	start->kind = firmware->platform;
	start->rom = image + GUEST_IMAGE_BYTES;
	start->rsdp = (uintptr_t)efi_configuration(firmware, &acpi);
	if (firmware->platform != CVM_PLATFORM_SNP)
		return true;
	if (!blob || blob->magic != EFI_CC_BLOB_MAGIC || blob->secrets_bytes < PAGE ||
	    blob->cpuid_bytes < PAGE)
		return false;
	start->secrets_page = blob->secrets;
	start->cpuid_page = blob->cpuid;
	return true;
}

static void allow_unaccepted(const struct efi_firmware *firmware)
{
	static const struct efi_guid guid = EFI_ALLOW_UNACCEPTED_GUID;
	struct efi_allow_unaccepted *protocol = efi_locate(firmware, &guid);

	if (protocol)
		protocol->allow(protocol);
}

/* Nothing is said between the attempts: that may change the map. */
static efi_status leave(const struct efi_firmware *firmware, uint64_t image)
{
	struct guest_firmware *start = guest_firmware_of(image);
	efi_status status = EFI_INVALID_PARAM;
	size_t size, key, desc_bytes;
	uint32_t version;

	for (int i = 0; i < ATTEMPTS && status == EFI_INVALID_PARAM; i++) {
		size = BARE_LAUNCH_BYTES - sizeof(*start);
		status = firmware->boot->get_memory_map(&size, start->map, &key, &desc_bytes,
							&version);
		if (status)
			return status;
		start->map_bytes = size;
		start->desc_bytes = (uint32_t)desc_bytes;
		status = firmware->boot->exit_boot_services(firmware->handle, key);
	}
	return status;
}

static efi_status prepare(const struct efi_firmware *firmware, const void *rom, uint64_t image)
{
	efi_status status;

	load(rom, image);
	if (!describe(firmware, image)) {
		efi_say_words(firmware,
			      "the firmware does not say where the secrets and CPUID pages are");
		return EFI_UNSUPPORTED;
	}
	allow_unaccepted(firmware);
	efi_say_words(firmware, "the kernel leaves boot services");
	status = leave(firmware, image);
	if (status)
		fail(firmware, "boot services do not end", status);
	return status;
}

efi_status guest_stub_prepare(const struct efi_firmware *firmware, const void *rom, uint64_t *image)
{
	efi_status status;
	uint64_t pages;

	if (firmware->platform != CVM_PLATFORM_TDX && firmware->platform != CVM_PLATFORM_SNP) {
		efi_say_words(firmware, "this is no TDX and no SEV-SNP guest");
		return EFI_UNSUPPORTED;
	}
	status = allocate(firmware, &pages);
	if (status) {
		fail(firmware, "no memory for the kernel", status);
		return status;
	}
	*image = (pages + ALIGN - 1) & -ALIGN;
	status = prepare(firmware, rom, *image);
	if (status)
		firmware->boot->free_pages(pages, PAGES);
	return status;
}
