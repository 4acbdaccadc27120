/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "tools/inspect/firmware/unpack.h"
#include "tools/inspect/firmware/walk.h"

/* EFI_COMMON_SECTION_HEADER, EFI_COMMON_SECTION_HEADER2. */
#define SECTION_HEADER	4
#define SECTION_HEADER2 8
#define SECTION_LARGE	0xffffff

/* PI specification, volume 3, table 3-5. */
enum {
	SECTION_COMPRESSION = 0x01,
	SECTION_GUID_DEFINED = 0x02,
	SECTION_DISPOSABLE = 0x03,
	SECTION_PE32 = 0x10,
	SECTION_TE = 0x12,
	SECTION_USER_INTERFACE = 0x15,
	SECTION_VOLUME = 0x17,
};

/* EFI_COMPRESSION_SECTION and EFI_GUID_DEFINED_SECTION, after the common header. */
enum { COMPRESSED_SIZE = 0, COMPRESSED_TYPE = 4, COMPRESSED_DATA = 5 };
#define COMPRESSED_STANDARD 1
enum { GUIDED_OFFSET = 16, GUIDED_ATTRIBUTES = 18, GUIDED_HEADER = 20 };
#define GUIDED_PROCESSING_REQUIRED 1

/*
 * Files of EDK II: SmbiosPlatformDxe, SecureBootConfigDxe, and SmmControl2Dxe, which OVMF has where
 * it is built for SMM, and which then does not go on without it.
 */
static const uint8_t smbios_platform[GUID_SIZE] =
	GUID(0x4110465d, 0x5ff3, 0x4f4b, 0xb580, 0x24ed0d06747a);
static const uint8_t secure_boot[GUID_SIZE] =
	GUID(0xf0e6a44f, 0x7195, 0x41c3, 0xac64, 0x54f202cd0a21);
static const uint8_t smm_control[GUID_SIZE] =
	GUID(0x1206f7ca, 0xa475, 0x4624, 0xa83e, 0xe6fc9bb38e49);

static void note_build(struct fw_volumes *volumes, const uint8_t *guid, struct bytes image)
{
	if (!memcmp(guid, secure_boot, GUID_SIZE))
		volumes->secure_boot = true;
	if (!memcmp(guid, smm_control, GUID_SIZE))
		volumes->needs_smm = true;
	if (!memcmp(guid, smbios_platform, GUID_SIZE))
		fw_version_find(volumes->version, image);
}

static void add_module(struct fw_walk *walk, struct bytes image, const struct fw_file *file,
		       bool terse)
{
	struct fw_volumes *volumes = walk->volumes;
	char text[GUID_TEXT];
	struct fw_module *module;

	if (!volumes->module)
		volumes->module = calloc(FW_MODULES_MAX, sizeof(*volumes->module));
	if (!volumes->module) {
		walk->no_memory = true;
		return;
	}
	if (volumes->module_count == FW_MODULES_MAX) {
		fw_walk_gap(walk, image.data, "volume-modules", "more than %d drivers",
			    FW_MODULES_MAX);
		return;
	}
	module = &volumes->module[volumes->module_count++];
	memcpy(module->guid, file->guid, GUID_SIZE);
	module->type = file->type;
	fw_module_read(module, image, terse);
	note_build(volumes, module->guid, image);
	/* The file's GUID is known, so that this hides no driver: not a gap. */
	if (!module->machine)
		fw_lint_add(
			walk->lints, FW_WARNING, "module-header", fw_walk_offset(walk, image.data),
			"the driver %s is not a %s image; right is \"%s\" at its begin and a "
			"header that is in it",
			guid_text(text, file->guid), terse ? "TE" : "PE32", terse ? "VZ" : "MZ");
}

static void read_name(struct bytes text, struct fw_file *file)
{
	size_t n = 0;

	while (n < FW_NAME_MAX - 1 && bytes_have(text, 2 * n, 2) && bytes_u16(text, 2 * n)) {
		uint16_t c = bytes_u16(text, 2 * n);

		file->name[n++] = c > ' ' && c < 0x7f ? (char)c : '?';
	}
	file->name[n] = '\0';
}

static void walk_packed(struct fw_walk *walk, const uint8_t *guid, struct bytes packed,
			struct fw_file *file)
{
	struct fw_walk outer = *walk;
	char text[GUID_TEXT];
	const char *method = fw_unpack_name(guid);
	struct bytes unpacked;
	uint8_t *data;

