/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "tools/mapfile/alloc.h"
#include "tools/mapfile/plain.h"

/* So much of a text decides whether it is UTF-16. */
#define SAMPLE 512

struct output {
	char *text;
	size_t size, room;
};

static void put_byte(struct output *out, unsigned int byte)
{
	out->text = grow(out->text, &out->room, out->size + 1, 1);
	out->text[out->size++] = (char)byte;
}

static void put(struct output *out, uint32_t code)
{
	if (code < 0x80) {
		put_byte(out, code);
	} else if (code < 0x800) {
		put_byte(out, 0xc0 | code >> 6);
		put_byte(out, 0x80 | (code & 0x3f));
	} else if (code < 0x10000) {
		put_byte(out, 0xe0 | code >> 12);
		put_byte(out, 0x80 | (code >> 6 & 0x3f));
		put_byte(out, 0x80 | (code & 0x3f));
	} else {
		put_byte(out, 0xf0 | (code >> 18 & 7));
		put_byte(out, 0x80 | (code >> 12 & 0x3f));
		put_byte(out, 0x80 | (code >> 6 & 0x3f));
		put_byte(out, 0x80 | (code & 0x3f));
	}
}

/* What a kernel would have printed there: Unicode 15, categories Zs, Pd, Cf, Zl and Zp. */
static uint32_t simple(uint32_t code)
{
	if (code < 0x80)
		return code == '\v' || code == '\f' ? '\r' : code;
	if (code == 0xa0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200a) ||
	    code == 0x202f || code == 0x205f || code == 0x3000)
		return ' ';
	if ((code >= 0x2010 && code <= 0x2015) || code == 0x2212 || code == 0xfe58 ||
	    code == 0xfe63 || code == 0xff0d)
		return '-';
	if (code == 0x85 || code == 0x2028 || code == 0x2029)
		return '\r';
	if (code == 0xad || (code >= 0x200b && code <= 0x200f) || code == 0x2060 || code == 0xfeff)
		return PLAIN_NOTHING;
	return code;
}

static void put_simple(struct output *out, uint32_t code)
{
	code = simple(code);
	if (code != PLAIN_NOTHING)
		put(out, code);
}

bool plain_is_utf16(const unsigned char *data, size_t size)
{
	size_t zero[2] = { 0, 0 }, sample = size < SAMPLE ? size & ~(size_t)1 : SAMPLE;

	if (size >= 4 && ((data[0] == 0xff && data[1] == 0xfe && (data[2] || data[3])) ||
			  (data[0] == 0xfe && data[1] == 0xff)))
		return true;
	for (size_t i = 0; i < sample; i++)
		zero[i & 1] += !data[i];
	/* Logs are ASCII for the most part: one byte of each pair is 0, and the other is not. */
	return sample >= 16 && ((zero[1] * 4 >= sample / 2 * 3 && !zero[0]) ||
				(zero[0] * 4 >= sample / 2 * 3 && !zero[1]));
}

static uint32_t unit(const unsigned char *at, bool big)
{
	return big ? (uint32_t)(at[0] << 8 | at[1]) : (uint32_t)(at[1] << 8 | at[0]);
}

static void from_utf16(const unsigned char *data, size_t size, struct output *out)
{
	bool big = data[0] == 0xfe || (data[0] != 0xff && !data[0]);

	for (size_t at = 0; at + 1 < size; at += 2) {
		uint32_t code = unit(data + at, big);

		/* The Unicode Standard, section 3.9: a pair of surrogates is one character. */
		if (code >= 0xd800 && code < 0xdc00 && at + 3 < size) {
			uint32_t low = unit(data + at + 2, big);

			if (low >= 0xdc00 && low < 0xe000) {
				code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
				at += 2;
			}
		}
		put(out, code);
	}
}

/* A character of UTF-8 of more than a byte; 0: the bytes are none. */
static size_t utf8(const unsigned char *at, size_t left, uint32_t *code)
{
	size_t length = *at >= 0xf0 ? 4 : *at >= 0xe0 ? 3 : 2;

	if (*at < 0xc2 || *at > 0xf4 || length > left)
		return 0;
	*code = *at & (0xffu >> (length + 1));
	for (size_t i = 1; i < length; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (at[i] & 0x3f);
	}
	return length;
}

/* Windows' code page 1252, which ISO 8859-1 is a part of. */
static void put_single(struct output *out, unsigned char byte)
{
	if (byte == 0xa0)
		put_byte(out, ' ');
	else if (byte == 0x96 || byte == 0x97)
		put_byte(out, '-');
	else
		put_byte(out, byte);
}

static size_t markup(const char *at, const char *end, uint32_t *code)
{
	switch (*at) {
	case '<':
		return plain_tag(at, end, code);
	case '&':
		return plain_entity(at, end, code);
	case '\\':
		return plain_escape(at, end, code);
	case '=':
		return plain_quoted(at, end, code);
	default:
		return 0;
	}
}

/* Characters that stay as they are: most of a log. */
static size_t ordinary(const char *at, const char *end)
{
	const char *start = at;

	while (at < end && ((unsigned char)(*at - ' ') < 0x5f || *at == '\n') && *at != '<' &&
	       *at != '&' && *at != '\\' && *at != '=')
		at++;
	return (size_t)(at - start);
}

static void put_bytes(struct output *out, const char *bytes, size_t size)
{
	out->text = grow(out->text, &out->room, out->size + size, 1);
	memcpy(out->text + out->size, bytes, size);
	out->size += size;
}

static void simplify(const char *data, size_t size, struct output *out)
{
	const char *end = data + size;
	/* Files of the first Macintosh, and of consoles that were told so, have CR alone. */
	bool only_cr = !memchr(data, '\n', size);

	for (const char *at = data; at < end;) {
		unsigned char byte = (unsigned char)*at;
		uint32_t code;
		size_t length = ordinary(at, end);

		if (length) {
			put_bytes(out, at, length);
			at += length;
			continue;
		}
		length = markup(at, end, &code);
		if (length) {
			put_simple(out, code == '\n' ? '\r' : code);
		} else if (byte >= 0x80) {
			length = utf8((const unsigned char *)at, (size_t)(end - at), &code);
			if (length)
				put_simple(out, code);
			else
				put_single(out, byte);
		} else {
			put_simple(out, only_cr && byte == '\r' ? '\n' : byte);
		}
		at += length ? length : 1;
	}
}

void plain_make(const void *data, size_t size, struct plain *plain)
{
	struct output wide = { 0 }, out = { 0 };

	if (plain_is_utf16(data, size)) {
		from_utf16(data, size, &wide);
		data = wide.text;
		size = wide.size;
	}
	/* Never NULL, for arithmetic with it. */
	out.text = grow(NULL, &out.room, 1, 1);
	if (size)
		simplify(data, size, &out);
	free(wide.text);
	*plain = (struct plain){ out.text, out.size };
}
