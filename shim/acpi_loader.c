/* SPDX-License-Identifier: MIT */
#include "shim/acpi_loader.h"

enum { ALLOCATE = 1, ADD_POINTER = 2, ADD_CHECKSUM = 3, WRITE_POINTER = 4 };

/* Numbers are little-endian, as they are here; names are filled up with zeros. */
struct __attribute__((packed)) command {
	uint32_t command;
	union __attribute__((packed)) {
		struct __attribute__((packed)) {
			char file[ACPI_NAME];
			uint32_t align;
			uint8_t zone;
		} allocate;
		struct __attribute__((packed)) {
			char to[ACPI_NAME], from[ACPI_NAME];
			uint32_t offset;
			uint8_t bytes;
		} pointer;
		struct __attribute__((packed)) {
			char file[ACPI_NAME];
			uint32_t offset, start, length;
		} checksum;
		struct __attribute__((packed)) {
			char to[ACPI_NAME], from[ACPI_NAME];
			uint32_t offset, from_offset;
			uint8_t bytes;
		} write;
		uint8_t room[ACPI_COMMAND - 4];
	};
};

_Static_assert(sizeof(struct command) == ACPI_COMMAND, "");

static bool is_name(const char *name)
{
	unsigned i = 0;

	while (i < ACPI_NAME && name[i])
		i++;
	return i && i < ACPI_NAME;
}

static bool is_same(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

struct acpi_file *acpi_loader_file(struct acpi_loader *loader, const char *name)
{
	for (unsigned i = 0; i < loader->files; i++)
		if (is_same(loader->file[i].name, name))
			return &loader->file[i];
	return NULL;
}

uint8_t *acpi_loader_at(struct acpi_loader *loader, uint64_t address, uint64_t bytes)
{
	for (unsigned i = 0; i < loader->files; i++) {
		const struct acpi_file *file = &loader->file[i];
		uint64_t start = (uintptr_t)file->data;

		if (address >= start && address - start < file->bytes &&
		    bytes <= file->bytes - (address - start))
			return file->data + (address - start);
	}
	return NULL;
}

static struct acpi_file *named(struct acpi_loader *loader, const char *name)
{
	return is_name(name) ? acpi_loader_file(loader, name) : NULL;
}

static const char *allocate(struct acpi_loader *loader, const struct command *command)
{
	const char *name = command->allocate.file;
	uint32_t align = command->allocate.align;
	struct acpi_file *file = &loader->file[loader->files];
	uint32_t bytes;

	if (!is_name(name))
		return "a file to allocate has no name";
	if (acpi_loader_file(loader, name))
		return "a file is allocated twice";
	if (loader->files == ACPI_FILES)
		return "there are too many files";
	if (!align || align & (align - 1) || align > ACPI_MAX_ALIGN)
		return "a file's alignment cannot be";
	bytes = loader->host.find(loader->host.ctx, name);
	if (!bytes || bytes > ACPI_MAX_FILE)
		return "a file to allocate is not there, or too large";
	file->data = loader->host.allocate(loader->host.ctx, bytes);
	if (!file->data || !loader->host.read(loader->host.ctx, name, file->data, bytes))
		return "a file cannot be read";
	for (unsigned i = 0; i < ACPI_NAME; i++)
		file->name[i] = name[i];
	file->bytes = bytes;
	loader->files++;
	return NULL;
}

static bool is_size(unsigned bytes)
{
	return bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8;
}

static bool fits(uint64_t value, unsigned bytes)
{
	return bytes == 8 || !(value >> (8 * bytes));
}

static bool contains(const struct acpi_file *file, uint32_t offset, uint32_t bytes)
{
	return offset <= file->bytes && bytes <= file->bytes - offset;
}

/* What is there is an offset into the file that is pointed to. */
static const char *add_pointer(struct acpi_loader *loader, const struct command *command)
{
	struct acpi_file *to = named(loader, command->pointer.to);
	const struct acpi_file *from = named(loader, command->pointer.from);
	uint32_t offset = command->pointer.offset;
	unsigned bytes = command->pointer.bytes;
	uint64_t value = 0;

	if (!to || !from)
		return "a pointer's file is not allocated";
	if (!is_size(bytes) || !contains(to, offset, bytes))
		return "a pointer is outside its file";
	for (unsigned i = 0; i < bytes; i++)
		value |= (uint64_t)to->data[offset + i] << 8 * i;
	if (value >= from->bytes)
		return "a pointer points outside its file";
	value += (uintptr_t)from->data;
	if (!fits(value, bytes))
		return "a pointer has not enough bytes";
	for (unsigned i = 0; i < bytes; i++)
		to->data[offset + i] = (uint8_t)(value >> 8 * i);
	return NULL;
}

static const char *add_checksum(struct acpi_loader *loader, const struct command *command)
{
	struct acpi_file *file = named(loader, command->checksum.file);
	uint32_t offset = command->checksum.offset, start = command->checksum.start;
	uint32_t length = command->checksum.length;
	uint8_t sum = 0;

	if (!file)
		return "a checksum's file is not allocated";
	if (!contains(file, offset, 1) || !contains(file, start, length))
		return "a checksum is outside its file";
	for (uint32_t i = 0; i < length; i++)
		sum = (uint8_t)(sum + file->data[start + i]);
	file->data[offset] = (uint8_t)(file->data[offset] - sum);
	return NULL;
}

/* The host is told where a file is: so it can write to it, if the guest shares that memory. */
static const char *write_pointer(struct acpi_loader *loader, const struct command *command)
{
	const struct acpi_file *from = named(loader, command->write.from);
	const char *to = command->write.to;
	uint32_t offset = command->write.offset;
	unsigned bytes = command->write.bytes;
	uint32_t room;
	uint64_t value;

	if (!is_name(to) || !from)
		return "a file whose address is wanted is not allocated";
	room = loader->host.find(loader->host.ctx, to);
	if (!is_size(bytes) || offset > room || bytes > room - offset ||
	    command->write.from_offset >= from->bytes)
		return "an address is wanted outside its file";
	value = (uintptr_t)from->data + command->write.from_offset;
	if (!fits(value, bytes))
		return "a pointer has not enough bytes";
	if (!loader->host.write(loader->host.ctx, to, offset, &value, bytes))
		return "the host takes no address";
	return NULL;
}

static const char *run(struct acpi_loader *loader, const struct command *command)
{
	switch (command->command) {
	case ALLOCATE:
		return allocate(loader, command);
	case ADD_POINTER:
		return add_pointer(loader, command);
	case ADD_CHECKSUM:
		return add_checksum(loader, command);
	case WRITE_POINTER:
		return write_pointer(loader, command);
	default:
		return NULL; /* QEMU fills the file up with zeros; others may be left out */
	}
}

const char *acpi_loader_run(struct acpi_loader *loader, const void *commands, size_t bytes)
{
	const struct command *command = commands;

	if (bytes % sizeof(*command))
		return "the commands are cut off";
	for (; bytes; bytes -= sizeof(*command), command++) {
		const char *wrong = run(loader, command);

		if (wrong)
			return wrong;
	}
	return NULL;
}
