/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <string.h>
#include "tools/mapfile/alloc.h"
#include "tools/mapfile/log.h"

static int nibble(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* RFC 2045, section 6.7: "=" is followed by two digits, or ends the line. Other programs print
 * "type=01"; so a line before this one, or it, has an escaped "=" or several escaped blanks. */
static bool is_quoted_printable(struct log_text *text, const struct log_line *line)
{
	size_t blanks = 0;
	bool equals = false;

	for (const char *at = strchr(line->text, '='); at; at = strchr(at + 1, '=')) {
		if (at[1] && (nibble(at[1]) < 0 || nibble(at[2]) < 0))
			return false;
		equals |= !strncmp(at, "=3D", 3);
		blanks += !strncmp(at, "=20", 3);
	}
	text->quoted |= equals || blanks > 1;
	return text->quoted;
}

/* Those of ASCII; plain_make() has read the others. */
static void decode_equals(struct log_text *text, struct log_line *line)
{
	char *to = line->text, *from = line->text;

	if (!is_quoted_printable(text, line))
		return;
	while (*from) {
		if (*from == '=' && from[1] && nibble(from[1]) < 8) {
			*to++ = (char)(nibble(from[1]) << 4 | nibble(from[2]));
			from += 3;
			continue;
		}
		*to++ = *from++;
	}
	*to = '\0';
	line->length = (size_t)(to - line->text);
}

/* The length of the control sequence at an ESC, ECMA-48, 5.4: a colour, or a place on the screen.
 */
static size_t control_length(const char *at)
{
	size_t length = 2;

	if (at[0] != '\x1b' || at[1] != '[')
		return 0;
	while (at[length] >= 0x30 && at[length] <= 0x3f)
		length++;
	while (at[length] >= 0x20 && at[length] <= 0x2f)
		length++;
	return at[length] >= 0x40 && at[length] <= 0x7e ? length + 1 : 0;
}

static void strip_controls(struct log_line *line)
{
	char *to = line->text;

	if (!strchr(line->text, '\x1b'))
		return;
	for (const char *from = line->text; *from;) {
		size_t length = control_length(from);

		/* What stands at another place of the screen is another word. */
		if (length && from[length - 1] == 'H')
			*to++ = ' ';
		if (length)
			from += length;
		else
			*to++ = *from++;
	}
	*to = '\0';
	line->length = (size_t)(to - line->text);
}

/* The characters up to the end of the line: a "\n", or a "\r" that no "\n" follows. */
static size_t line_length(const struct log_text *text, bool *counts)
{
	size_t left = (size_t)(text->end - text->at), length = 0, behind;

	*counts = true;
	while (length < left && text->at[length] != '\n' && text->at[length] != '\r')
		length++;
	behind = length;
	while (behind < left && text->at[behind] == '\r')
		behind++;
	/* CR and LF, or CR at the end of the text. */
	if (behind == left || text->at[behind] == '\n')
		return behind;
	*counts = false;
	return length;
}

bool log_next(struct log_text *text, struct log_line *line)
{
	size_t length;
	bool counts;

	if (text->at == text->end)
		return false;
	/* The lines of a line of the file have its number. */
	line->number = text->line + 1;
	length = line_length(text, &counts);
	line->text = grow(line->text, &line->room, length + 1, 1);
	/* Serial lines and crashed file systems leave NUL bytes; they separate. */
	for (size_t i = 0; i < length; i++)
		line->text[i] = text->at[i] ? text->at[i] : ' ';
	text->at += length;
	if (text->at < text->end)
		text->at++;
	text->line += counts;
	while (length && line->text[length - 1] == '\r')
		length--;
	line->text[length] = '\0';
	line->length = length;
	line->order = ++text->order;
	strip_controls(line);
	decode_equals(text, line);
	return true;
}

void log_append(struct log_line *line, const char *more, bool blank)
{
	size_t length = strlen(more);

	line->text = grow(line->text, &line->room, line->length + length + 2, 1);
	if (blank)
		line->text[line->length++] = ' ';
	memcpy(line->text + line->length, more, length + 1);
	line->length += length;
}

const char *log_unquote(const char *text)
{
	while (*text == '>' || isblank((unsigned char)*text))
		text++;
	return text;
}

static bool read_seconds(const char *at, double *seconds)
{
	double value = 0, digit = 1;

	while (isblank((unsigned char)*at))
		at++;
	if (!isdigit((unsigned char)*at))
		return false;
	for (; isdigit((unsigned char)*at); at++)
		value = value * 10 + (*at - '0');
	if (*at++ != '.' || !isdigit((unsigned char)*at))
		return false;
	for (; isdigit((unsigned char)*at); at++)
		value += (*at - '0') * (digit /= 10);
	if (*at != ']')
		return false;
	*seconds = value;
	return true;
}

bool log_time(const char *text, double *seconds)
{
	/* Only a host name and a date may precede it. */
	const char *end = text + strnlen(text, 96);

	for (const char *at = text; at < end; at++) {
		if (*at == '[' && read_seconds(at + 1, seconds))
			return true;
	}
	return false;
}

bool log_soft_break(const struct log_line *line)
{
	static const char *const names[] = { "range", "attr", "type" };

	if (!line->length || line->text[line->length - 1] != '=')
		return false;
	/* An entry has a "=" after these; a soft break would be a second one. */
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t length = strlen(names[i]);

		if (line->length > length &&
		    !strncmp(line->text + line->length - 1 - length, names[i], length))
			return false;
	}
	return true;
}

bool log_is_cut(const char *text)
{
	double seconds;

	text = log_unquote(text);
	if (log_time(text, &seconds))
		text = log_unquote(strchr(text, ']') + 1);
	return !strncmp(text, "...", 3) || !strncmp(text, "[...", 4) ||
	       !strncasecmp(text, "<snip", 5) || !strncasecmp(text, "[snip", 5) ||
	       !strncmp(text, "\xe2\x80\xa6", 3) || !strncmp(text, "[\xe2\x80\xa6", 4);
}

bool log_hex(const char **at, uint64_t *value, bool *huge)
{
	const char *digit = *at;
	uint64_t sum = 0;

	if (digit[0] == '0' && (digit[1] == 'x' || digit[1] == 'X'))
		digit += 2;
	if (!isxdigit((unsigned char)*digit))
		return false;
	for (; isxdigit((unsigned char)*digit); digit++) {
		int nibble = tolower((unsigned char)*digit);

		if (sum >> 60)
			*huge = true;
		sum = sum << 4 | (uint64_t)(isdigit(nibble) ? nibble - '0' : nibble - 'a' + 10);
	}
	*at = digit;
	*value = sum;
	return true;
}

bool log_digits(const char **at, size_t count, uint64_t *value)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++) {
		int digit = tolower((unsigned char)(*at)[i]);

		if (!isxdigit(digit))
			return false;
		sum = sum << 4 | (uint64_t)(isdigit(digit) ? digit - '0' : digit - 'a' + 10);
	}
	if (isxdigit((unsigned char)(*at)[count]))
		return false;
	*at += count;
	*value = sum;
	return true;
}
