/* SPDX-License-Identifier: MIT */
#include "tools/vm/console.h"

#include <ctype.h>
#include <string.h>

#define ESCAPE '\033'

static bool ends_with(const struct vm_console *console, const char *text)
{
	size_t length = strlen(text);

	return console->length >= length &&
	       !memcmp(console->line + console->length - length, text, length);
}

static size_t skip_digits(const struct vm_console *console, size_t i)
{
	while (i < console->length && isdigit((unsigned char)console->line[i]))
		i++;
	return i;
}

/* A line of the kernel's log begins with "[    0.000000] ". */
static bool is_timestamp(const struct vm_console *console)
{
	size_t start = 1, point;

	if (!console->length || console->line[0] != '[' || !ends_with(console, "] "))
		return false;
	while (console->line[start] == ' ')
		start++;
	point = skip_digits(console, start);
	return point > start && console->line[point] == '.' &&
	       skip_digits(console, point + 1) == point + 7 && point + 9 == console->length;
}

/* Linux's EFI stub prints through the firmware's console, but no control sequences. */
static bool is_kernel(const struct vm_console *console)
{
	return is_timestamp(console) || ends_with(console, "Linux version ") ||
	       ends_with(console, "EFI stub: ") || ends_with(console, "cvmem: ");
}

static void note_text(struct vm_console *console, char c)
{
	if (c == '\n' || c == '\r') {
		console->length = 0;
		return;
	}
	if (console->length == sizeof(console->line)) {
		console->length /= 2;
		memmove(console->line, console->line + console->length, console->length);
	}
	console->line[console->length++] = c;
	console->kernel_runs = is_kernel(console);
}

/* kernel/panic.c; a K is only at its start, so that a failed match begins again there. */
static void note_panic(struct vm_console *console, char c)
{
	static const char text[] = "Kernel panic - not syncing";

	if (console->panicked)
		return;
	console->matched = c == text[console->matched] ? console->matched + 1 : c == text[0];
	console->panicked = !text[console->matched];
}

/* Whether the character is text; a cursor that is moved away from a line ends the line. */
static bool take_text(struct vm_console *console, char *c)
{
	switch (console->state) {
	case CONSOLE_TEXT:
		if (*c == ESCAPE)
			console->state = CONSOLE_ESCAPE;
		return *c != ESCAPE && (isprint((unsigned char)*c) || strchr("\n\r\t\b\a", *c) ||
					(unsigned char)*c >= 0x80);
	case CONSOLE_ESCAPE:
		console->state = *c == '[' ? CONSOLE_SEQUENCE : CONSOLE_TEXT;
		return false;
	default:
		if (*c < 0x40 || *c > 0x7e)
			return false;
		console->state = CONSOLE_TEXT;
		if (*c != 'H' || !console->length)
			return false;
		*c = '\n';
		return true;
	}
}

size_t vm_console_filter(struct vm_console *console, char *data, size_t length)
{
	size_t kept = 0;

	for (size_t i = 0; i < length; i++) {
		char c = data[i];

		note_panic(console, c);
		if (!console->kernel_runs) {
			if (!take_text(console, &c))
				continue;
			note_text(console, c);
		}
		data[kept++] = c;
	}
	return kept;
}
