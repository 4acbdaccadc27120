/* SPDX-License-Identifier: MIT */
/* EFI programs that start a kernel. */
#include <stdio.h>
#include <stdlib.h>
#include "tools/inspect/efi_program.h"
#include "tools/inspect/grub_cfg.h"
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

/* POSIX, ustar: the name at 0, the size in octal digits at 124, the content in the next block. */
enum { TAR_BLOCK = 512, TAR_SIZE = 124, TAR_MAGIC = 257, MENU_LIMIT = 1 << 20 };

/* grub-mkstandalone puts the menu into a tar archive in the image. */
static void find_menu(struct bytes bytes, struct inspect_image *image)
{
	uint64_t at = 0;
	const uint8_t *found;

	while (!image->menu &&
	       (found = bytes_find(bytes_part(bytes, at, bytes.size), "/grub.cfg", 10))) {
		uint64_t name = (uint64_t)(found - bytes.data), size = 0, start = name;

		at = name + 9;
		/* The name begins the block. */
		while (start && name - start < 90 && bytes.data[start - 1] >= ' ' &&
		       bytes.data[start - 1] < 0x7f)
			start--;
		if (!bytes_are(bytes, start + TAR_MAGIC, "ustar", 5))
			continue;
		for (uint64_t i = 0; i < 11; i++) {
			uint8_t digit = (uint8_t)bytes_number(bytes, start + TAR_SIZE + i, 1);

			if (digit >= '0' && digit <= '7')
				size = size << 3 | (digit - '0');
		}
		if (size >= MENU_LIMIT || !bytes_have(bytes, start + TAR_BLOCK, size))
			continue;
		image->menu = strndup((const char *)bytes.data + start + TAR_BLOCK, size);
	}
}

/* The command of its default, for a kernel that is named beside it. */
static void read_menu(struct inspect_image *image)
{
	struct grub_entry *entry = calloc(GRUB_ENTRIES, sizeof(*entry));
	bool boot_loader_spec;
	size_t count = 0;

	if (entry)
		count = grub_cfg_read(image->menu, entry, GRUB_ENTRIES, &boot_loader_spec);
	for (size_t i = count; i-- > 0;) {
		if (!entry[i].other)
			image->command = entry[i].command;
	}
	free(entry);
}

/*
 * Where GRUB starts a kernel by StartImage() the kernel's stub reads the memory map. Where GRUB
 * leaves boot services itself it hands over an E820 map, in which unaccepted memory is reserved.
 */
static void look_at_grub(const struct pe *pe, const char *version, struct inspect_image *image)
{
	image->kind = INSPECT_GRUB;
	if (has(pe->bytes, "Secure Boot enabled: trying linuxefi")) {
		image->grub = GRUB_BY_SECURE_BOOT;
		inspect_say(image, ASK_UNACCEPTED, ANSWER_UNKNOWN, STRENGTH_STRING,
			    "\"Secure Boot enabled: trying linuxefi\": with Secure Boot its "
			    "command `linux' starts the kernel's EFI stub; without, it makes the "
			    "memory map itself, and unaccepted memory is reserved");
	} else if (has(pe->bytes, "loader/efi/linux.c")) {
		image->grub = GRUB_BY_STUB;
		inspect_say(image, ASK_UNACCEPTED, ANSWER_YES, STRENGTH_STRING,
			    "\"loader/efi/linux.c\": it starts kernels from 5.8 on as EFI "
			    "programs, whose stub reads the memory map");
	} else if (!strncmp(version, "2.0", 3)) {
		image->grub = GRUB_BY_OWN_MAP;
		inspect_say(
			image, ASK_UNACCEPTED, ANSWER_NO, STRENGTH_GUESS,
			"GRUB before 2.12: its command `linux' makes the memory map itself, and "
			"unaccepted memory is reserved");
	} else {
		inspect_say(
			image, ASK_UNACCEPTED, ANSWER_UNKNOWN, STRENGTH_ABSENCE,
			"the code that starts Linux is not in it; it will be loaded as a module");
	}
	find_menu(pe->bytes, image);
	if (!image->menu)
		return;
	inspect_fact(image, "menu", "grub.cfg in it, %zu bytes", strlen(image->menu));
	read_menu(image);
}

/* systemd-stub(7): only its command line is used, besides device trees. */
static void look_at_addon(const struct pe *pe, struct inspect_image *image)
{
	struct pe_section section;

	image->kind = INSPECT_ADDON;
	if (pe_find(pe, ".cmdline", &section))
		linux_command_line(image, section.bytes);
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

/* What its configuration says is not in it. */
static void look_at_acceptor(const struct pe *pe, const char *version, struct inspect_image *image)
{
	image->kind = INSPECT_ACCEPTOR;
	image->driver = pe->subsystem != PE_SUBSYSTEM_EFI_APPLICATION;
	inspect_fact(image, "kind", "%s",
		     image->driver ? "driver" : "application, which starts the next image");
	inspect_version(image, version);
}

void loader_look(struct inspect_limits *limits, const struct pe *pe, struct inspect_image *image)
{
	struct pe_section section;
	char version[80] = "";

	image->kind = INSPECT_PE;
	inspect_fact(image, "processor", "%s", inspect_machine(pe->machine));
	if (!inspect_work(limits, image, 8 * (uint64_t)pe->bytes.size))
		return;
	if (sbat_version(pe, "cvmem-accept", version, sizeof(version))) {
		look_at_acceptor(pe, version, image);
		return;
	}
	if (read_magic(pe, "systemd-boot", version, sizeof(version))) {
		look_at_systemd_boot(image);
	} else if (read_magic(pe, "systemd-stub", version, sizeof(version))) {
		image->format = strdup("systemd-stub without a kernel");
	} else if (read_magic(pe, "systemd-addon", version, sizeof(version))) {
		inspect_version(image, version);
		look_at_addon(pe, image);
		return;
	} else if (pe_find(pe, ".vendor_cert", &section) &&
		   (sbat_version(pe, "shim", version, sizeof(version)) ||
		    has(pe->bytes, "UEFI SHIM"))) {
		look_at_shim(image);
	} else if (sbat_version(pe, "grub", version, sizeof(version)) ||
		   pe_find(pe, "mods", &section)) {
		look_at_grub(pe, version, image);
	} else if (sbat_version(pe, "shim", version, sizeof(version))) {
		image->format = strdup("helper of shim");
	} else if (has(pe->bytes, "iPXE")) {
		image->format = strdup("iPXE");
	} else if (has(pe->bytes, "rEFInd")) {
		image->format = strdup("rEFInd");
	} else if (has(pe->bytes, "U-Boot 20")) {
		image->format = strdup("U-Boot");
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
