/* SPDX-License-Identifier: MIT */
#include "tools/vm/known.h"

#include <cjson/cJSON.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/common/known.h"
#include "tools/common/subcommand.h"
#include "tools/vm/bootable.h"
#include "tools/vm/report.h"

/* Linux, Documentation/arch/x86/boot.rst: the version's place in the file, minus 0x200. */
enum { BOOT_MAGIC = 0x202, BOOT_VERSION = 0x20e, BOOT_VERSION_BASE = 0x200 };

static bool fits(const struct known_bad *row, const struct vm_options *options)
{
	unsigned int platform = options->platform == VM_SNP ? KNOWN_SNP : KNOWN_TDX;

	if (!(row->platforms & platform) || (row->hotplug && !options->hot_add_bytes))
		return false;
	return !row->above_gib || options->memory_bytes >> 30 > row->above_gib;
}

static void say_kernel(const struct vm_options *options, const char *version)
{
	const struct known_bad *row = NULL;

	while ((row = known_next(row, KNOWN_KERNEL, version))) {
		if (!fits(row, options))
			continue;
		fprintf(stderr, "cvmem vm: known of Linux %s: %s; %s (%s)\n", version, row->what,
			row->cure, row->source);
	}
}

/* "6.12.43+deb13-cloud-amd64 (debian-kernel@...) ...", as a bzImage has it. False: it has none. */
static bool read_kernel_version(const char *path, char *version, size_t size)
{
	FILE *file = fopen(path, "rb");
	uint8_t header[BOOT_VERSION + 2];
	bool ok = false;

	if (!file)
		return false;
	if (fread(header, sizeof(header), 1, file) == 1 &&
	    !memcmp(header + BOOT_MAGIC, "HdrS", 4)) {
		long at = header[BOOT_VERSION] | header[BOOT_VERSION + 1] << 8;

		ok = at && !fseek(file, at + BOOT_VERSION_BASE, SEEK_SET) &&
		     fgets(version, (int)size, file);
	}
	fclose(file);
	if (ok)
		version[strcspn(version, " \n")] = '\0';
	return ok;
}

/* What `cvmem inspect' says of a file; NULL: nothing. */
static cJSON *inspect(const char *name)
{
	struct words words = { 0 };
	char *path = vm_report_new(NULL), *text;
	cJSON *report = NULL, *file;
	size_t bytes;
	int status;

	if (!path)
		return NULL;
	words_add(&words, "cvmem");
	words_add(&words, "inspect");
	words_add(&words, "--json");
	words_add(&words, "%s", name);
	if (subcommand_run("cvmem vm", &words, path, &status)) {
		text = file_read(path, &bytes);
		report = text ? cJSON_Parse(strchr(text, '{') ? strchr(text, '{') : text) : NULL;
		free(text);
	}
	words_free(&words);
	unlink(path);
	free(path);
	subcommand_end();
	file = cJSON_DetachItemFromArray(cJSON_GetObjectItem(report, "files"), 0);
	cJSON_Delete(report);
	return file;
}

static const char *text_in(const cJSON *object, const char *key)
{
	return cJSON_GetStringValue(cJSON_GetObjectItem(object, key));
}

/* A release is in a compressed volume; `cvmem inspect' unpacks it, and knows what applies to this
 * build. What it says of this platform has a name of the table's. */
static void say_firmware(const struct vm_options *options)
{
	cJSON *file = inspect(options->firmware);
	const cJSON *note;

	cJSON_ArrayForEach(note, cJSON_GetObjectItem(file, "notes"))
	{
		const char *name = text_in(note, "name");
		const struct known_bad *row = name ? known_named(KNOWN_FIRMWARE, name) : NULL;

		if (!row || !fits(row, options))
			continue;
		fprintf(stderr, "cvmem vm: known of the firmware: %s; %s (%s)\n", row->what,
			row->cure, row->source);
	}
	cJSON_Delete(file);
}

/* An ELF file starts by PVH. */
static void say_pvh(const struct vm_options *options)
{
	bool is_tdx = options->platform == VM_TDX;
	cJSON *file = inspect(options->kernel);
	const char *kind = text_in(file, "kind"), *version = text_in(file, "version");

	if (kind && version && !strcmp(kind, "vmlinux"))
		fprintf(stderr,
			"cvmem vm: known of Linux %s: its entry for PVH, where an ELF file starts, "
			"fails in a%s guest: %s; give arch/x86/boot/bzImage "
			"(arch/x86/platform/pvh/head.S of 7.2)\n",
			version, is_tdx ? " TDX" : "n SEV-SNP",
			is_tdx ? "it executes CPUID before it handles the #VE"
			       : "its page tables have no C-bit");
	cJSON_Delete(file);
}

void vm_say_known(const struct vm_options *options)
{
	char version[96];

	if (options->firmware && !vm_is_shim(options))
		say_firmware(options);
	if (options->kernel && vm_is_shim(options) && vm_is_elf(options->kernel))
		say_pvh(options);
	if (options->kernel && read_kernel_version(options->kernel, version, sizeof(version)))
		say_kernel(options, version);
}
