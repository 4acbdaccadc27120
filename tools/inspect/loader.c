/* SPDX-License-Identifier: MIT */
/* EFI programs that start a kernel. */
#include <stdio.h>
#include "tools/inspect/efi_program.h"
#include "tools/inspect/guid.h"
#include "tools/inspect/linux.h"

static bool has(struct bytes bytes, const char *text)
{
	return bytes_find(bytes, text, strlen(text));
}

/* "#### LoaderInfo: systemd-boot 257.9-1 ####" in the section .sdmagic */
static bool read_magic(const struct pe *pe, const char *name, char *version, size_t size)
{
	struct pe_section section;
	char wanted[64];
	const uint8_t *found;
	size_t used = 0;

	snprintf(wanted, sizeof(wanted), "#### LoaderInfo: %s ", name);
	if (!pe_find(pe, ".sdmagic", &section))
		return false;
	found = bytes_find(section.bytes, wanted, strlen(wanted));
	if (!found)
		return false;
	found += strlen(wanted);
	while (found<section.bytes.data + section.bytes.size && * found> ' ' && used + 1 < size)
		version[used++] = (char)*found++;
	version[used] = 0;
	return true;
}

/*
 * Where GRUB starts a kernel by StartImage() the kernel's stub reads the memory map. Where GRUB
 * leaves boot services itself it hands over an E820 map, in which unaccepted memory is reserved.
 */
static void look_at_grub(const struct pe *pe, struct inspect_image *image)
{
	bool handover = has(pe->bytes, "Secure Boot enabled: trying linuxefi");
	bool by_stub = has(pe->bytes, "loader/efi/linux.c");

	image->kind = INSPECT_GRUB;
	if (handover)
		inspect_say(image, ASK_UNACCEPTED, ANSWER_UNKNOWN, STRENGTH_STRING,
			    "\"Secure Boot enabled: trying linuxefi\": with Secure Boot it starts "
			    "the kernel's EFI stub; without, it makes the memory map itself, and "
			    "unaccepted memory is reserved");
	else if (by_stub)
		inspect_say(image, ASK_UNACCEPTED, ANSWER_YES, STRENGTH_STRING,
			    "\"loader/efi/linux.c\": it starts kernels from 5.8 on as EFI "
			    "programs, whose "
			    "stub reads the memory map");
	else
		inspect_say(
			image, ASK_UNACCEPTED, ANSWER_UNKNOWN, STRENGTH_ABSENCE,
			"the code that starts Linux is not in it; it will be loaded as a module");
}

static void look_at_systemd_boot(struct inspect_image *image)
{
	image->kind = INSPECT_SYSTEMD_BOOT;
	inspect_say(image, ASK_UNACCEPTED, ANSWER_YES, STRENGTH_METADATA,
		    "systemd-boot starts kernels as EFI programs only, whose stubs read the memory "
		    "map");
}

static void look_at_shim(struct inspect_image *image)
{
	image->kind = INSPECT_SHIM;
	inspect_say(image, ASK_UNACCEPTED, ANSWER_YES, STRENGTH_METADATA,
		    "shim starts the next EFI program, and leaves boot services to it");
}

void loader_look(struct inspect_limits *limits, const struct pe *pe, struct inspect_image *image)
{
	struct pe_section section;
	char version[80] = "";

	image->kind = INSPECT_PE;
	inspect_fact(image, "processor", "%s", inspect_machine(pe->machine));
	if (!inspect_work(limits, image, 8 * (uint64_t)pe->bytes.size))
		return;
	if (read_magic(pe, "systemd-boot", version, sizeof(version))) {
		look_at_systemd_boot(image);
	} else if (read_magic(pe, "systemd-stub", version, sizeof(version))) {
		image->format = strdup("systemd-stub without a kernel");
	} else if (pe_find(pe, ".vendor_cert", &section) &&
		   (sbat_version(pe, "shim", version, sizeof(version)) ||
		    has(pe->bytes, "UEFI SHIM"))) {
		look_at_shim(image);
	} else if (sbat_version(pe, "grub", version, sizeof(version)) ||
		   pe_find(pe, "mods", &section)) {
		look_at_grub(pe, image);
	} else if (sbat_version(pe, "shim", version, sizeof(version))) {
		image->format = strdup("helper of shim");
	}
	if (*version)
		inspect_version(image, version);
	if (guid_search(pe->bytes, guid_acceptance_protocol) != GUID_ABSENT)
		inspect_say(image, ASK_NEGOTIATES, ANSWER_YES, STRENGTH_GUID,
			    "GUID of the acceptance protocol");
	else
		inspect_say(image, ASK_NEGOTIATES, ANSWER_NO, STRENGTH_ABSENCE,
			    "no GUID of the acceptance protocol; the kernel has to call it");
	if (image->kind == INSPECT_PE)
		inspect_say(image, ASK_UNACCEPTED, ANSWER_UNKNOWN, STRENGTH_GUESS,
			    "an EFI program that is not known here");
}
