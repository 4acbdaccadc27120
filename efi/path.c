/* SPDX-License-Identifier: MIT */
#include "efi/path.h"

#include "efi/bytes.h"

enum { NODE = sizeof(struct efi_device_path), LONGEST = 4096 };

static size_t length_of(const struct efi_device_path *node)
{
	return node->length[0] | (size_t)node->length[1] << 8;
}

static bool is_end(const struct efi_device_path *node)
{
	return node->type == EFI_PATH_END && node->subtype == EFI_PATH_END_ENTIRE;
}

static const struct efi_device_path *next_of(const struct efi_device_path *node)
{
	return (const struct efi_device_path *)((const uint8_t *)node + length_of(node));
}

/* A node that is shorter than its header ends a path as well: nothing can follow it. */
static bool has_next(const struct efi_device_path *node)
{
	return !is_end(node) && length_of(node) >= NODE;
}

static bool add_character(char text[EFI_PATH_ROOM], size_t *used, uint16_t character)
{
	if (character >= 0x7f || *used + 1 >= EFI_PATH_ROOM)
		return false;
	text[(*used)++] = (char)character;
	text[*used] = 0;
	return true;
}

/* Section 10.3.5.4: nodes are joined, with a separator between them. */
static bool add_node(const struct efi_device_path *node, char text[EFI_PATH_ROOM], size_t *used)
{
	const uint8_t *bytes = (const uint8_t *)node;
	size_t length = length_of(node);

	for (size_t i = NODE; i + 1 < length; i += 2) {
		uint16_t character = (uint16_t)(bytes[i] | bytes[i + 1] << 8);

		if (!character)
			break;
		if (i == NODE && character != '\\' && (!*used || text[*used - 1] != '\\') &&
		    !add_character(text, used, '\\'))
			return false;
		if (!add_character(text, used, character))
			return false;
	}
	return true;
}

bool efi_path_of(const struct efi_device_path *path, char text[EFI_PATH_ROOM])
{
	size_t used = 0;

	text[0] = 0;
	for (; path && has_next(path); path = next_of(path)) {
		if (path->type == EFI_PATH_MEDIA && path->subtype == EFI_PATH_MEDIA_FILE &&
		    !add_node(path, text, &used))
			return false;
	}
	return used;
}

bool efi_path_beside(const char *other, const char *name, char text[EFI_PATH_ROOM])
{
	size_t folder = 0, length = efi_length(name);

	for (size_t i = 0; *name != '\\' && other[i]; i++) {
		if (other[i] == '\\')
			folder = i + 1;
	}
	if (folder + length >= EFI_PATH_ROOM)
		return false;
	efi_bytes_copy(text, other, folder);
	efi_bytes_copy(text + folder, name, length + 1);
	return true;
}

void efi_path_widen(const char *text, uint16_t *wide)
{
	do
		*wide++ = (uint8_t)*text;
	while (*text++);
}

static void put_node(uint8_t *at, uint8_t type, uint8_t subtype, size_t length)
{
	at[0] = type;
	at[1] = subtype;
	at[2] = (uint8_t)length;
	at[3] = (uint8_t)(length >> 8);
}

struct efi_device_path *efi_path_make(const struct efi_firmware *firmware, efi_handle device,
				      const char *text)
{
	static const struct efi_guid guid = EFI_DEVICE_PATH_GUID;
	const struct efi_device_path *path = efi_protocol_of(firmware, device, &guid), *node = path;
	size_t file = NODE + 2 * (efi_length(text) + 1), size;
	uint8_t *made;

	if (!path)
		return NULL;
	while (has_next(node) && (size_t)((const uint8_t *)node - (const uint8_t *)path) < LONGEST)
		node = next_of(node);
	if (!is_end(node))
		return NULL;
	size = (size_t)((const uint8_t *)node - (const uint8_t *)path);
	made = efi_alloc(firmware, size + file + NODE);
	if (!made)
		return NULL;
	efi_bytes_copy(made, path, size);
	put_node(made + size, EFI_PATH_MEDIA, EFI_PATH_MEDIA_FILE, file);
	for (size_t i = 0; i < (file - NODE) / 2; i++) {
		made[size + NODE + 2 * i] = (uint8_t)text[i];
		made[size + NODE + 2 * i + 1] = 0;
	}
	put_node(made + size + file, EFI_PATH_END, EFI_PATH_END_ENTIRE, NODE);
	return (struct efi_device_path *)made;
}
