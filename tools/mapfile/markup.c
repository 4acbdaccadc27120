/* SPDX-License-Identifier: MIT */
/* Markup within logs: tags and entities of HTML, escapes of JSON and of quoted-printable. */
#include <ctype.h>
#include <string.h>
#include <strings.h>
#include "tools/mapfile/plain.h"

/* An attribute may be a link; longer than this it is no tag. */
#define TAG_LIMIT 2048

/* Only these, because kernels print "<...>" as well. */
static const struct {
	const char *name;
	uint32_t code;
} tags[] = {
	{ "a", PLAIN_NOTHING },
	{ "b", PLAIN_NOTHING },
	{ "body", '\r' },
	{ "br", '\r' },
	{ "code", PLAIN_NOTHING },
	{ "div", '\r' },
	{ "em", PLAIN_NOTHING },
	{ "font", PLAIN_NOTHING },
	{ "h1", '\r' },
	{ "h2", '\r' },
	{ "h3", '\r' },
	{ "h4", '\r' },
	{ "html", '\r' },
	{ "i", PLAIN_NOTHING },
	{ "li", '\r' },
	{ "ol", '\r' },
	{ "p", '\r' },
	{ "pre", '\r' },
	{ "span", PLAIN_NOTHING },
	{ "strong", PLAIN_NOTHING },
	{ "table", '\r' },
	{ "tbody", '\r' },
	{ "td", ' ' },
	{ "tr", '\r' },
	{ "tt", PLAIN_NOTHING },
	{ "u", PLAIN_NOTHING },
	{ "ul", '\r' },
};

size_t plain_tag(const char *at, const char *end, uint32_t *code)
{
	size_t limit = (size_t)(end - at) < TAG_LIMIT ? (size_t)(end - at) : TAG_LIMIT;
	const char *name = at + 1, *close;
	size_t length = 0;

	if (limit < 3)
		return 0;
	name += *name == '/';
	while (name + length < at + limit && isalnum((unsigned char)name[length]))
		length++;
	/* "<p>", "<br/>" and "<div class=...>", but not "<br0:>". */
	if (!length || name + length == at + limit || !strchr(">/ \t\r\n", name[length]))
		return 0;
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		if (strlen(tags[i].name) != length || strncasecmp(name, tags[i].name, length))
			continue;
		close = memchr(at, '>', limit);
		*code = tags[i].code;
		return close ? (size_t)(close - at) + 1 : 0;
	}
	return 0;
}

static bool digits(const char *at, const char *end, unsigned int base, size_t count, uint32_t *code)
{
	uint32_t sum = 0;

	if (!count || (size_t)(end - at) < count)
		return false;
	for (size_t i = 0; i < count; i++) {
		int digit = tolower((unsigned char)at[i]);

		if (base == 16 ? !isxdigit(digit) : !isdigit(digit))
			return false;
		sum = sum * base + (uint32_t)(isdigit(digit) ? digit - '0' : digit - 'a' + 10);
	}
	*code = sum;
	return sum <= 0x10ffff;
}

/* RFC 2045, section 6.7. The lower bits of the first byte are those of the character. */
size_t plain_quoted(const char *at, const char *end, uint32_t *code)
{
	size_t length = 0, bytes = 1;
	uint32_t byte, sum = 0;

	for (size_t i = 0; i < bytes; i++, length += 3) {
		if (at + length >= end || at[length] != '=' ||
		    !digits(at + length + 1, end, 16, 2, &byte))
			return 0;
		if (i ? (byte & 0xc0) != 0x80 : byte < 0xc2 || byte > 0xf4)
			return 0;
		if (!i)
			bytes = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
		sum = i ? sum << 6 | (byte & 0x3f) : byte & (0xffu >> (bytes + 1));
	}
	*code = sum;
	return length;
}

size_t plain_entity(const char *at, const char *end, uint32_t *code)
{
	static const struct {
		const char *name;
		uint32_t code;
	} names[] = {
		{ "nbsp", ' ' },     { "lt", '<' },	{ "gt", '>' },	     { "amp", '&' },
		{ "quot", '"' },     { "apos", '\'' },	{ "ndash", 0x2013 }, { "mdash", 0x2014 },
		{ "minus", 0x2212 }, { "hyphen", '-' }, { "ensp", ' ' },     { "emsp", ' ' },
		{ "thinsp", ' ' },   { "lsqb", '[' },	{ "lbrack", '[' },   { "rsqb", ']' },
		{ "rbrack", ']' },   { "colon", ':' },	{ "shy", 0xad },     { "lpar", '(' },
		{ "rpar", ')' },     { "verbar", '|' }, { "vert", '|' },     { "equals", '=' },
	};
	/* The longest is "&#1114111;". */
	size_t limit = (size_t)(end - at) < 10 ? (size_t)(end - at) : 10;
	const char *close = memchr(at, ';', limit), *name = at + 1;
	size_t length;

	if (!close)
		return 0;
	length = (size_t)(close - name);
	if (*name == '#') {
		bool hexadecimal = name[1] == 'x' || name[1] == 'X';
		size_t skip = hexadecimal ? 2 : 1;

		if (length <= skip ||
		    !digits(name + skip, close, hexadecimal ? 16 : 10, length - skip, code))
			return 0;
		return length + 2;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strlen(names[i].name) != length || strncmp(name, names[i].name, length))
			continue;
		*code = names[i].code;
		return length + 2;
	}
	return 0;
}

size_t plain_escape(const char *at, const char *end, uint32_t *code)
{
	const char *letter = at;
	size_t length;

	/* A JSON string within a JSON string has two, or four. */
	while (letter < end && *letter == '\\' && letter - at < 8)
		letter++;
	if (letter == end)
		return 0;
	length = (size_t)(letter - at) + 1;
	switch (*letter) {
	case 'n':
	case 'r':
		*code = '\r';
		return length;
	case 't':
		*code = '\t';
		return length;
	case '"':
	case '/':
		*code = (uint32_t)*letter;
		return length;
	case 'u':
		return digits(letter + 1, end, 16, 4, code) ? length + 4 : 0;
	case 'x':
		return digits(letter + 1, end, 16, 2, code) ? length + 2 : 0;
	default:
		return 0;
	}
}
