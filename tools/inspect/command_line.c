/* SPDX-License-Identifier: MIT */
/* Documentation/admin-guide/kernel-parameters.txt of Linux. */
#include <stdio.h>
#include "tools/inspect/linux.h"

/* COMMAND_LINE_SIZE of x86 */
#define LINE 2048

/* With a blank before it, so that each option has one. */
static void copy_line(struct bytes text, char *line)
{
	size_t used = 1;

	*line = ' ';
	for (size_t i = 0; i < text.size && text.data[i] && used + 1 < LINE; i++)
		line[used++] = text.data[i] < ' ' ? ' ' : (char)text.data[i];
	line[used] = 0;
}

/* The value of the last "name=" on the line, up to the next blank, into value. */
static bool last_value(const char *line, const char *name, char *value, size_t size)
{
	const char *found = NULL;
	char option[64];

	snprintf(option, sizeof(option), " %s=", name);
	for (const char *at = line; (at = strstr(at, option)); at++)
		found = at + strlen(option);
	if (!found)
		return false;
	snprintf(value, size, "%.*s", (int)strcspn(found, " "), found);
	return true;
}

bool linux_is_eager(struct bytes command_line)
{
	char line[LINE], value[16];

	copy_line(command_line, line);
	return last_value(line, "accept_memory", value, sizeof(value)) && !strcmp(value, "eager");
}

void linux_command_line(struct inspect_image *image, struct bytes text)
{
	char line[LINE], value[64];

	copy_line(text, line);
	inspect_fact(image, "command line", "%.120s", line + 1);
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
