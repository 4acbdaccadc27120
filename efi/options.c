/* SPDX-License-Identifier: MIT */
#include "efi/options.h"

#include "efi/bytes.h"

enum { LOAD_OPTIONS = 1024 };

struct word {
	const char *text;
	size_t size;
};

void efi_options_init(struct efi_options *options)
{
	options->accept = EFI_ACCEPT_AUTO;
	options->below = 0;
	options->next[0] = options->args[0] = options->wrong[0] = 0;
}

static void copy(char *to, size_t room, struct word word)
{
	if (word.size >= room)
		word.size = room - 1;
	efi_bytes_copy(to, word.text, word.size);
	to[word.size] = 0;
}

static bool is(struct word word, const char *text)
{
	return word.size == efi_length(text) && efi_bytes_equal(word.text, text, word.size);
}

/* The rest of the word, if it begins with the text. */
static bool begins(struct word word, const char *text, struct word *rest)
{
	size_t length = efi_length(text);

	if (word.size < length || !efi_bytes_equal(word.text, text, length))
		return false;
	*rest = (struct word){ word.text + length, word.size - length };
	return true;
}

static unsigned shift_of(char unit)
{
	switch (unit) {
	case 'k':
	case 'K':
		return 10;
	case 'm':
	case 'M':
		return 20;
	case 'g':
	case 'G':
		return 30;
	case 't':
	case 'T':
		return 40;
	default:
		return 0;
	}
}

/* A number of bytes that is not 0 and has a meaning as an address. */
static bool parse_size(struct word word, uint64_t *bytes)
{
	unsigned shift = word.size ? shift_of(word.text[word.size - 1]) : 0;
	uint64_t number = 0;

	if (shift)
		word.size--;
	if (!word.size)
		return false;
	for (size_t i = 0; i < word.size; i++) {
		unsigned digit = (unsigned)(uint8_t)word.text[i] - '0';

		if (digit > 9 || number > UINT64_MAX >> 8)
			return false;
		number = number * 10 + digit;
	}
	if (!number || number > UINT64_MAX >> 12 >> shift)
		return false;
	*bytes = number << shift;
	return true;
}

static bool parse_accept(struct efi_options *options, struct word value)
{
	struct word size;
	uint64_t below;

	if (begins(value, "below:", &size)) {
		/* A limit within a page would leave a part of it. */
		if (!parse_size(size, &below) || below % 4096)
			return false;
		options->accept = EFI_ACCEPT_AUTO;
		options->below = below;
		return true;
	}
	if (is(value, "auto"))
		options->accept = EFI_ACCEPT_AUTO;
	else if (is(value, "always"))
		options->accept = EFI_ACCEPT_ALWAYS;
	else if (is(value, "never"))
		options->accept = EFI_ACCEPT_NEVER;
	else
		return false;
	options->below = 0;
	return true;
}

static bool parse_path(struct efi_options *options, struct word value)
{
	if (!value.size || value.size >= sizeof(options->next))
		return false;
	copy(options->next, sizeof(options->next), value);
	for (char *at = options->next; *at; at++) {
		if (*at == '/')
			*at = '\\';
	}
	return true;
}

static void parse_word(struct efi_options *options, struct word word)
{
	struct word value;
	bool good = false;

	if (begins(word, "accept=", &value))
		good = parse_accept(options, value);
	else if (begins(word, "next=", &value))
		good = parse_path(options, value);
	if (!good && !options->wrong[0])
		copy(options->wrong, sizeof(options->wrong), word);
}

static bool is_end_of_line(char character)
{
	return character == '\n' || character == '\r' || !character;
}

static bool is_blank(char character)
{
	return character == ' ' || character == '\t' || is_end_of_line(character);
}

void efi_options_parse(struct efi_options *options, const char *text, size_t size)
{
	size_t at = 0;

	while (at < size) {
		struct word word = { text + at, 0 }, rest;
		bool comment = text[at] == '#';

		if (is_blank(text[at])) {
			at++;
			continue;
		}
		if (comment || begins((struct word){ text + at, size - at }, "args=", &rest)) {
			while (at < size && !is_end_of_line(text[at]))
				at++;
			if (!comment) {
				rest.size = (size_t)(text + at - rest.text);
				copy(options->args, sizeof(options->args), rest);
			}
			continue;
		}
		while (at < size && !is_blank(text[at]))
			at++;
		word.size = (size_t)(text + at - word.text);
		parse_word(options, word);
	}
}

static bool has_equals_sign(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (text[i] == '=')
			return true;
	}
	return false;
}

void efi_options_parse_load_options(struct efi_options *options, const void *data, size_t size)
{
	const uint8_t *bytes = data;
	char text[LOAD_OPTIONS];
	size_t used = 0, at = 0;

	for (size_t i = 0; i + 1 < size && used < sizeof(text); i += 2) {
		if (!bytes[i] && !bytes[i + 1])
			break;
		if (bytes[i + 1] || bytes[i] >= 0x7f ||
		    (bytes[i] < ' ' && !is_blank((char)bytes[i])))
			return;
		text[used++] = (char)bytes[i];
	}
	while (at < used) {
		size_t end = at;

		while (end < used && !is_blank(text[end]))
			end++;
		if (has_equals_sign(text + at, end - at)) {
			efi_options_parse(options, text + at, used - at);
			return;
		}
		at = end + 1;
	}
}
