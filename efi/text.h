/* SPDX-License-Identifier: MIT */
#ifndef EFI_TEXT_H
#define EFI_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* A line for the console. What does not fit is cut off. */
struct efi_text {
	char text[200];
	size_t used;
};

void efi_text_add(struct efi_text *text, const char *words);
void efi_text_number(struct efi_text *text, uint64_t number);
void efi_text_hex(struct efi_text *text, uint64_t number); /* with 0x */
/* "2048 MiB", rounded up: one byte is not nothing. */
void efi_text_size(struct efi_text *text, uint64_t bytes);

#endif
