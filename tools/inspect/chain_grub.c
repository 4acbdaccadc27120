/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include "tools/inspect/chain.h"
#include "tools/inspect/grub_cfg.h"
#include "tools/inspect/linux.h"

/* A menu of GRUB with many kernels has 50 KiB. */
#define CONFIG_LIMIT (1u << 20)

static void add_entry(struct chain *chain, struct volume *volume, const char *name,
		      const struct grub_entry *entry)
{
	struct inspect_image *last = chain->image->children, *kernel;
	const char *path = entry->kernel;
	bool is_new;

	while (last && last->next)
		last = last->next;
	kernel = chain_look_at(chain, volume, path);
	/* /boot may be the root of a file system of its own, and the other way round. */
	if (!kernel && !strncmp(path, "/boot/", 6))
		kernel = chain_look_at(chain, volume, path + 5);
	if (!kernel) {
		if (!entry->other)
			inspect_note(chain->image, LEVEL_WARNING, "entry-without-kernel",
				     "%s, line %zu, starts %s, which is on no file system here",
				     name, entry->line, path);
		return;
	}
	is_new = last ? last->next == kernel : true;
	inspect_fact(kernel, "menu entry", "%s line %zu%s%s", name, entry->line,
		     *entry->title ? ": " : "", entry->title);
	/* It boots by default if one of its entries does; that entry has the say. */
	kernel->other = entry->other && (kernel->other || is_new);
	if (entry->other)
		return;
	kernel->command = entry->command;
	linux_command_line(
		kernel, (struct bytes){ (const uint8_t *)entry->options, strlen(entry->options) });
}

/* The default may be an entry that was not read. Any may boot then, with its options. */
static void settle_default(struct grub_entry *entry, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!entry[i].other)
			return;
	}
	for (size_t i = 0; i < count; i++)
		entry[i].other = false;
}

enum menu {
	MENU_NONE, /* it starts nothing */
	MENU_WHOLE,
	MENU_SPECIFICATION, /* it shows entries of the boot loader specification as well */
};

static enum menu read_config(struct chain *chain, struct volume *volume, const char *name,
			     const char *text)
{
	struct grub_entry *entry = calloc(GRUB_ENTRIES, sizeof(*entry));
	bool boot_loader_spec;
	size_t count;

	if (!entry)
		return MENU_NONE;
	count = grub_cfg_read(text, entry, GRUB_ENTRIES, &boot_loader_spec);
	settle_default(entry, count);
	for (size_t i = 0; i < count; i++)
		add_entry(chain, volume, name, &entry[i]);
	free(entry);
	if (boot_loader_spec)
		return MENU_SPECIFICATION;
	return count ? MENU_WHOLE : MENU_NONE;
}

static enum menu read_file(struct chain *chain, struct volume *volume, const char *path)
{
	char *text = volume_text(chain->limits, chain->image, volume, path, CONFIG_LIMIT);
	enum menu found = text ? read_config(chain, volume, path, text) : MENU_NONE;

	free(text);
	return found;
}

/* \EFI\debian\grub.cfg and the like: most only name the file in /boot. */
static enum menu read_vendors(struct chain *chain, struct volume *volume)
{
	size_t count;
	struct volume_entry *entry =
		volume_list(chain->limits, chain->image, volume, "/EFI", &count);
	enum menu found = MENU_NONE;

	for (size_t i = 0; i < count && found == MENU_NONE; i++) {
		char path[300];

		if (!entry[i].directory || *entry[i].name == '.')
			continue;
		snprintf(path, sizeof(path), "/EFI/%.255s/grub.cfg", entry[i].name);
		found = read_file(chain, volume, path);
	}
	free(entry);
	return found;
}

static enum menu find_menu(struct chain *chain, const struct inspect_image *grub)
{
	static const char *const paths[] = { "/boot/grub/grub.cfg", "/grub/grub.cfg",
					     "/boot/grub2/grub.cfg", "/grub2/grub.cfg" };
	enum menu found = MENU_NONE;

	if (grub && grub->menu)
		found = read_config(chain, NULL, "grub.cfg in GRUB", grub->menu);
	for (size_t i = 0; i < chain->volumes && found == MENU_NONE; i++)
		found = read_vendors(chain, &chain->volume[i]);
	for (size_t i = 0; i < chain->volumes; i++) {
		for (size_t j = 0; j < sizeof(paths) / sizeof(paths[0]); j++) {
			if (found == MENU_NONE)
				found = read_file(chain, &chain->volume[i], paths[j]);
		}
	}
	return found;
}

bool chain_grub(struct chain *chain, const struct inspect_image *grub)
{
	return find_menu(chain, grub) == MENU_WHOLE;
}
