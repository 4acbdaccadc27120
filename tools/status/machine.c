/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "formats/bytes.h"
#include "tools/guest/tree.h"
#include "tools/mapfile/read.h"
#include "tools/status/machine.h"

#define MIB (UINT64_C(1) << 20)

/* DSP0134, System Management BIOS, 7.18. */
enum {
	SMBIOS_LIMIT = 1 << 20,
	MEMORY_DEVICE = 17,
	MEMORY_SIZE = 0x0c,    /* in MiB; bit 15: in KiB */
	MEMORY_LARGE = 0x7fff, /* the size is in another field, in MiB */
	MEMORY_UNKNOWN = 0xffff,
	MEMORY_EXTENDED = 0x1c,
};

static uint64_t device_size(struct bytes device)
{
	uint32_t size = bytes_u16(device, MEMORY_SIZE);

	if (size == MEMORY_UNKNOWN)
		return 0;
	if (size == MEMORY_LARGE)
		return (uint64_t)bytes_u32(device, MEMORY_EXTENDED) * MIB;
	return size & 0x8000 ? (uint64_t)(size & 0x7fff) << 10 : (uint64_t)size * MIB;
}

/* Each structure has a length, and behind it texts that end with two zeros. */
static uint64_t add_devices(struct bytes table)
{
	uint64_t at = 0, sum = 0;

	while (bytes_have(table, at, 4)) {
		uint64_t length = bytes_number(table, at + 1, 1);

		if (length < 4 || !bytes_have(table, at, length))
			break;
		if (bytes_number(table, at, 1) == MEMORY_DEVICE)
			sum += device_size(bytes_part(table, at, length));
		at += length;
		while (bytes_have(table, at, 2) && bytes_u16(table, at))
			at++;
		at += 2;
	}
	return sum;
}

static uint64_t read_installed(const char *root)
{
	uint8_t *data = malloc(SMBIOS_LIMIT);
	char path[4096];
	size_t size = 0;
	ssize_t got = 0;
	uint64_t sum;
	int fd;

	snprintf(path, sizeof(path), "%s/sys/firmware/dmi/tables/DMI", root);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && data && size < SMBIOS_LIMIT) {
		got = read(fd, data + size, SMBIOS_LIMIT - size);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		size += (size_t)got;
	}
	if (fd >= 0)
		close(fd);
	sum = data ? add_devices((struct bytes){ data, size }) : 0;
	free(data);
	return sum;
}

/* A block of memory that is online, and in no range of the firmware's map. */
static bool is_outside(const struct cvm_map *map, uint64_t start, uint64_t size)
{
	for (size_t i = 0; i < map->count; i++) {
		if (map->range[i].start < start + size && start < map->range[i].end)
			return false;
	}
	return true;
}

static void read_blocks(const char *root, const struct cvm_map *map, struct machine_state *machine)
{
	char *text = tree_read(root, "/sys/devices/system/memory/block_size_bytes");
	uint64_t size = text ? strtoull(text, NULL, 16) : 0;
	struct dirent *entry;
	char path[4096];
	DIR *folder;

	free(text);
	snprintf(path, sizeof(path), "%s/sys/devices/system/memory", root);
	folder = size ? opendir(path) : NULL;
	while (folder && (entry = readdir(folder))) {
		unsigned long number;
		char *state, end;

		if (sscanf(entry->d_name, "memory%lu%c", &number, &end) != 1 ||
		    number > UINT64_MAX / size - 1 || !is_outside(map, number * size, size))
			continue;
		snprintf(path, sizeof(path), "/sys/devices/system/memory/memory%lu/state", number);
		state = tree_read(root, path);
		if (state && !strncmp(state, "online", 6))
			machine->hot_added += size;
		free(state);
	}
	if (folder)
		closedir(folder);
}

