/* SPDX-License-Identifier: MIT */
#include "tools/inspect/firmware/lint.h"

#include <stdio.h>

void fw_lint_add(struct fw_lints *lints, enum fw_level level, const char *name, uint64_t offset,
		 const char *format, ...)
{
	struct fw_lint *lint;
	va_list arguments;

	if (lints->count == sizeof(lints->item) / sizeof(lints->item[0])) {
		lints->left_out++;
		return;
	}
	lint = &lints->item[lints->count++];
	lint->level = level;
	lint->name = name;
	lint->offset = offset;
	va_start(arguments, format);
	vsnprintf(lint->text, sizeof(lint->text), format, arguments);
	va_end(arguments);
}

const char *fw_level_name(enum fw_level level)
{
	static const char *const names[] = { "note", "warning", "error" };

	return names[level];
}
