/* SPDX-License-Identifier: MIT */
/* Documentation/admin-guide/kernel-parameters.txt of Linux. */
#include <stdio.h>
#include "tools/inspect/linux.h"

static void copy_line(struct bytes text, char *line)
{
	size_t used = 0;

	for (size_t i = 0; i < text.size && text.data[i] && used + 1 < LINUX_COMMAND_LINE; i++)
		line[used++] = text.data[i] < ' ' ? ' ' : (char)text.data[i];
	line[used] = 0;
}

/* The length of the word at the start: a blank ends it, but not between quotation marks. */
static size_t word_length(const char *word)
{
	bool quoted = false;
	size_t length = 0;

	for (; word[length] && (quoted || word[length] != ' '); length++)
		quoted ^= word[length] == '"';
	return length;
}

/* The value of the last "name=" on the line into value. What follows "--" is for init. */
static bool last_value(const char *line, const char *name, char *value, size_t size)
{
	size_t length, used = strlen(name);
	bool found = false;

	for (; *(line += strspn(line, " ")); line += length) {
		length = word_length(line);
		if (length == 2 && !strncmp(line, "--", 2))
			break;
		if (length <= used || strncmp(line, name, used) || line[used] != '=')
			continue;
		snprintf(value, size, "%.*s", (int)(length - used - 1), line + used + 1);
		found = true;
	}
	return found;
}

bool linux_is_eager(struct bytes command_line)
{
	char line[LINUX_COMMAND_LINE], value[16];

	copy_line(command_line, line);
	return last_value(line, "accept_memory", value, sizeof(value)) && !strcmp(value, "eager");
}

void linux_command_line(struct inspect_image *image, struct bytes text)
{
	char line[LINUX_COMMAND_LINE], value[64];

	copy_line(text, line);
	inspect_fact(image, "command line", "%.120s", line);
	if (linux_is_eager(text)) {
		image->eager_kernel = true;
		inspect_note(image, LEVEL_WARNING, "eager",
			     "accept_memory=eager on its command line: the kernel accepts all "
			     "memory at boot");
	}
	if (last_value(line, "mem", value, sizeof(value)))
		inspect_note(image, LEVEL_WARNING, "memory-limit",
			     "mem=%s on its command line: the kernel uses no memory above that",
			     value);
}
