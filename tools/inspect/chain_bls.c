/* SPDX-License-Identifier: MIT */
/* The UAPI Group's boot loader specification, and systemd-stub's add-ons. */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include "tools/inspect/chain.h"
#include "tools/inspect/linux.h"

/* Menu entries are short texts. */
#define TEXT_LIMIT 65536

/* The value of "key value" in a text of lines; NULL: there is none. The text ends with 0. */
static const char *value_of(const char *text, const char *key, char *value, size_t size)
{
	size_t length = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += strspn(line, " \t\r\n");
		if (strncmp(line, key, length) || !strchr(" \t", line[length]) || !line[length])
			continue;
		line += length + strspn(line + length, " \t");
		snprintf(value, size, "%.*s", (int)strcspn(line, "\r\n"), line);
		return value;
	}
	return NULL;
}

static bool ends_with(const char *name, const char *suffix)
{
	size_t length = strlen(name);

	return length > strlen(suffix) && !strcasecmp(name + length - strlen(suffix), suffix);
}

/* An add-on's command line is appended to that of the image that it belongs to. */
static void look_at_addon(struct chain *chain, struct volume *volume, const char *path,
			  struct inspect_image *kernel)
{
	struct inspect_image *addon = chain_look_at(chain, volume, path);

	if (!addon || addon->kind != INSPECT_ADDON)
		return;
	inspect_fact(kernel, "add-on", "%s", path);
	if (!addon->eager_kernel)
		return;
	kernel->eager_kernel = true;
	inspect_note(kernel, LEVEL_WARNING, "eager-addon",
		     "accept_memory=eager by the add-on %s: the kernel accepts all memory at boot",
		     path);
}

static void look_at_addons(struct chain *chain, struct volume *volume, const char *folder,
			   struct inspect_image *kernel)
{
	size_t count;
	struct volume_entry *entry =
		volume_list(chain->limits, chain->image, volume, folder, &count);

	for (size_t i = 0; i < count; i++) {
		char path[600];

		if (entry[i].directory || !ends_with(entry[i].name, ".addon.efi"))
			continue;
		snprintf(path, sizeof(path), "%.300s\\%.255s", folder, entry[i].name);
		look_at_addon(chain, volume, path, kernel);
	}
	free(entry);
}

/* Those of the image itself, and those for all images. */
static void look_at_stub(struct chain *chain, struct volume *volume, const char *path,
			 struct inspect_image *kernel)
{
	char folder[400];

	if (kernel->kind != INSPECT_UKI)
		return;
	snprintf(folder, sizeof(folder), "%.380s.extra.d", path);
	look_at_addons(chain, volume, folder, kernel);
	look_at_addons(chain, volume, "\\loader\\addons", kernel);
}

/* The profile of a unified kernel image that the entry names. */
static void choose_profile(struct inspect_image *kernel, const char *number)
{
	unsigned long profile = strtoul(number, NULL, 10);

	if (kernel->kind != INSPECT_UKI || profile >= 32)
		return;
	kernel->eager_kernel = kernel->eager_profiles >> profile & 1;
	inspect_fact(kernel, "profile", "%lu", profile);
}

/* "\loader\entries\NAME.conf" */
static void look_at_entry(struct chain *chain, struct volume *volume, const char *name,
			  const char *text, const char *default_entry)
{
	static const char *const keys[] = { "linux", "efi", "uki" };
	char path[512], options[1024], profile[16];
	struct inspect_image *kernel = NULL, *last = chain->image->children;
	bool other;

	while (last && last->next)
		last = last->next;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && !kernel; i++) {
		if (value_of(text, keys[i], path, sizeof(path)))
			kernel = chain_look_at(chain, volume, path);
	}
	if (!kernel) {
		inspect_note(chain->image, LEVEL_WARNING, "entry-without-kernel",
			     "the menu's entry %s names no file of this disk", name);
		return;
	}
	inspect_fact(kernel, "menu entry", "%s", name);
	if (value_of(text, "options", options, sizeof(options)))
		linux_command_line(kernel,
				   (struct bytes){ (const uint8_t *)options, strlen(options) });
	if (value_of(text, "profile", profile, sizeof(profile)))
		choose_profile(kernel, profile);
	look_at_stub(chain, volume, path, kernel);
	/* It boots by default if one of its entries does. */
	other = *default_entry && fnmatch(default_entry, name, FNM_CASEFOLD);
	kernel->other = other && (kernel->other || (last ? last->next == kernel : true));
}

static void look_at_entries(struct chain *chain, struct volume *volume, const char *folder,
			    const char *default_entry)
{
	size_t count;
	struct volume_entry *entry =
		volume_list(chain->limits, chain->image, volume, folder, &count);

	for (size_t i = 0; i < count; i++) {
		char path[400], *text;

		if (entry[i].directory || !ends_with(entry[i].name, ".conf"))
			continue;
		snprintf(path, sizeof(path), "%.100s/%.255s", folder, entry[i].name);
		text = volume_text(chain->limits, chain->image, volume, path, TEXT_LIMIT);
		if (text)
			look_at_entry(chain, volume, entry[i].name, text, default_entry);
		free(text);
	}
	free(entry);
}

static void look_at_images(struct chain *chain, struct volume *volume, const char *default_entry)
{
	size_t count;
	struct volume_entry *entry =
		volume_list(chain->limits, chain->image, volume, "\\EFI\\Linux", &count);

	for (size_t i = 0; i < count; i++) {
		struct inspect_image *kernel;
		char path[300];

		if (entry[i].directory || !ends_with(entry[i].name, ".efi"))
			continue;
		snprintf(path, sizeof(path), "\\EFI\\Linux\\%.255s", entry[i].name);
		kernel = chain_look_at(chain, volume, path);
		if (!kernel)
			continue;
		look_at_stub(chain, volume, path, kernel);
		kernel->other =
			*default_entry && fnmatch(default_entry, entry[i].name, FNM_CASEFOLD);
	}
	free(entry);
}

/* The pattern of \loader\loader.conf that names the default; empty: none. */
static void read_default(struct chain *chain, struct volume *volume, char *pattern, size_t size)
{
	char *text = volume_text(chain->limits, chain->image, volume, "\\loader\\loader.conf",
				 TEXT_LIMIT);

	if (text && value_of(text, "default", pattern, size)) {
		/* "@saved" and similar names refer to EFI variables. */
		if (*pattern == '@')
			*pattern = 0;
		else
			inspect_fact(chain->image, "default entry", "%s", pattern);
	}
	free(text);
}

void chain_bls(struct chain *chain)
{
	char pattern[256] = "";

	for (size_t i = 0; i < chain->volumes && !*pattern; i++)
		read_default(chain, &chain->volume[i], pattern, sizeof(pattern));
	for (size_t i = 0; i < chain->volumes; i++) {
		look_at_entries(chain, &chain->volume[i], "\\loader\\entries", pattern);
		look_at_entries(chain, &chain->volume[i], "/boot/loader/entries", pattern);
		look_at_images(chain, &chain->volume[i], pattern);
	}
}