	if (!method)
		method = guid_text(text, guid);
	switch (fw_unpack(guid, packed, FW_UNPACKED_MAX - walk->volumes->unpacked, &data,
			  &unpacked.size)) {
	case FW_UNPACKED:
		break;
	case FW_UNPACK_UNKNOWN:
		fw_walk_gap(walk, packed.data, "packed-unknown",
			    "packed by a method that no library here undoes: %s", method);
		return;
	case FW_UNPACK_CORRUPT:
		fw_walk_gap(walk, packed.data, "packed-corrupt",
			    "%s data that cannot be unpacked to the size that it begins with",
			    method);
		return;
	case FW_UNPACK_LIMIT:
		fw_walk_gap(
			walk, packed.data, "packed-limit",
			"%s data that says it is larger than what is unpacked of a file, %zu MiB "
			"in all",
			method, FW_UNPACKED_MAX >> 20);
		return;
	case FW_UNPACK_MEMORY:
		walk->no_memory = true;
		return;
	}
	walk->volumes->unpacked += unpacked.size;
	unpacked.data = data;
	if (!walk->packed)
		walk->packed_at = fw_walk_offset(walk, packed.data);
	walk->packed = true;
	fw_walk_sections(walk, unpacked, file);
	walk->packed = outer.packed;
	walk->packed_at = outer.packed_at;
	free(data);
}

static void walk_guided(struct fw_walk *walk, struct bytes section, size_t header,
			struct fw_file *file)
{
	struct bytes body = bytes_part(section, header, SIZE_MAX);
	size_t offset;

	if (!bytes_have(body, 0, GUIDED_HEADER)) {
		fw_walk_gap(walk, section.data, "section-guided",
			    "a GUIDed section that is shorter than its header");
		return;
	}
	offset = bytes_u16(body, GUIDED_OFFSET);
	if (offset < header + GUIDED_HEADER || offset > section.size) {
		fw_walk_gap(walk, body.data + GUIDED_OFFSET, "section-guided",
			    "a GUIDed section whose data offset is 0x%zx; right is 0x%zx to 0x%zx, "
			    "its size",
			    offset, header + GUIDED_HEADER, section.size);
		return;
	}
	if (bytes_u16(body, GUIDED_ATTRIBUTES) & GUIDED_PROCESSING_REQUIRED)
		walk_packed(walk, body.data, bytes_part(section, offset, SIZE_MAX), file);
	else
		fw_walk_sections(walk, bytes_part(section, offset, SIZE_MAX), file);
}

static void walk_compressed(struct fw_walk *walk, struct bytes body, struct fw_file *file)
{
	if (!bytes_have(body, 0, COMPRESSED_DATA))
		fw_walk_gap(walk, body.data, "section-compressed",
			    "a compressed section that is shorter than its header");
	else if (body.data[COMPRESSED_TYPE] == COMPRESSED_STANDARD)
		walk_packed(walk, NULL, bytes_part(body, COMPRESSED_DATA, SIZE_MAX), file);
	else if (body.data[COMPRESSED_TYPE])
		fw_walk_gap(walk, body.data, "packed-unknown",
			    "packed by a method that no library here undoes: type %u",
			    body.data[COMPRESSED_TYPE]);
	else
		fw_walk_sections(walk, bytes_part(body, COMPRESSED_DATA, SIZE_MAX), file);
}

static void walk_section(struct fw_walk *walk, struct bytes section, size_t header,
			 struct fw_file *file)
{
	struct bytes body = bytes_part(section, header, SIZE_MAX);

	switch (section.data[3]) {
	case SECTION_COMPRESSION:
		walk_compressed(walk, body, file);
		break;
	case SECTION_GUID_DEFINED:
		walk_guided(walk, section, header, file);
		break;
	case SECTION_DISPOSABLE:
		fw_walk_sections(walk, body, file);
		break;
	case SECTION_PE32:
	case SECTION_TE:
		add_module(walk, body, file, section.data[3] == SECTION_TE);
		break;
	case SECTION_USER_INTERFACE:
		read_name(body, file);
		break;
	case SECTION_VOLUME:
		file->volume_inside = true;
		if (!fw_walk_volume(walk, body))
			fw_walk_gap(walk, body.data, "section-volume",
				    "a section for a firmware volume, and no volume in it");
		break;
	}
}

void fw_walk_sections(struct fw_walk *walk, struct bytes bytes, struct fw_file *file)
{
	size_t offset = 0;

	while (bytes_have(bytes, offset, SECTION_HEADER)) {
		uint64_t size = bytes_number(bytes, offset, 3);
		size_t header = SECTION_HEADER;

		if (size == SECTION_LARGE && bytes_have(bytes, offset, SECTION_HEADER2)) {
			header = SECTION_HEADER2;
			size = bytes_u32(bytes, offset + SECTION_HEADER);
		}
		if (size < header || !bytes_have(bytes, offset, size)) {
			fw_walk_gap(
				walk, bytes.data + offset, "section-size",
				"a section of 0x%llx bytes; right is at least its header (%zu) and "
				"at most the 0x%zx that are left",
				(unsigned long long)size, header, bytes.size - offset);
			return;
		}
		if (walk->no_memory || !fw_walk_enter(walk, bytes.data + offset))
			return;
		walk_section(walk, bytes_part(bytes, offset, size), header, file);
		fw_walk_leave(walk);
		offset += size;
		offset += -offset & 3;
	}
}
