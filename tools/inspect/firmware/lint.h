/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_FIRMWARE_LINT_H
#define TOOLS_INSPECT_FIRMWARE_LINT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A remark about one field in a file: its value, and the right one. */
enum fw_level {
	FW_NOTE,    /* information */
	FW_WARNING, /* works on some hosts only, or with a surprising result */
	FW_ERROR,   /* a host refuses this, or the guest does not start */
};

struct fw_lint {
	enum fw_level level;
	/* A short name that never changes, for scripts and tests: "tdvf-outside-file". */
	const char *name;
	uint64_t offset; /* of the field in the file */
	char text[256];
};

/* A hostile file can break a rule a million times. Lints that do not fit are counted. */
struct fw_lints {
	struct fw_lint item[48];
	size_t count;
	size_t left_out;
};

__attribute__((format(printf, 5, 6))) void fw_lint_add(struct fw_lints *lints, enum fw_level level,
						       const char *name, uint64_t offset,
						       const char *format, ...);

/* "note", "warning", "error" */
const char *fw_level_name(enum fw_level level);

#endif
