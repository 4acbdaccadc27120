/* SPDX-License-Identifier: MIT */
#include "efi/configuration.h"

#include "efi/console.h"
#include "efi/file.h"

enum { MOST = 64 << 10 };

static void read_file(const struct efi_firmware *firmware, struct efi_options *options,
		      const char *own)
{
	struct efi_content content;
	char path[EFI_PATH_ROOM];

	if (!efi_path_beside(own, "cvmem-accept.conf", path) ||
	    efi_file_read(firmware, firmware->image->device, path, MOST, &content))
		return;
	efi_options_parse(options, (const char *)content.data, content.size);
	efi_free(firmware, content.data);
}

void efi_configuration_read(const struct efi_firmware *firmware, struct efi_options *options,
			    char own[EFI_PATH_ROOM])
{
	const struct efi_loaded_image *image = firmware->image;
	struct efi_text text = { 0 };

	efi_options_init(options);
	if (efi_path_of(image->file_path, own))
		read_file(firmware, options, own);
	else
		own[0] = 0;
	if (image->load_options)
		efi_options_parse_load_options(options, image->load_options,
					       image->load_options_size);
	if (!options->wrong[0])
		return;
	efi_text_add(&text, "an option is not understood, and ignored: ");
	efi_text_add(&text, options->wrong);
	efi_say(firmware, &text);
}
