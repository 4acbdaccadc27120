/* SPDX-License-Identifier: MIT */
#include "efi/file.h"

#include "efi/bytes.h"
#include "efi/path.h"
#include "efi/uefi/file.h"

static efi_status read_all(const struct efi_firmware *firmware, struct efi_file *file, size_t most,
			   struct efi_content *content)
{
	uint64_t size = 0;
	efi_status status = file->set_position(file, EFI_FILE_THE_END);

	if (!status)
		status = file->get_position(file, &size);
	if (!status)
		status = file->set_position(file, 0);
	if (status)
		return status;
	if (size > most)
		return EFI_OUT_OF_RESOURCES;
	/* One more: an empty file is no lack of memory. */
	content->data = efi_alloc(firmware, (size_t)size + 1);
	if (!content->data)
		return EFI_OUT_OF_RESOURCES;
	content->size = (size_t)size;
	status = file->read(file, &content->size, content->data);
	if (!status)
		return status;
	efi_free(firmware, content->data);
	*content = (struct efi_content){ 0 };
	return status;
}

efi_status efi_file_read(const struct efi_firmware *firmware, efi_handle device, const char *path,
			 size_t most, struct efi_content *content)
{
	static const struct efi_guid guid = EFI_FILE_SYSTEM_GUID;
	struct efi_file_system *system = efi_protocol_of(firmware, device, &guid);
	uint16_t wide[EFI_PATH_ROOM];
	struct efi_file *root, *file;
	efi_status status;

	*content = (struct efi_content){ 0 };
	if (!system)
		return EFI_NOT_FOUND;
	if (efi_length(path) >= EFI_PATH_ROOM)
		return EFI_INVALID_PARAM;
	status = system->open_volume(system, &root);
	if (status)
		return status;
	efi_path_widen(path, wide);
	status = root->open(root, &file, wide, EFI_FILE_READ, 0);
	if (!status) {
		status = read_all(firmware, file, most, content);
		file->close(file);
	}
	root->close(root);
	return status;
}
