/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include "tools/common/commands.h"
#include "tools/common/json.h"
#include "tools/inspect/answer.h"
#include "tools/inspect/file.h"
#include "tools/inspect/options.h"

static void take_files(char **files, size_t count, void *values)
{
	struct inspect_options *options = values;

	options->files = files;
	options->count = count;
}

static void check(struct argp_state *state)
{
	const struct inspect_options *options = state->input;

	if (!options->count)
		argp_error(state, "no FILE; use - for the standard input");
}

static struct inspect_image *look(const char *path)
{
	struct inspect_limits limits = {
		.memory = INSPECT_MEMORY,
		.work = INSPECT_WORK,
		.depth = INSPECT_DEPTH,
	};
	struct inspect_image *image = inspect_new(path);
	struct inspect_file file;
	const char *error;

	if (inspect_open(path, INSPECT_MEMORY, &file, &error)) {
		inspect_look(&limits, file.bytes, image);
		inspect_close(&file);
		inspect_beside(&limits, image, path);
	} else {
		inspect_unreadable(image, "unreadable", "%s", error);
	}
	return image;
}

/* The text report contains them. */
static void print_errors(const struct inspect_image *image)
{
	for (const struct inspect_note *note = image->notes; note; note = note->next) {
		if (note->level == LEVEL_ERROR)
			fprintf(stderr, "cvmem: %s: %s\n", image->name, note->text);
	}
}

static bool write_json(const char *path, const struct inspect_image *images,
		       const struct inspect_verdict *verdict)
{
	FILE *out = json_open("cvmem", path);

	return out && json_close("cvmem", path, out, inspect_print_json(out, images, verdict));
}

int cmd_inspect(int argc, char **argv)
{
	static const struct option_set set = {
		.options = inspect_option_table,
		.arguments = "FILE...",
		.doc = "Say whether kernels, firmware, EFI loaders and disk images can leave "
		       "memory "
		       "unaccepted, and by what evidence.\v"
		       "A FILE is a kernel (bzImage, vmlinux, unified kernel image, compressed EFI "
		       "image), firmware (OVMF, IGVM), an EFI loader, a disk image, or - for the "
		       "standard input. Firmware, loader and kernel together are answered for as "
		       "one boot. The exit status is 0 for yes, 1 for no, 2 for unknown, 3 if a "
		       "file is not readable, 64 if the command line is wrong.",
		.take = take_files,
		.check = check,
	};
	struct inspect_image *images = NULL, **end = &images;
	struct inspect_options options = { 0 };
	struct inspect_verdict verdict;

	options_parse(&set, argc, argv, &options);
	for (size_t i = 0; i < options.count; i++) {
		*end = look(options.files[i]);
		if (json_to_stdout(options.json))
			print_errors(*end);
		end = &(*end)->next;
	}
	inspect_judge(images, &verdict);
	if (!json_to_stdout(options.json))
		inspect_print(stdout, images, &verdict);
	if (options.json && !write_json(options.json, images, &verdict))
		verdict.exit = INSPECT_EXIT_UNREADABLE;
	if (fflush(stdout)) {
		perror("cvmem: standard output");
		verdict.exit = INSPECT_EXIT_UNREADABLE;
	}
	inspect_delete(images);
	return verdict.exit;
}
