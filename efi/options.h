/* SPDX-License-Identifier: MIT */
#ifndef EFI_OPTIONS_H
#define EFI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Words from the file beside the image, or from its load options:
 *
 *   accept=auto          all memory, unless the next image accepts by itself (the default)
 *   accept=always        all memory
 *   accept=never         none: the firmware is told that the system accepts it
 *   accept=below:32G     none from that address on (K, M, G, T)
 *   next=PATH            the image to start; the driver starts none
 *   args=TEXT            its load options: the rest of the line
 *
 * '#' begins a comment.
 */
enum efi_accept_mode { EFI_ACCEPT_AUTO, EFI_ACCEPT_ALWAYS, EFI_ACCEPT_NEVER };

struct efi_options {
	enum efi_accept_mode accept;
	uint64_t below; /* 0: no limit */
	char next[256], args[512];
	char wrong[64]; /* the first word that is not understood; "": none */
};

void efi_options_init(struct efi_options *options);
/* Later words replace earlier ones. */
void efi_options_parse(struct efi_options *options, const char *text, size_t size);
/*
 * Load options as UCS-2. A word without '=' is ignored, such as the name that a shell puts first.
 * So is what is no text: firmware marks the boot entries that it makes in its own way.
 */
void efi_options_parse_load_options(struct efi_options *options, const void *data, size_t size);

#endif
