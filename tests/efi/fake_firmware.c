/* SPDX-License-Identifier: MIT */
#include "tests/efi/fake_firmware.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "efi/uefi/allow_unaccepted.h"
#include "efi/uefi/device_path.h"
#include "efi/uefi/dxe_services.h"
#include "efi/uefi/file.h"
#include "efi/uefi/memory_accept.h"

struct fake fake;

enum { VERSION = 1, ROOM = 4096 };

static char device[1], own[1], next[1];
static struct efi_loaded_image own_image, next_image;

/* A hard disk of type 4, subtype 1, unlike any other, then the file. */
static const uint8_t device_path[] = { 4, 1, 9, 0, 'd', 'i', 's', 'k', 1, 0x7f, 0xff, 4, 0 };

static bool same(const struct efi_guid *guid, struct efi_guid other)
{
	return !memcmp(guid, &other, sizeof(other));
}

static efi_status EFIAPI output_string(struct efi_text_output *self, const uint16_t *text)
{
	assert_false(fake.exited);
	for (; *text; text++) {
		assert_true(*text < 0x7f);
		assert_true(fake.printed + 1 < sizeof(fake.console));
		fake.console[fake.printed++] = (char)*text;
	}
	return EFI_SUCCESS;
}

static size_t write_entry(uint8_t *map, size_t at, struct fake_range range)
{
	struct efi_memory_descriptor descriptor = {
		.type = range.type == FAKE_UNACCEPTED ? EFI_UNACCEPTED_MEMORY
						      : EFI_CONVENTIONAL_MEMORY,
		.start = range.start,
		.pages = (range.end - range.start) >> 12,
	};
	size_t size = fake.descriptor_size;

	if (map)
		memcpy(map + at, &descriptor,
		       size < sizeof(descriptor) ? size : sizeof(descriptor));
	return at + size;
}

static size_t write_map(uint8_t *map)
{
	size_t at = 0;

	for (size_t i = 0; i < fake.ranges; i++)
		at = write_entry(map, at, fake.gcd[i]);
	return fake.lie.end ? write_entry(map, at, fake.lie) : at;
}

static efi_status EFIAPI get_memory_map(size_t *size, void *map, size_t *key,
					size_t *descriptor_size, uint32_t *version)
{
	size_t needed = write_map(NULL), had = *size;

	if (had && fake.growing) {
		fake.growing--;
		needed = had + fake.descriptor_size;
	}
	assert_false(fake.exited);
	*key = ++fake.map_key;
	*version = VERSION;
	*descriptor_size = fake.descriptor_size;
	*size = needed;
	if (had < needed)
		return EFI_BUFFER_TOO_SMALL;
	assert_non_null(map);
	write_map(map);
	return EFI_SUCCESS;
}

static efi_status EFIAPI allocate_pool(uint32_t type, size_t size, void **buffer)
{
	assert_int_equal(type, EFI_LOADER_DATA);
	if (fake.alloc_fails_in && !--fake.alloc_fails_in)
		return EFI_OUT_OF_RESOURCES;
	*buffer = malloc(size);
	fake.allocated++;
	return EFI_SUCCESS;
}

static efi_status EFIAPI free_pool(void *buffer)
{
	assert_true(fake.allocated > 0);
	fake.allocated--;
	free(buffer);
	return EFI_SUCCESS;
}

