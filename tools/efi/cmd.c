/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/commands.h"
#include "tools/common/json.h"
#include "tools/common/number.h"
#include "tools/common/own_file.h"
#include "tools/common/words.h"
#include "tools/efi/options.h"
#include "tools/efi/place.h"

#define LOADER "EFI/BOOT/BOOTX64.EFI"

/* What the images understand: efi/options.h. */
static bool is_accept(const char *text)
{
	static const char *const words[] = { "auto", "always", "never" };
	uint64_t bytes;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!strcmp(text, words[i]))
			return true;
	}
	return !strncmp(text, "below:", 6) && size_parse(text + 6, &bytes) && bytes &&
	       !(bytes % 4096);
}

static void check(struct argp_state *state)
{
	const struct efi_options *options = state->input;

	if (!options->install == !options->remove)
		argp_error(state, "one of --install and --remove is to be given");
	if (options->driver && options->chain)
		argp_error(state, "--driver and --chain exclude each other");
	if (options->driver && options->loader)
		argp_error(state, "--loader goes with --chain");
	if (options->accept && !is_accept(options->accept))
		argp_error(state,
			   "--accept: auto, always, never or below: and a size such as 32G are "
			   "expected, not '%s'",
			   options->accept);
	if (options->remove &&
	    (options->driver || options->chain || options->accept || options->from))
		argp_error(state, "--driver, --chain, --accept and --from go with --install");
}

static bool read_image(const struct efi_options *options, const char *name, struct esp_file *file)
{
	char *path = options->from ? text_of("%s/%s", options->from, name)
				   : own_file("efi", EFI_INSTALLED_LIBRARIES, name);

	*file = esp_file_of(path);
	if (!file->data) {
		fprintf(stderr, "cvmem efi: %s: %s\n", path, strerror(errno));
		if (!options->from)
			fprintf(stderr, "cvmem efi: the images are built where clang and lld are "
					"installed: docs/efi.md\n");
	}
	free(path);
	return file->data;
}

/* "/EFI/x.efi" and "\\EFI\\x.efi" as "EFI/x.efi" */
static char *plain_path(const char *path)
{
	char *plain = text_of("%s", path + strspn(path, "/\\"));

	for (char *at = plain; *at; at++) {
		if (*at == '\\')
			*at = '/';
	}
	return plain;
}

static const char *mode_word(enum efi_mode mode)
{
	static const char *const words[] = { "none", "driver", "chain" };

	return words[mode];
}

static bool tell(const struct efi_options *options, const struct efi_place *place)
{
	const char *path = options->install ? options->install : options->remove;
	cJSON *report;

	if (!json_to_stdout(options->json)) {
		if (!place->changed)
			printf("%s: nothing is to be changed\n", path);
		else
			printf("%s: %s the %s\n", path, options->install ? "installed" : "removed",
			       place->mode == EFI_MODE_DRIVER ? "driver"
							      : "application before the loader");
	}
	if (!options->json)
		return true;
	report = json_report();
	cJSON_AddStringToObject(report, "path", path);
	cJSON_AddStringToObject(report, "action", options->install ? "install" : "remove");
	cJSON_AddStringToObject(report, "mode", mode_word(place->mode));
	cJSON_AddStringToObject(report, "loader", place->loader);
	cJSON_AddBoolToObject(report, "changed", place->changed);
	return json_write("cvmem efi", options->json, report);
}

static bool work(const struct efi_options *options, struct efi_place *place)
{
	struct esp esp;
	bool good;

	if (options->install && (!read_image(options, "cvmem-acceptx64.efi", &place->driver) ||
				 !read_image(options, "cvmem-chainx64.efi", &place->application)))
		return false;
	if (!esp_open(options->install ? options->install : options->remove, &esp))
		return false;
	good = options->install ? efi_place_install(&esp, place) : efi_place_remove(&esp, place);
	return esp.type->close(&esp, good && place->changed) && good;
}

int cmd_efi(int argc, char **argv)
{
	static const struct option_set set = {
		.options = efi_option_table,
		.doc = "Put an EFI image before an operating system or loader that cannot accept "
		       "memory, and take it out again.\v"
		       "The driver is loaded by systemd-boot and by no other loader; the "
		       "application takes the place of any loader, and starts it. With Secure Boot "
		       "either must be signed, and named by --from. Disk images need mtools. The "
		       "exit status is 1 if it failed, 64 if the command line is wrong.",
		.check = check,
	};
	struct efi_options options = { 0 };
	struct efi_place place = { 0 };
	char *loader;
	bool good;

	options_parse(&set, argc, argv, &options);
	loader = plain_path(options.loader ? options.loader : LOADER);
	place.loader = loader;
	place.accept = options.accept;
	place.mode = options.driver		       ? EFI_MODE_DRIVER
		     : options.chain || options.loader ? EFI_MODE_CHAIN
						       : EFI_MODE_NONE;
	good = work(&options, &place) && tell(&options, &place);
	free(place.driver.data);
	free(place.application.data);
	free(loader);
	return good ? CMD_OK : CMD_FAILED;
}
