/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "tools/common/commands.h"
#include "tools/common/json.h"
#include "tools/common/output.h"
#include "tools/inspect/answer.h"
#include "tools/inspect/chain.h"
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

static void parse_other(const struct option_spec *option, char *text, struct argp_state *state)
{
	struct inspect_options *options = state->input;

	(void)option;
	if (!strcmp(text, "on"))
		options->secure_boot = SECURE_BOOT_ON;
	else if (!strcmp(text, "off"))
		options->secure_boot = SECURE_BOOT_OFF;
	else
		argp_error(state, "--secure-boot is on or off, not '%s'", text);
}

/* /boot, or the root of a mounted image; the EFI system partition is mounted in either. */
static void look_at_folder(struct inspect_limits *limits, const char *path,
			   struct inspect_image *image)
{
	static const char *const systems[] = { "%s", "%s/efi", "%s/boot/efi", "%s/boot" };
	struct volume *volume = calloc(VOLUMES, sizeof(*volume));
	size_t volumes = 0;

	limits->look = inspect_look;
	image->kind = INSPECT_FOLDER;
	for (size_t i = 0; volume && i < sizeof(systems) / sizeof(systems[0]); i++) {
		char folder[4096];
		struct stat status;

		snprintf(folder, sizeof(folder), systems[i], path);
		if (stat(folder, &status) || !S_ISDIR(status.st_mode))
			continue;
		volume_open_folder(folder, &volume[volumes]);
		volume[volumes++].system = true;
	}
	if (volume)
		chain_look(limits, volume, volumes, image);
	free(volume);
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
	struct stat status;
	const char *error;

	if (strcmp(path, "-") != 0 && !stat(path, &status) && S_ISDIR(status.st_mode)) {
		look_at_folder(&limits, path, image);
		return image;
	}
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
			inspect_put(stderr, "cvmem: %s: %s\n", image->name, note->text);
	}
}

static bool write_json(const struct inspect_options *options, const struct inspect_image *images,
		       const struct inspect_verdict *verdict, const struct inspect_tried *tried)
{
	FILE *out = json_open("cvmem", options->json);

	return out &&
	       json_close("cvmem", options->json, out,
			  inspect_print_json(out, images, options->secure_boot, verdict,
					     tried ? inspect_try_json(tried, verdict) : NULL));
}

/* False: there is nothing to boot, or no machine to boot it in; a message was printed. */
static bool try_images(const struct inspect_image *images, const struct inspect_options *options,
		       struct inspect_tried tried[2])
{
	const char *reason = inspect_try_check(images);

	if (reason)
		inspect_put(stderr, "cvmem: --try: %s: %s\n", images->name, reason);
	return !reason && inspect_try(images, &options->machine, tried);
}

int cmd_inspect(int argc, char **argv)
{
	static const struct option_set set = {
		.options = inspect_option_table,
		.arguments = "FILE...",
		.doc = "Say whether kernels, firmware, EFI loaders and disk images can leave "
		       "memory unaccepted, and by what evidence.\v"
		       "A FILE is a kernel (bzImage, vmlinux, unified kernel image, compressed EFI "
		       "image), firmware (OVMF, IGVM), an EFI loader, a disk image, a folder such "
		       "as /boot, or - for the standard input. Firmware, loader and kernel "
		       "together are answered for as "
		       "one boot. The exit status is 0 for yes, 1 for no, 2 for unknown, 3 if a "
		       "file is not readable, 64 if the command line is wrong.",
		.other = parse_other,
		.take = take_files,
		.check = check,
	};
	struct inspect_image *images = NULL, **end = &images;
	struct inspect_options options = { .machine = { .memory_bytes = UINT64_C(4) << 30,
							.seconds = 300 } };
	struct inspect_tried tried[2];
	struct inspect_verdict verdict;
	bool has_tried = false;
	int status;

	options_parse(&set, argc, argv, &options);
	for (size_t i = 0; i < options.count; i++) {
		*end = look(options.files[i]);
		if (json_to_stdout(options.json))
			print_errors(*end);
		end = &(*end)->next;
	}
	inspect_judge(images, options.secure_boot, &verdict);
	status = verdict.exit;
	if (options.try) {
		has_tried = try_images(images, &options, tried);
		status = has_tried ? inspect_try_exit(tried) : INSPECT_EXIT_UNREADABLE;
	}
	if (!json_to_stdout(options.json)) {
		inspect_print(stdout, images, options.secure_boot, &verdict);
		if (has_tried)
			inspect_try_print(stdout, tried, &verdict);
	}
	if (options.json && !write_json(&options, images, &verdict, has_tried ? tried : NULL))
		status = INSPECT_EXIT_UNREADABLE;
	if (!output_flush("cvmem"))
		status = INSPECT_EXIT_UNREADABLE;
	inspect_delete(images);
	return status;
}
