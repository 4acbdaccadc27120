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

/* systemd-stub boots the first profile unless a menu chooses; others are bits of the image. */
#define PROFILES 32

struct profiles {
	struct bytes base, own[PROFILES]; /* command lines */
	struct bytes text[PROFILES];	  /* of .profile */
	int current;			  /* -1: what all profiles have in common */
};

static void read_profile_section(struct profiles *profiles, const struct pe_section *section)
{
	if (!strcmp(section->name, ".profile")) {
		if (profiles->current + 1 < PROFILES)
			profiles->text[++profiles->current] = section->bytes;
	} else if (strcmp(section->name, ".cmdline") != 0) {
		return;
	} else if (profiles->current < 0) {
		if (!profiles->base.data)
			profiles->base = section->bytes;
	} else if (!profiles->own[profiles->current].data) {
		profiles->own[profiles->current] = section->bytes;
	}
}

static void say_profiles(struct inspect_image *image, const struct profiles *profiles)
{
	for (int i = 0; i <= profiles->current || i == 0; i++) {
		struct bytes line = profiles->own[i].data ? profiles->own[i] : profiles->base;
		char id[64] = "";

		os_release(profiles->text[i], "ID=", id, sizeof(id));
		if (profiles->current >= 0)
			inspect_fact(image, "profile", "%d%s%s", i, *id ? ": " : "", id);
		if (i == 0 && line.data)
			linux_command_line(image, line);
		if (!linux_is_eager(line))
			continue;
		image->eager_profiles |= UINT32_C(1) << i;
		if (i)
			inspect_note(image, LEVEL_NOTE, "eager-profile",
				     "its profile %d%s%s%s has accept_memory=eager on its command "
				     "line: with it the kernel accepts all memory at boot",
				     i, *id ? " (" : "", id, *id ? ")" : "");
	}
}

void uki_look(struct inspect_limits *limits, const struct pe *pe, struct inspect_image *image)
{
	struct profiles profiles = { .current = -1 };
	struct pe_section section;
	bool kernel = false;
	char name[80];

	image->kind = INSPECT_UKI;
	image->command = COMMAND_STUB;
	if (sbat_version(pe, "systemd-stub", name, sizeof(name)))
		inspect_fact(image, "stub", "systemd-stub %s", name);
	for (unsigned int i = 0; pe_section(pe, i, &section); i++) {
		read_profile_section(&profiles, &section);
		if (!strcmp(section.name, ".linux") && !kernel) {
			kernel = true;
			look_at_kernel(limits, image, section.bytes);
		} else if (!strcmp(section.name, ".initrd")) {
			inspect_fact(image, "initrd", "%zu bytes", section.bytes.size);
		} else if (!strcmp(section.name, ".osrel") &&
			   os_release(section.bytes, "PRETTY_NAME=", name, sizeof(name))) {
			inspect_fact(image, "system", "%s", name);
		}
	}
	say_profiles(image, &profiles);
}
