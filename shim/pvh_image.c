/* SPDX-License-Identifier: MIT */
#include "shim/pvh_image.h"

/* System V ABI: the file's header, and a program header. */
enum {
	ELF_CLASS = 4,
	ELF_DATA = 5,
	ELF_VERSION = 6,
	ELF_TYPE = 16,
	ELF_MACHINE = 18,
	ELF_TABLE = 32,
	ELF_ENTRY_BYTES = 54,
	ELF_ENTRIES = 56,

	SEGMENT_TYPE = 0,
	SEGMENT_OFFSET = 8,
	SEGMENT_ADDRESS = 24, /* physical */
	SEGMENT_FILE_BYTES = 32,
	SEGMENT_MEMORY_BYTES = 40,
	SEGMENT_ALIGNMENT = 48,
	SEGMENT_BYTES = 56,
};

enum { CLASS_64 = 2, LITTLE_ENDIAN = 1, VERSION = 1, MACHINE_X86_64 = 62 };
enum { TYPE_EXECUTABLE = 2, TYPE_SHARED = 3 };
enum { SEGMENT_LOAD = 1, SEGMENT_NOTES = 4 };

#define NOTE_HEAD    12 /* lengths of name and content, type */
#define PHYS32_ENTRY 18
#define MAX_ENTRIES  64
#define MAX_NOTES    0x10000
#define FOUR_GIB     (UINT64_C(1) << 32)

static uint64_t get(const uint8_t *from, unsigned bytes)
{
	uint64_t value = 0;

	while (bytes--)
		value = value << 8 | from[bytes];
	return value;
}

static bool is_within(uint64_t offset, uint64_t length, uint64_t bytes)
{
	return offset <= bytes && length <= bytes - offset;
}

bool pvh_image_is(const uint8_t *head)
{
	return get(head, 4) == 0x464c457f; /* 0x7f "ELF" */
}

static const char *read_header(const uint8_t *file, size_t bytes)
{
	uint64_t type;

	if (bytes < PVH_HEADER || !pvh_image_is(file))
		return "is no ELF file";
	type = get(file + ELF_TYPE, 2);
	if (file[ELF_CLASS] != CLASS_64 || file[ELF_DATA] != LITTLE_ENDIAN ||
	    file[ELF_VERSION] != VERSION || get(file + ELF_MACHINE, 2) != MACHINE_X86_64 ||
	    (type != TYPE_EXECUTABLE && type != TYPE_SHARED))
		return "is no ELF program of 64 bits for x86-64";
	if (get(file + ELF_ENTRY_BYTES, 2) != SEGMENT_BYTES || !get(file + ELF_ENTRIES, 2) ||
	    get(file + ELF_ENTRIES, 2) > MAX_ENTRIES)
		return "has program headers that cannot be";
	if (!is_within(get(file + ELF_TABLE, 8), get(file + ELF_ENTRIES, 2) * SEGMENT_BYTES, bytes))
		return "has program headers outside of the file";
	return NULL;
}

static bool overlap(const struct pvh_segment *a, const struct pvh_segment *b)
{
	return a->address < b->address + b->memory_bytes &&
	       b->address < a->address + a->memory_bytes;
}

static const char *read_segment(struct pvh_image *image, const uint8_t *from, size_t bytes)
{
	struct pvh_segment segment = {
		.address = get(from + SEGMENT_ADDRESS, 8),
		.memory_bytes = get(from + SEGMENT_MEMORY_BYTES, 8),
		.offset = get(from + SEGMENT_OFFSET, 8),
		.file_bytes = get(from + SEGMENT_FILE_BYTES, 8),
	};

	if (segment.file_bytes > segment.memory_bytes)
		return "has a segment that is larger in the file than in memory";
	if (!is_within(segment.offset, segment.file_bytes, bytes))
		return "has a segment outside of the file";
	if (!is_within(segment.address, segment.memory_bytes, FOUR_GIB))
		return "has a segment that does not end below 4 GiB";
	if (!segment.memory_bytes)
		return NULL;
	if (image->count == PVH_SEGMENTS)
		return "has too many segments";
	for (unsigned i = 0; i < image->count; i++)
		if (overlap(&segment, &image->segment[i]))
			return "has segments that overlap";
	image->segment[image->count++] = segment;
	return NULL;
}

/* Of an entry's address: 4 or 8 bytes. 0: it cannot be. */
static uint32_t read_entry(const uint8_t *content, uint64_t length)
{
	uint64_t entry = length == 4 || length == 8 ? get(content, (unsigned)length) : 0;

	return entry < FOUR_GIB ? (uint32_t)entry : 0;
}

static const char *read_notes(struct pvh_image *image, const uint8_t *notes, uint64_t bytes,
			      uint64_t alignment)
{
	uint64_t mask = alignment == 8 ? 7 : 3, at = 0;

	while (bytes - at >= NOTE_HEAD) {
		uint64_t name_bytes = get(notes + at, 4), length = get(notes + at + 4, 4);
		uint64_t name = at + NOTE_HEAD, content = (name + name_bytes + mask) & ~mask;
		bool is_entry = get(notes + at + 8, 4) == PHYS32_ENTRY;

		if (!is_within(content, length, bytes))
			return "has a note that is too long";
		/* "Xen" and its zero. */
		if (is_entry && name_bytes == 4 && get(notes + name, 4) == 0x6e6558) {
			image->entry = read_entry(notes + content, length);
			return image->entry ? NULL : "has a PVH entry that cannot be";
		}
		at = (content + length + mask) & ~mask;
		if (at > bytes)
			break;
	}
	return NULL;
}

static const char *read_note_segment(struct pvh_image *image, const uint8_t *from,
				     const uint8_t *file, size_t bytes)
{
	uint64_t offset = get(from + SEGMENT_OFFSET, 8), length = get(from + SEGMENT_FILE_BYTES, 8);

	if (!is_within(offset, length, bytes))
		return "has notes outside of the file";
	if (length > MAX_NOTES)
		return "has notes that are too long";
	return image->entry
		       ? NULL
		       : read_notes(image, file + offset, length, get(from + SEGMENT_ALIGNMENT, 8));
}

static const char *check_entry(const struct pvh_image *image)
{
	if (!image->entry)
		return "is an ELF file without an entry for PVH";
	for (unsigned i = 0; i < image->count; i++)
		if (image->entry >= image->segment[i].address &&
		    image->entry - image->segment[i].address < image->segment[i].file_bytes)
			return NULL;
	return "has a PVH entry outside of its segments";
}

const char *pvh_image_read(struct pvh_image *image, const uint8_t *file, size_t bytes)
{
	const char *wrong = read_header(file, bytes);
	const uint8_t *table;

	image->entry = 0;
	image->count = 0;
	if (wrong)
		return wrong;
	table = file + get(file + ELF_TABLE, 8);
	for (uint64_t i = 0; !wrong && i < get(file + ELF_ENTRIES, 2); i++) {
		const uint8_t *from = table + i * SEGMENT_BYTES;

		if (get(from + SEGMENT_TYPE, 4) == SEGMENT_LOAD)
			wrong = read_segment(image, from, bytes);
		else if (get(from + SEGMENT_TYPE, 4) == SEGMENT_NOTES)
			wrong = read_note_segment(image, from, file, bytes);
	}
	return wrong ? wrong : check_entry(image);
}

uint64_t pvh_image_memory(const struct pvh_image *image)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < image->count; i++)
		bytes += image->segment[i].memory_bytes;
	return bytes;
}
