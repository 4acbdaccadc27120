/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_BOOT_OUTPUT_H
#define TOOLS_BOOT_OUTPUT_H

#include <cjson/cJSON.h>
#include <stdio.h>

#include "tools/boot/run.h"

/* The setup of the runs, a table of their results, then errors. */
void boot_print(FILE *out, const struct boot_options *options, const struct boot_memory *memory,
		const struct boot_result *results, size_t count);

/* The same as JSON, to the file that the options name. false: a message was printed. */
bool boot_json(const struct boot_options *options, const struct boot_memory *memory,
	       const struct boot_result *results, size_t count);

/* The run's timeline as text; nothing if it has none. */
void boot_print_picture(FILE *out, const struct boot_result *result);

/* The same with each run's timeline, for the page; to be freed by cJSON_Delete(). */
cJSON *boot_json_report(const struct boot_options *options, const struct boot_memory *memory,
			const struct boot_result *results, size_t count);

#endif
