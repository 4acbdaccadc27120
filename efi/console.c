/* SPDX-License-Identifier: MIT */
#include "efi/console.h"

enum { LINE = 256 };

static void output(const struct efi_firmware *firmware, const char *begin, const char *words,
		   const char *end)
{
	struct efi_text_output *console = firmware->system->console_out;
	const char *const parts[] = { begin, words, end };
	uint16_t line[LINE];
	size_t used = 0;

	/* Section 4.3: there may be no console. */
	if (!console)
		return;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		for (const char *at = parts[i]; *at && used + 1 < LINE; at++)
			line[used++] = (uint8_t)*at;
	}
	line[used] = 0;
	console->output_string(console, line);
}

void efi_say_words(const struct efi_firmware *firmware, const char *words)
{
	output(firmware, "\rcvmem: ", words, "\r\n");
}

void efi_say(const struct efi_firmware *firmware, const struct efi_text *text)
{
	efi_say_words(firmware, text->text);
}

void efi_say_for_now(const struct efi_firmware *firmware, const struct efi_text *text)
{
	output(firmware, "\rcvmem: ", text->text, "  ");
}

const char *efi_status_words(efi_status status)
{
	static const struct {
		efi_status status;
		const char *words;
	} known[] = {
		{ EFI_LOAD_ERROR, "load error" },
		{ EFI_INVALID_PARAM, "invalid parameter" },
		{ EFI_UNSUPPORTED, "unsupported" },
		{ EFI_BUFFER_TOO_SMALL, "buffer too small" },
		{ EFI_NOT_READY, "not ready" },
		{ EFI_DEVICE_ERROR, "device error" },
		{ EFI_OUT_OF_RESOURCES, "out of resources" },
		{ EFI_NOT_FOUND, "not found" },
		{ EFI_ACCESS_DENIED, "access denied" },
		{ EFI_TIMEOUT, "timeout" },
		{ EFI_ABORTED, "aborted" },
		{ EFI_SECURITY, "security violation" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].status == status)
			return known[i].words;
	}
	return "status";
}
