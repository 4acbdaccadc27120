/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "tools/common/commands.h"
#include "tools/common/json.h"
#include "tools/common/output.h"
#include "tools/map/options.h"
#include "tools/map/output.h"
#include "tools/map/write_table.h"
#include "tools/mapfile/read.h"

/* A map was read, but not all entries that are there. */
#define CMD_MAP_INCOMPLETE 2

static void parse_format(const struct option_spec *option, char *text, struct argp_state *state)
{
	struct map_options *options = state->input;
	static const char *const names[] = {
		[MAP_FORMAT_AUTO] = "auto",	[MAP_FORMAT_TEXT] = "text",
		[MAP_FORMAT_E820] = "e820",	[MAP_FORMAT_EFI] = "efi",
		[MAP_FORMAT_MEMMAP] = "memmap",
	};
	char *end;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i]))
			continue;
		options->format = (enum map_format)i;
		return;
	}
	if (strncmp(text, "efi:", 4))
		argp_error(state, "--format is text, e820, efi, efi:SIZE or memmap, not '%s'",
			   text);
	options->format = MAP_FORMAT_EFI;
	options->efi_desc_size = strtoul(text + 4, &end, 10);
	if (*end || options->efi_desc_size < CVM_EFI_DESC || options->efi_desc_size % 8 ||
	    options->efi_desc_size > 4096)
		argp_error(state,
			   "the size of an EFI descriptor is a multiple of 8 from 40 to 4096, "
			   "not '%s'",
			   text + 4);
}

static void check(struct argp_state *state)
{
	const struct map_options *options = state->input;

	if (!options->count)
		argp_error(state, "no FILE; use - for the standard input");
	if (!options->to) {
		if (options->output || options->number)
			argp_error(state, "--output and --map go with --to");
		return;
	}
	if (options->count != 1)
		argp_error(state, "--to takes one FILE");
	if (options->json)
		argp_error(state, "--to and --json exclude each other");
}

static void take_files(char **files, size_t count, void *values)
{
	struct map_options *options = values;

	options->files = files;
	options->count = count;
}

static int write_map(const struct map_options *options, const struct map_file *file)
{
	size_t number = options->number ? options->number : 1;

	for (size_t i = 0; i < file->warnings; i++)
		fprintf(stderr, "cvmem: %s: warning: %s\n", file->name, file->warning[i].text);
	if (number > file->maps) {
		fprintf(stderr, "cvmem: %s: there is no map %zu; the file has %zu\n", file->name,
			number, file->maps);
		return CMD_FAILED;
	}
	if (!write_table(&file->map[number - 1].map, !strcmp(options->to, "efi"), options->output))
		return CMD_FAILED;
	return file->incomplete ? CMD_MAP_INCOMPLETE : CMD_OK;
}

static int show(const struct map_options *options, const struct map_file *file, cJSON *array,
		bool first)
{
	if (file->error)
		fprintf(stderr, "cvmem: %s: %s\n", file->name, file->error);
	if (array)
		cJSON_AddItemToArray(array, map_json(file));
	if (!file->error && options->to)
		return write_map(options, file);
	if (!file->error && !json_to_stdout(options->json)) {
		if (!first)
			putchar('\n');
		map_print(stdout, file);
	}
	if (file->error)
		return CMD_FAILED;
	return file->incomplete ? CMD_MAP_INCOMPLETE : CMD_OK;
}

/* No map is worse than a part of one. */
static int worse(int one, int other)
{
	if (one == CMD_FAILED || other == CMD_FAILED)
		return CMD_FAILED;
	return one > other ? one : other;
}

int cmd_map(int argc, char **argv)
{
	static const struct option_set set = {
		.options = map_option_table,
		.arguments = "FILE...",
		.doc = "Read physical memory maps and show what a confidential guest could leave "
		       "unaccepted.\v"
		       "A FILE is a kernel log (dmesg, syslog, journal, console output as JSON or "
		       "HTML, mail-quoted or wrapped, also compressed), a map of the EFI shell, "
		       "GRUB, FreeBSD, Xen, U-Boot, SeaBIOS, OVMF or /proc/iomem, a binary E820 "
		       "table or EFI memory map, a directory like /sys/firmware/memmap, or - for "
		       "the standard input. The exit status is 1 if a file holds no map, 2 if a "
		       "part of one could not be read, 64 if the command line is wrong.",
		.other = parse_format,
		.take = take_files,
		.check = check,
	};
	struct map_options options = { 0 };
	int status = CMD_OK;
	cJSON *array;

	options_parse(&set, argc, argv, &options);
	array = options.json ? cJSON_CreateArray() : NULL;
	for (size_t i = 0; i < options.count; i++) {
		struct map_file file;

		maps_read(options.files[i], options.format, options.efi_desc_size, &file);
		status = worse(status, show(&options, &file, array, i == 0));
		maps_free(&file);
	}
	if (array && !json_write("cvmem", options.json, array))
		status = CMD_FAILED;
	return output_flush("cvmem") ? status : CMD_FAILED;
}