static void read_map(const char *root, struct machine_state *machine)
{
	struct map_file file;
	char path[4096];

	snprintf(path, sizeof(path), "%s/sys/firmware/memmap", root);
	if (maps_read(path, MAP_FORMAT_MEMMAP, 0, &file)) {
		machine->usable = file.map[0].usable;
		machine->reserved = file.map[0].lost;
		read_blocks(root, &file.map[0].map, machine);
	}
	maps_free(&file);
}

/* ACPI 6.5, 9.11: PNP0C80; bit 1 of its status: it is switched on. */
static void read_devices(const char *root, struct machine_state *machine)
{
	struct dirent *entry;
	char path[4096];
	DIR *folder;

	snprintf(path, sizeof(path), "%s/sys/bus/acpi/devices", root);
	folder = opendir(path);
	while (folder && (entry = readdir(folder))) {
		char *status;

		if (strncmp(entry->d_name, "PNP0C80:", 8))
			continue;
		snprintf(path, sizeof(path), "/sys/bus/acpi/devices/%.64s/status", entry->d_name);
		status = tree_read(root, path);
		machine->plugged += status && strtoul(status, NULL, 10) & 2;
		free(status);
	}
	if (folder)
		closedir(folder);
}

static void read_limit(const char *root, struct machine_state *machine)
{
	char *text = tree_read(root, "/proc/cmdline");
	char *rest;

	if (!text)
		return;
	for (char *word = strtok_r(text, " \n", &rest); word && strcmp(word, "--");
	     word = strtok_r(NULL, " \n", &rest)) {
		if (!strncmp(word, "mem=", 4))
			snprintf(machine->limit, sizeof(machine->limit), "%.31s", word);
	}
	free(text);
}

void machine_read(const char *root, struct machine_state *machine)
{
	*machine = (struct machine_state){ 0 };
	machine->installed = read_installed(root);
	read_map(root, machine);
	read_devices(root, machine);
	read_limit(root, machine);
}

/* Firmware, page descriptors and a crash kernel take less than this of a machine's memory. */
static uint64_t usual(uint64_t bytes)
{
	return bytes / 16 + 256 * MIB;
}

static uint64_t beyond(uint64_t has, uint64_t sees)
{
	return has > sees && has - sees > usual(has) ? has - sees : 0;
}

void machine_compare(const struct machine_state *machine, const struct guest_state *guest,
		     const struct memory_state *memory, struct machine_loss *loss)
{
	*loss = (struct machine_loss){ 0 };
	if (machine->reserved) {
		loss->bytes = machine->reserved;
		loss->cause = "a reserved range begins at 4 GiB, where machines have RAM: the "
			      "loader has reserved what the firmware had not accepted, as GRUB "
			      "2.06 does with `linux'";
		loss->cure = "start the kernel with `linuxefi' in grub.cfg, or switch Secure Boot "
			     "on, or take GRUB 2.12";
		return;
	}
	loss->bytes = beyond(machine->usable, memory->total);
	if (loss->bytes && *machine->limit) {
		loss->cause = "mem= on the command line";
		loss->cure = "take it off the command line";
		return;
	}
	if (loss->bytes) {
		loss->cause = "the kernel has set it aside, as for crashkernel= or memmap=";
		loss->cure = "look for these on the command line";
		return;
	}
	/* On other machines a part of the memory is a graphics processor's. */
	if (guest->kind == GUEST_NONE)
		return;
	loss->bytes = beyond(machine->installed, machine->usable ? machine->usable : memory->total);
	if (!loss->bytes)
		return;
	loss->cause = memory->counted ? "the memory map that the kernel got has less than the "
					"machine: firmware or loader has kept it"
				      : "this kernel knows no unaccepted memory, and drops what "
					"the firmware has not accepted";
	loss->cure = memory->counted ? "let `cvmem inspect' look at firmware and loader"
				     : "take a kernel from 6.5 on that is built with "
				       "CONFIG_UNACCEPTED_MEMORY";
}
