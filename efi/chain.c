/* SPDX-License-Identifier: MIT */
#include "efi/chain.h"

#include "efi/accept.h"
#include "efi/bytes.h"
#include "efi/console.h"
#include "efi/file.h"
#include "efi/next_image.h"

/* A larger one is taken for a loader: it is started, but not looked at. */
enum { MOST = 512 << 20 };

/* Section 7.5: as firmware starts an application. */
enum { WATCHDOG_SECONDS = 300 };

static efi_status fail(const struct efi_firmware *firmware, const char *path, const char *why,
		       efi_status status)
{
	struct efi_text text = { 0 };

	efi_text_add(&text, path);
	efi_text_add(&text, why);
	efi_text_add(&text, efi_status_words(status));
	efi_text_add(&text, " (");
	efi_text_hex(&text, status);
	efi_text_add(&text, ")");
	efi_say(firmware, &text);
	return status;
}

/* Whether the image accepts by itself. Of what will fail later, without a word, a line tells. */
static bool look_at(const struct efi_firmware *firmware, const char *path)
{
	struct efi_content content;
	bool accepts;

	if (efi_file_read(firmware, firmware->image->device, path, MOST, &content))
		return false;
	accepts = efi_next_image_accepts(content.data, content.size);
	if (firmware->platform == CVM_PLATFORM_TDX &&
	    efi_next_image_resets_td(content.data, content.size))
		efi_say_words(firmware, "this GRUB resets a TD at its command linux: its menu must "
					"say linuxefi and initrdefi");
	efi_free(firmware, content.data);
	return accepts;
}

/* Section 9.1: load options are the next image's to read; UCS-2 by convention. */
static void pass_on(const struct efi_firmware *firmware, efi_handle next, const char *args,
		    uint16_t *wide)
{
	static const struct efi_guid guid = EFI_LOADED_IMAGE_GUID;
	struct efi_loaded_image *image = efi_protocol_of(firmware, next, &guid);

	if (!image || !*args)
		return;
	efi_path_widen(args, wide);
	image->load_options = wide;
	image->load_options_size = (uint32_t)(2 * (efi_length(args) + 1));
}

static efi_status start(const struct efi_firmware *firmware, const struct efi_options *options,
			const char *path)
{
	struct efi_device_path *device_path =
		efi_path_make(firmware, firmware->image->device, path);
	uint16_t args[sizeof(options->args)];
	efi_handle next = NULL;
	efi_status status;

	if (!device_path)
		return fail(firmware, path, " cannot be started: ", EFI_OUT_OF_RESOURCES);
	status = firmware->boot->load_image(0, firmware->handle, device_path, NULL, 0, &next);
	efi_free(firmware, device_path);
	if (status) {
		/* Section 7.4.1: with EFI_SECURITY_VIOLATION the image is loaded, but not started.
		 */
		if (status == EFI_SECURITY && next)
			firmware->boot->unload_image(next);
		return fail(firmware, path, " cannot be loaded: ", status);
	}
	pass_on(firmware, next, options->args, args);
	status = firmware->boot->start_image(next, NULL, NULL);
	return status ? fail(firmware, path, " came back: ", status) : status;
}

efi_status efi_chain(const struct efi_firmware *firmware, const struct efi_options *options,
		     const char *own)
{
	const char *name = options->next[0] ? options->next : EFI_CHAIN_DEFAULT;
	char path[EFI_PATH_ROOM];
	bool accepts;

	if (!efi_path_beside(own, name, path))
		return fail(firmware, name, " cannot be started: ", EFI_INVALID_PARAM);
	accepts = firmware->platform != CVM_PLATFORM_NONE && look_at(firmware, path);
	efi_accept(firmware, options, accepts);
	firmware->boot->set_watchdog_timer(WATCHDOG_SECONDS, EFI_WATCHDOG_CODE, 0, NULL);
	return start(firmware, options, path);
}
