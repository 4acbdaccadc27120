/* SPDX-License-Identifier: MIT */
#include "tools/common/kernel_line.h"
#include "tools/inspect/linux.h"

static void copy_line(struct bytes text, char *line)
{
	size_t used = 0;

	for (size_t i = 0; i < text.size && text.data[i] && used + 1 < LINUX_COMMAND_LINE; i++)
		line[used++] = text.data[i] < ' ' ? ' ' : (char)text.data[i];
	line[used] = 0;
}

bool linux_is_eager(struct bytes command_line)
{
	char line[LINUX_COMMAND_LINE], value[16];
	const char *rest = line;
	bool eager = false;

	copy_line(command_line, line);
	while (kernel_line_next(&rest, "accept_memory", value, sizeof(value)))
		if (!strcmp(value, "eager") || !strcmp(value, "lazy"))
			eager = value[0] == 'e';
	return eager;
}

void linux_command_line(struct inspect_image *image, struct bytes text)
{
	char line[LINUX_COMMAND_LINE], value[64] = "";
	const char *rest = line;

	copy_line(text, line);
	inspect_fact(image, "command line", "%.120s", line);
	if (linux_is_eager(text)) {
		image->eager_kernel = true;
		inspect_note(image, LEVEL_WARNING, "eager",
			     "accept_memory=eager on its command line: the kernel accepts all "
			     "memory at boot");
	}
	while (kernel_line_next(&rest, "mem", value, sizeof(value)))
		;
	if (*value)
		inspect_note(image, LEVEL_WARNING, "memory-limit",
			     "mem=%s on its command line: the kernel uses no memory above that",
			     value);
}
