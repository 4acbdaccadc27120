/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "shim/acpi_loader.h"
#include "shim/ccel.h"
#include "shim/madt.h"

/*
 * The host's ACPI tables: the first byte says how many commands there are, and what follows them is
 * the content of each file. All that is written must be the loader's memory.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define COMMANDS 8

static const uint8_t *content;
static size_t content_bytes;
/* A file each, and for each of them a MADT, a CCEL and a root table. */
#define BLOCKS (4 * ACPI_FILES)
static void *allocated[BLOCKS];
static unsigned count;

/* Each block ends where the sanitizer's begins. Pointers of 4 bytes are to be possible. */
static void *allocate(void *ctx, uint32_t bytes)
{
	void *block;

	if (count == BLOCKS)
		return NULL;
	block = calloc(1, bytes);
	allocated[count++] = block;
	return block;
}

static uint32_t find(void *ctx, const char *name)
{
	return name[0] == 'n' ? 0 : (uint32_t)content_bytes;
}

static bool read_file(void *ctx, const char *name, void *to, uint32_t bytes)
{
	memcpy(to, content, bytes);
	return true;
}

static bool write_file(void *ctx, const char *name, uint32_t offset, const void *from,
		       uint32_t bytes)
{
	if (offset > content_bytes || bytes > content_bytes - offset)
		abort();
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct acpi_loader loader = {
		.host = { .allocate = allocate,
			  .find = find,
			  .read = read_file,
			  .write = write_file },
	};
	uint32_t apic_ids[3];
	struct madt_wakeup wakeup = { 0x812000, 0x801000, apic_ids, 3 };
	size_t commands;

	if (!size)
		return 0;
	commands = (size_t)(*data % (COMMANDS + 1)) * ACPI_COMMAND;
	data++;
	size--;
	if (commands > size)
		commands = size / ACPI_COMMAND * ACPI_COMMAND;
	content = data + commands;
	content_bytes = size - commands;
	count = 0;
	acpi_loader_run(&loader, data, commands);
	for (unsigned i = 0; i < loader.files; i++) {
		madt_add_wakeup(&loader, (uintptr_t)loader.file[i].data, &wakeup);
		ccel_add(&loader, (uintptr_t)loader.file[i].data, 0x900000, 0x4000);
	}
	while (count)
		free(allocated[--count]);
	return 0;
}
