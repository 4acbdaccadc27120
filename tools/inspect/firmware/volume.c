/* SPDX-License-Identifier: MIT */
#include "tools/inspect/firmware/volume.h"

#include <stdio.h>
#include <stdlib.h>

#include "tools/inspect/firmware/walk.h"

/* EFI_FIRMWARE_VOLUME_HEADER, EFI_FIRMWARE_VOLUME_EXT_HEADER. */
enum {
	VOLUME_GUID = 16,
	VOLUME_LENGTH = 32,
	VOLUME_SIGNATURE = 40,
	VOLUME_ATTRIBUTES = 44,
	VOLUME_HEADER_LENGTH = 48,
	VOLUME_EXT_HEADER = 52,
	VOLUME_MIN = 56,
	EXT_SIZE = 16,
};

/* Formats of volumes. PI specification, volume 3, sections 3.2.2 and 3.2.3; the last is EDK2's, for
 * variables. */
static const uint8_t ffs2[GUID_SIZE] = GUID(0x8c8ce578, 0x8a3d, 0x4f1c, 0x9935, 0x896185c32dd3);
static const uint8_t ffs3[GUID_SIZE] = GUID(0x5473c07a, 0x3dcb, 0x4dca, 0xbd6f, 0x1e9689e7349a);
static const uint8_t nv_store[GUID_SIZE] = GUID(0xfff12b8d, 0x7696, 0x4c8b, 0xa985, 0x2747075b4f50);

#define ERASED_TO_ONES 0x800 /* EFI_FVB2_ERASE_POLARITY */

/* EFI_FFS_FILE_HEADER, EFI_FFS_FILE_HEADER2. */
enum {
	FILE_TYPE = 18,
	FILE_ATTRIBUTES = 19,
	FILE_SIZE = 20,
	FILE_STATE = 23,
	FILE_HEADER = 24,
	FILE_SIZE2 = 24,
	FILE_HEADER2 = 32,
};
#define FILE_LARGE	0x01
#define FILE_DATA_VALID 0x04
#define FILE_DELETED	0x10
#define TYPE_RAW	0x01
#define TYPE_OEM	0xc0

uint64_t fw_walk_offset(const struct fw_walk *walk, const uint8_t *at)
{
	return walk->packed ? walk->packed_at : (uint64_t)(at - walk->base);
}

void fw_walk_gap(struct fw_walk *walk, const uint8_t *at, const char *name, const char *format, ...)
{
	char text[200];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	walk->volumes->gaps++;
	fw_lint_add(walk->lints, FW_WARNING, name, fw_walk_offset(walk, at), "%s%s",
		    walk->packed ? "in the packed section here: " : "", text);
}

bool fw_walk_enter(struct fw_walk *walk, const uint8_t *at)
{
	if (walk->depth == FW_DEPTH_MAX) {
		fw_walk_gap(walk, at, "volume-depth",
			    "volumes and sections within each other, more than %d deep",
			    FW_DEPTH_MAX);
		return false;
	}
	if (walk->items >= FW_ITEMS_MAX) {
		if (walk->items++ == FW_ITEMS_MAX)
			fw_walk_gap(walk, at, "volume-items", "more than %d files and sections",
				    FW_ITEMS_MAX);
		return false;
	}
	walk->items++;
	walk->depth++;
	return true;
}

void fw_walk_leave(struct fw_walk *walk)
{
	walk->depth--;
}

/* The size of the file at `offset`; 0: it is not valid. */
static size_t file_size(struct bytes volume, size_t offset, bool large, size_t *header)
{
	uint64_t size = bytes_number(volume, offset + FILE_SIZE, 3);

	*header = FILE_HEADER;
	if (large) {
		*header = FILE_HEADER2;
		size = bytes_have(volume, offset, FILE_HEADER2)
			       ? bytes_u64(volume, offset + FILE_SIZE2)
			       : 0;
	}
	return size >= *header && bytes_have(volume, offset, size) ? size : 0;
}

static bool is_erased(struct bytes volume, size_t offset, uint8_t erased)
{
	for (size_t i = 0; i < FILE_HEADER; i++)
		if (volume.data[offset + i] != erased)
			return false;
	return true;
}

static void walk_file(struct fw_walk *walk, struct bytes bytes, size_t header)
{
	struct fw_file file = { .guid = bytes.data,
				.type = bytes.data[FILE_TYPE],
				.first_module = walk->volumes->module_count };

	if (file.type == FW_FILE_PAD || file.type == TYPE_RAW || file.type >= TYPE_OEM)
		return;
	walk->volumes->files++;
	fw_walk_sections(walk, bytes_part(bytes, header, SIZE_MAX), &file);
	for (size_t i = file.first_module; i < walk->volumes->module_count && !file.volume_inside;
	     i++)
		memcpy(walk->volumes->module[i].name, file.name, FW_NAME_MAX);
}

