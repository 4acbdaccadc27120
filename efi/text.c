/* SPDX-License-Identifier: MIT */
#include "efi/text.h"

static void add(struct efi_text *text, char character)
{
	if (text->used + 1 >= sizeof(text->text))
		return;
	text->text[text->used++] = character;
	text->text[text->used] = 0;
}

void efi_text_add(struct efi_text *text, const char *words)
{
	while (*words)
		add(text, *words++);
}

static void add_digits(struct efi_text *text, uint64_t number, unsigned base)
{
	char digits[20];
	size_t count = 0;

	do {
		digits[count++] = "0123456789abcdef"[number % base];
		number /= base;
	} while (number);
	while (count)
		add(text, digits[--count]);
}

void efi_text_number(struct efi_text *text, uint64_t number)
{
	add_digits(text, number, 10);
}

void efi_text_hex(struct efi_text *text, uint64_t number)
{
	efi_text_add(text, "0x");
	add_digits(text, number, 16);
}

void efi_text_size(struct efi_text *text, uint64_t bytes)
{
	efi_text_number(text, (bytes >> 20) + !!(bytes & 0xfffff));
	efi_text_add(text, " MiB");
}
