/* SPDX-License-Identifier: MIT */
/* The UAPI Group's specification of unified kernel images. */
#include <stdio.h>
#include "tools/inspect/efi_program.h"
#include "tools/inspect/linux.h"

bool uki_is(const struct pe *pe)
{
	struct pe_section section;

	return pe_find(pe, ".linux", &section);
}

/* The value of "NAME=" in the text of os-release; false: there is none. */
static bool os_release(struct bytes text, const char *name, char *value, size_t size)
{
	const uint8_t *found = bytes_find(text, name, strlen(name));
	size_t used = 0;

	if (!found)
		return false;
	for (found += strlen(name); found < text.data + text.size && *found != '\n'; found++) {
		if (*found != '"' && used + 1 < size)
			value[used++] = (char)*found;
	}
	value[used] = 0;
	return used;
}

/* The kernel's answers hold for the image. */
static void adopt(struct inspect_image *image, const struct inspect_image *kernel)
{
	for (const struct inspect_evidence *item = kernel->evidence; item; item = item->next)
		inspect_say(image, item->question, item->answer, item->strength, "its kernel: %s",
			    item->text);
	if (kernel->unreadable)
		image->unreadable = true;
	if (kernel->version && !image->version)
		image->version = strdup(kernel->version);
}

static void look_at_kernel(struct inspect_limits *limits, struct inspect_image *image,
			   struct bytes bytes)
{
	struct inspect_image *kernel = inspect_child(image, ".linux");

	if (!kernel)
		return;
	limits->look(limits, bytes, kernel);
	if (inspect_role(kernel->kind) == ROLE_KERNEL) {
		adopt(image, kernel);
		return;
	}
	inspect_unreadable(image, "no-kernel",
			   "its section .linux is no kernel that is known here");
}

void uki_look(struct inspect_limits *limits, const struct pe *pe, struct inspect_image *image)
{
	struct pe_section section;
	bool kernel = false, command_line = false;
	char name[80];

	image->kind = INSPECT_UKI;
	if (sbat_version(pe, "systemd-stub", name, sizeof(name)))
		inspect_fact(image, "stub", "systemd-stub %s", name);
	for (unsigned int i = 0; pe_section(pe, i, &section); i++) {
		if (!strcmp(section.name, ".linux") && !kernel) {
			kernel = true;
			look_at_kernel(limits, image, section.bytes);
		} else if (!strcmp(section.name, ".initrd")) {
			inspect_fact(image, "initrd", "%zu bytes", section.bytes.size);
		} else if (!strcmp(section.name, ".cmdline") && !command_line) {
			/* Others belong to profiles, which a user must choose. */
			command_line = true;
			linux_command_line(image, section.bytes);
		} else if (!strcmp(section.name, ".osrel") &&
			   os_release(section.bytes, "PRETTY_NAME=", name, sizeof(name))) {
			inspect_fact(image, "system", "%s", name);
		}
	}
}