static void walk_files(struct fw_walk *walk, struct bytes volume, size_t offset, uint8_t erased)
{
	while (bytes_have(volume, offset, FILE_HEADER) && !is_erased(volume, offset, erased)) {
		uint8_t state = volume.data[offset + FILE_STATE] ^ erased;
		bool large = volume.data[offset + FILE_ATTRIBUTES] & FILE_LARGE;
		size_t header, size = file_size(volume, offset, large, &header);

		if (!size) {
			fw_walk_gap(walk, volume.data + offset, "volume-file",
				    "a file whose size is not one: right is at least its header "
				    "(%zu bytes) and at most the 0x%zx bytes that are left of its "
				    "volume",
				    header, volume.size - offset);
			return;
		}
		if (walk->no_memory || !fw_walk_enter(walk, volume.data + offset))
			return;
		if (state & FILE_DATA_VALID && !(state & FILE_DELETED))
			walk_file(walk, bytes_part(volume, offset, size), header);
		fw_walk_leave(walk);
		offset += size;
		offset += -offset & 7;
	}
}

/* The sum of the header's 16-bit words is 0. */
static bool good_sum(struct bytes header)
{
	uint16_t sum = 0;

	for (size_t i = 0; i + 2 <= header.size; i += 2)
		sum = (uint16_t)(sum + bytes_u16(header, i));
	return !sum;
}

/* The offset of a volume's first file; 0: the header is not valid. */
static size_t first_file(struct bytes volume)
{
	size_t offset = bytes_u16(volume, VOLUME_HEADER_LENGTH);
	size_t ext = bytes_u16(volume, VOLUME_EXT_HEADER);
	uint64_t end;

	if (ext) {
		if (ext < offset || !bytes_have(volume, ext, EXT_SIZE + 4))
			return 0;
		end = (uint64_t)ext + bytes_u32(volume, ext + EXT_SIZE);
		if (end > volume.size)
			return 0;
		offset = end;
	}
	return offset + (-offset & 7);
}

size_t fw_walk_volume(struct fw_walk *walk, struct bytes bytes)
{
	struct fw_volumes *volumes = walk->volumes;
	struct bytes volume;
	uint64_t length;
	size_t header, offset;

	if (!bytes_have(bytes, 0, VOLUME_MIN) || !bytes_are(bytes, VOLUME_SIGNATURE, "_FVH", 4))
		return 0;
	length = bytes_u64(bytes, VOLUME_LENGTH);
	header = bytes_u16(bytes, VOLUME_HEADER_LENGTH);
	if (header < VOLUME_MIN || header > bytes.size || !good_sum(bytes_part(bytes, 0, header)))
		return 0;
	if (length < header || length > bytes.size) {
		fw_walk_gap(walk, bytes.data, "volume-length",
			    "a firmware volume of 0x%llx bytes, of which 0x%zx are here",
			    (unsigned long long)length, bytes.size);
		return 0;
	}
	volume = bytes_part(bytes, 0, length);
	volumes->count++;
	if (!memcmp(volume.data + VOLUME_GUID, nv_store, GUID_SIZE)) {
		if (!volumes->stores++) {
			volumes->store_size = length;
			fw_keys_read(&volumes->keys, volume);
		}
		return length;
	}
	if (memcmp(volume.data + VOLUME_GUID, ffs2, GUID_SIZE) &&
	    memcmp(volume.data + VOLUME_GUID, ffs3, GUID_SIZE)) {
		char text[GUID_TEXT];

		fw_walk_gap(walk, volume.data + VOLUME_GUID, "volume-format",
			    "a firmware volume of the unknown format %s",
			    guid_text(text, volume.data + VOLUME_GUID));
		return length;
	}
	volumes->code++;
	offset = first_file(volume);
	if (!offset) {
		fw_walk_gap(walk, volume.data + VOLUME_EXT_HEADER, "volume-header",
			    "a firmware volume whose extended header is not in it");
		return length;
	}
	if (fw_walk_enter(walk, volume.data)) {
		bool ones = bytes_u32(volume, VOLUME_ATTRIBUTES) & ERASED_TO_ONES;

		walk_files(walk, volume, offset, ones ? 0xff : 0);
		fw_walk_leave(walk);
	}
	return length;
}

bool fw_volumes_read(struct fw_volumes *volumes, struct bytes image, struct fw_lints *lints)
{
	struct fw_walk walk = { .volumes = volumes, .lints = lints, .base = image.data };
	size_t offset = 0;

	memset(volumes, 0, sizeof(*volumes));
	while (bytes_have(image, offset, VOLUME_MIN)) {
		struct bytes rest = bytes_part(image, offset, SIZE_MAX);
		const uint8_t *found = memmem(rest.data + VOLUME_SIGNATURE,
					      rest.size - VOLUME_SIGNATURE, "_FVH", 4);
		size_t begin, size;

		if (!found)
			break;
		begin = (size_t)(found - image.data) - VOLUME_SIGNATURE;
		size = fw_walk_volume(&walk, bytes_part(image, begin, SIZE_MAX));
		offset = size ? begin + size : begin + 4;
	}
	return !walk.no_memory;
}

void fw_volumes_free(struct fw_volumes *volumes)
{
	free(volumes->module);
	volumes->module = NULL;
	volumes->module_count = 0;
}
