/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/report/functions.h"

#include <stdio.h>

#include "qemu/guest/guest.h"
#include "qemu/memory/violation.h"

static struct symbols symbols;
static call_path_reader *read_path;

/* Of the first violation by a vCPU. Under QEMU's device lock, as violations are. */
static struct call_path violation;
static bool is_recorded;

bool functions_known(void)
{
	return symbols.count;
}

void functions_path(unsigned vcpu, uint64_t pc, struct call_path *path)
{
	*path = (struct call_path){ 0 };
	if (symbols.count)
		read_path(&symbols, vcpu, pc, path);
}

const char *functions_name(long function)
{
	return symbols_name(&symbols, function);
}

static void name_function(struct memory_violations *now)
{
	struct call_path path;

	functions_path(now->vcpu, now->rip, &path);
	if (path.depth)
		snprintf(now->function, sizeof(now->function), "%s",
			 functions_name(path.function[0]));
	if (!is_recorded)
		violation = path;
	is_recorded = true;
}

const char *functions_read(call_path_reader *reader)
{
	const char *error =
		guest.options.symbols ? symbols_read(&symbols, guest.options.symbols) : NULL;

	read_path = reader;
	if (symbols.count)
		memory_violations_name(name_function);
	return error;
}

void functions_put_path(struct json *json, const struct call_path *path)
{
	json_array(json, "path");
	for (size_t i = 0; i < path->depth; i++)
		json_text(json, NULL, functions_name(path->function[i]));
	json_end(json);
}

void functions_report_violation(struct json *json)
{
	if (!violation.depth)
		return;
	json_text(json, "function", functions_name(violation.function[0]));
	functions_put_path(json, &violation);
	if (violation.slide_known)
		json_signed(json, "kernel_slide", (int64_t)violation.slide);
}