/* Where the caller may have it: an address of this process, and not at a multiple of 2 MiB. */
static efi_status EFIAPI allocate_pages(uint32_t allocate, uint32_t type, size_t pages,
					uint64_t *address)
{
	const size_t hole = 4096;

	assert_false(fake.exited);
	assert_int_equal(allocate, EFI_ALLOCATE_MAX_ADDRESS);
	assert_int_equal(type, EFI_LOADER_DATA);
	if (fake.no_pages)
		return EFI_OUT_OF_RESOURCES;
	fake.pages_size = pages * 4096;
	fake.pages = mmap(NULL, hole + fake.pages_size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	assert_ptr_not_equal(fake.pages, MAP_FAILED);
	fake.pages += hole;
	memset(fake.pages, 0xa5, fake.pages_size);
	assert_true((uintptr_t)fake.pages + fake.pages_size - 1 <= *address);
	*address = (uintptr_t)fake.pages;
	return EFI_SUCCESS;
}

static efi_status EFIAPI free_pages(uint64_t address, size_t pages)
{
	assert_false(fake.exited);
	assert_int_equal(address, (uintptr_t)fake.pages);
	assert_int_equal(pages * 4096, fake.pages_size);
	fake.freed_pages = true;
	return EFI_SUCCESS;
}

static efi_status EFIAPI exit_boot_services(efi_handle image, size_t key)
{
	assert_false(fake.exited);
	assert_ptr_equal(image, own);
	if (fake.exit_status)
		return fake.exit_status;
	if (fake.changing && fake.changing--)
		fake.map_key++;
	if (key != fake.map_key)
		return EFI_INVALID_PARAM;
	fake.exited = true;
	return EFI_SUCCESS;
}

static void insert(uint64_t start, uint64_t end, enum fake_type type)
{
	size_t at = 0;

	assert_true(fake.ranges < sizeof(fake.gcd) / sizeof(fake.gcd[0]));
	while (at < fake.ranges && fake.gcd[at].start < start)
		at++;
	/* Nothing is there yet. */
	assert_true(at == 0 || fake.gcd[at - 1].end <= start);
	assert_true(at == fake.ranges || fake.gcd[at].start >= end);
	if (at && fake.gcd[at - 1].end == start && fake.gcd[at - 1].type == type) {
		fake.gcd[at - 1].end = end;
		return;
	}
	memmove(&fake.gcd[at + 1], &fake.gcd[at], (fake.ranges - at) * sizeof(fake.gcd[0]));
	fake.gcd[at] = (struct fake_range){ start, end, type };
	fake.ranges++;
}

void fake_add(uint64_t start, uint64_t end, enum fake_type type)
{
	insert(start, end, type);
}

static struct fake_range *find(uint64_t start)
{
	for (size_t i = 0; i < fake.ranges; i++) {
		if (start >= fake.gcd[i].start && start < fake.gcd[i].end)
			return &fake.gcd[i];
	}
	return NULL;
}

static efi_status EFIAPI remove_memory_space(uint64_t start, uint64_t size)
{
	struct fake_range *found = find(start), old;

	if (fake.remove_fails_at && start <= fake.remove_fails_at &&
	    fake.remove_fails_at - start < size)
		return fake.fails_with;
	assert_non_null(found);
	old = *found;
	assert_true(start + size <= old.end);
	*found = fake.gcd[--fake.ranges];
	for (size_t i = 1; i < fake.ranges; i++) {
		struct fake_range moved = fake.gcd[i];
		size_t at = i;

		for (; at && fake.gcd[at - 1].start > moved.start; at--)
			fake.gcd[at] = fake.gcd[at - 1];
		fake.gcd[at] = moved;
	}
	if (old.start < start)
		insert(old.start, start, old.type);
	if (start + size < old.end)
		insert(start + size, old.end, old.type);
	return EFI_SUCCESS;
}

static bool was_accepted(uint64_t start, uint64_t end)
{
	for (size_t i = 0; i < fake.accepts; i++) {
		if (fake.accepted[i].start <= start && end <= fake.accepted[i].end)
			return true;
	}
	return false;
}

static efi_status EFIAPI add_memory_space(uint32_t type, uint64_t start, uint64_t size,
					  uint64_t capabilities)
{
	assert_int_equal(type, EFI_GCD_SYSTEM_MEMORY);
	/* Write-back, or no operating system takes it for RAM. */
	assert_true(capabilities & 8);
	assert_true(was_accepted(start, start + size));
	insert(start, start + size, FAKE_CONVENTIONAL);
	return EFI_SUCCESS;
}

static efi_status EFIAPI get_descriptor(uint64_t start, struct efi_gcd_descriptor *descriptor)
{
	const struct fake_range *found = find(start);

	if (!found)
		return EFI_NOT_FOUND;
	*descriptor = (struct efi_gcd_descriptor){
		.start = found->start,
		.size = found->end - found->start,
		.type = found->type == FAKE_UNACCEPTED ? EFI_GCD_UNACCEPTED : EFI_GCD_SYSTEM_MEMORY,
	};
	return EFI_SUCCESS;
}

static efi_status EFIAPI accept(struct efi_memory_accept *self, uint64_t start, uint64_t size)
{
	const struct fake_range *found = find(start);

	assert_false(fake.watched);
	assert_int_equal((start | size) % 4096, 0);
	assert_non_null(found);
	assert_int_equal(found->type, FAKE_UNACCEPTED);
	assert_true(size && start + size <= found->end);
	for (size_t i = 0; i < fake.accepts; i++)
		assert_true(start >= fake.accepted[i].end ||
			    start + size <= fake.accepted[i].start);
	fake.now += fake.ticks_per_accept;
	if (fake.accept_fails_at && start <= fake.accept_fails_at &&
	    fake.accept_fails_at - start < size)
		return fake.fails_with;
	assert_true(fake.accepts < sizeof(fake.accepted) / sizeof(fake.accepted[0]));
	fake.accepted[fake.accepts++] = (struct cvm_span){ start, start + size };
	return EFI_SUCCESS;
}

static efi_status EFIAPI allow(struct efi_allow_unaccepted *self)
{
	fake.told++;
	return EFI_SUCCESS;
}

/* One file is open at a time, besides the root. */
static struct fake_file *opened;
static uint64_t position;

static efi_status EFIAPI file_close(struct efi_file *self)
{
	return EFI_SUCCESS;
}

static efi_status EFIAPI file_read(struct efi_file *self, size_t *size, void *buffer)
{
	if (*size > opened->size - position)
		*size = opened->size - position;
	memcpy(buffer, (const uint8_t *)opened->data + position, *size);
	position += *size;
	return EFI_SUCCESS;
}

static efi_status EFIAPI file_get_position(struct efi_file *self, uint64_t *at)
{
	*at = position;
	return EFI_SUCCESS;
}

static efi_status EFIAPI file_set_position(struct efi_file *self, uint64_t at)
{
	position = at == EFI_FILE_THE_END ? opened->size : at;
	return EFI_SUCCESS;
}

static struct efi_file a_file = {
	.close = file_close,
	.read = file_read,
	.get_position = file_get_position,
	.set_position = file_set_position,
};

static efi_status EFIAPI file_open(struct efi_file *self, struct efi_file **file,
				   const uint16_t *name, uint64_t mode, uint64_t attributes)
{
	char path[512];
	size_t used = 0;

	assert_int_equal(mode, EFI_FILE_READ);
	do
		path[used] = (char)name[used];
	while (name[used++]);
	for (opened = fake.file; opened->path; opened++) {
		if (!strcmp(opened->path, path)) {
			position = 0;
			*file = &a_file;
			return EFI_SUCCESS;
		}
	}
	return EFI_NOT_FOUND;
}

static struct efi_file root = { .open = file_open, .close = file_close };

static efi_status EFIAPI open_volume(struct efi_file_system *self, struct efi_file **file)
{
	*file = &root;
	return EFI_SUCCESS;
}

static struct efi_memory_accept memory_accept = { accept };
static struct efi_allow_unaccepted allow_unaccepted = { allow };
static struct efi_file_system file_system = { .open_volume = open_volume };

static efi_status EFIAPI handle_protocol(efi_handle handle, const struct efi_guid *guid,
					 void **interface)
{
	*interface = NULL;
	if (same(guid, (struct efi_guid)EFI_LOADED_IMAGE_GUID))
		*interface = handle == own ? &own_image : handle == next ? &next_image : NULL;
	else if (handle == device && same(guid, (struct efi_guid)EFI_FILE_SYSTEM_GUID))
		*interface = fake.no_files ? NULL : &file_system;
	else if (handle == device && same(guid, (struct efi_guid)EFI_DEVICE_PATH_GUID))
		*interface = fake.no_path ? NULL : (void *)device_path;
	return *interface ? EFI_SUCCESS : EFI_UNSUPPORTED;
}

static efi_status EFIAPI locate_protocol(const struct efi_guid *guid, void *registration,
					 void **interface)
{
	*interface = NULL;
	if (same(guid, (struct efi_guid)EFI_MEMORY_ACCEPT_GUID) && !fake.no_accept)
		*interface = &memory_accept;
	if (same(guid, (struct efi_guid)EFI_ALLOW_UNACCEPTED_GUID) && !fake.no_allow)
		*interface = &allow_unaccepted;
	return *interface ? EFI_SUCCESS : EFI_NOT_FOUND;
}

static efi_status EFIAPI load_image(uint8_t boot_policy, efi_handle parent,
				    const struct efi_device_path *path, void *source, size_t size,
				    efi_handle *image)
{
	const uint8_t *bytes = (const uint8_t *)path;
	size_t length, used = 0;

	assert_ptr_equal(parent, own);
	assert_null(source);
	/* The device's nodes, a file's, and the end. */
	assert_memory_equal(bytes, device_path, 9);
	bytes += 9;
	length = bytes[2] | (size_t)bytes[3] << 8;
	assert_int_equal(bytes[0], 4);
	assert_int_equal(bytes[1], 4);
	for (size_t i = 4; i < length; i += 2) {
		assert_int_equal(bytes[i + 1], 0);
		fake.loaded[used++] = (char)bytes[i];
	}
	assert_int_equal(fake.loaded[used - 1], 0);
	assert_memory_equal(bytes + length, "\x7f\xff\4", 4);
	if (!fake.load_status || fake.load_status == EFI_SECURITY)
		*image = next;
	return fake.load_status;
}

static efi_status EFIAPI start_image(efi_handle image, size_t *exit_size, uint16_t **exit_data)
{
	const uint16_t *options = next_image.load_options;

	assert_ptr_equal(image, next);
	assert_int_equal(fake.load_status, EFI_SUCCESS);
	fake.started = true;
	for (size_t i = 0; i < next_image.load_options_size / 2; i++)
		fake.next_options[i] = (char)options[i];
	return fake.start_status;
}

static efi_status EFIAPI unload_image(efi_handle image)
{
	assert_ptr_equal(image, next);
	fake.unloaded = true;
	return EFI_SUCCESS;
}

static efi_status EFIAPI stall(size_t microseconds)
{
	fake.now += microseconds;
	fake.stalled += microseconds;
	return EFI_SUCCESS;
}

static efi_status EFIAPI set_watchdog_timer(size_t seconds, uint64_t code, size_t size,
					    const uint16_t *data)
{
	/* Section 7.5: lower codes are firmware's. */
	assert_true(code > 0xffff);
	fake.watchdog[fake.watchdogs++] = seconds;
	fake.watched = seconds;
	return EFI_SUCCESS;
}

static uint64_t ticks(void)
{
	return fake.now;
}

static struct efi_text_output console = { .output_string = output_string };
static struct efi_dxe_services dxe = {
	.add_memory_space = add_memory_space,
	.remove_memory_space = remove_memory_space,
	.get_memory_space_descriptor = get_descriptor,
};
static struct efi_boot_services boot = {
	.get_memory_map = get_memory_map,
	.allocate_pages = allocate_pages,
	.free_pages = free_pages,
	.allocate_pool = allocate_pool,
	.free_pool = free_pool,
	.handle_protocol = handle_protocol,
	.load_image = load_image,
	.start_image = start_image,
	.unload_image = unload_image,
	.exit_boot_services = exit_boot_services,
	.stall = stall,
	.set_watchdog_timer = set_watchdog_timer,
	.locate_protocol = locate_protocol,
};
static struct efi_system_table the_system;

static void make_own_path(void)
{
	static const char folder[] = "\\EFI\\BOOT", name[] = "BOOTX64.EFI";
	static uint8_t path[256];
	uint8_t *at = path;
	const char *const parts[] = { folder, name };

	for (size_t i = 0; i < 2; i++) {
		size_t length = strlen(parts[i]) + 1;

		at[0] = at[1] = 4;
		at[2] = (uint8_t)(4 + 2 * length);
		at[3] = 0;
		for (size_t j = 0; j < length; j++) {
			at[4 + 2 * j] = (uint8_t)parts[i][j];
			at[5 + 2 * j] = 0;
		}
		at += at[2];
	}
	memcpy(at, "\x7f\xff\4", 4);
	own_image.file_path = (const struct efi_device_path *)path;
}

void fake_init(void)
{
	memset(&fake, 0, sizeof(fake));
	fake.watched = true;
	fake.descriptor_size = 48;
	own_image = (struct efi_loaded_image){ .device = device };
	next_image = (struct efi_loaded_image){ .device = device };
	make_own_path();
	/* The table in question is not the first. */
	fake.table[1] = (struct efi_configuration_table){ EFI_DXE_SERVICES_GUID, &dxe };
	the_system = (struct efi_system_table){
		.console_out = &console,
		.boot_services = &boot,
		.tables = sizeof(fake.table) / sizeof(fake.table[0]),
		.table = fake.table,
	};
	assert_true(efi_firmware_open(&fake.firmware, own, &the_system));
	fake.firmware.platform = CVM_PLATFORM_SNP;
	fake.firmware.ticks = ticks;
	fake_add(0, 2 * GIB, FAKE_CONVENTIONAL);
}

void fake_add_file(const char *path, const void *data, size_t size)
{
	size_t i = 0;

	while (fake.file[i].path)
		i++;
	fake.file[i] = (struct fake_file){ path, data, size };
}

uint64_t fake_bytes(enum fake_type type)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < fake.ranges; i++) {
		if (fake.gcd[i].type == type)
			bytes += fake.gcd[i].end - fake.gcd[i].start;
	}
	return bytes;
}

uint64_t fake_accepted(void)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < fake.accepts; i++)
		bytes += fake.accepted[i].end - fake.accepted[i].start;
	return bytes;
}

void fake_printed(const char *expected)
{
	fake.console[fake.printed] = 0;
	assert_string_equal(fake.console, expected);
}

efi_handle fake_handle(void)
{
	return own;
}
