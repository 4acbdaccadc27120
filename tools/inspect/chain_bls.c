/* SPDX-License-Identifier: MIT */
/* The UAPI Group's boot loader specification, and systemd-stub's add-ons. */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include "tools/inspect/chain.h"
#include "tools/inspect/linux.h"

/* Menu entries are short texts. */
#define TEXT_LIMIT 65536

/*
 * The value of the next line "key value" of a text that ends with 0, and its length; *text moves
 * behind it. NULL: there is none.
 */
static const char *next_value(const char **text, const char *key, size_t *length)
{
	size_t size = strlen(key);

	for (const char *line = *text; *line; line += strcspn(line, "\r\n")) {
		line += strspn(line, " \t\r\n");
		if (strncmp(line, key, size) || (line[size] != ' ' && line[size] != '\t'))
			continue;
		line += size + strspn(line + size, " \t");
		*length = strcspn(line, "\r\n");
		*text = line + *length;
		return line;
	}
	return NULL;
}

/* The value of the first such line; NULL: there is none. */
static const char *value_of(const char *text, const char *key, char *value, size_t size)
{
	size_t length;
	const char *found = next_value(&text, key, &length);

	if (found)
		snprintf(value, size, "%.*s", (int)length, found);
	return found;
}

/* UAPI.1, "Type #1": all lines of options, in their order, are one command line. */
static void read_options(const char *text, struct inspect_image *kernel)
{
	char options[LINUX_COMMAND_LINE] = "";
	size_t used = 0, length;
	const char *value;

	while (used + 1 < sizeof(options) && (value = next_value(&text, "options", &length))) {
		int added = snprintf(options + used, sizeof(options) - used, "%s%.*s",
				     used ? " " : "", (int)length, value);

		used += (size_t)added;
	}
	if (*options)
		linux_command_line(kernel,
				   (struct bytes){ (const uint8_t *)options, strlen(options) });
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

/* "\loader\entries\NAME.conf". False: it starts no file of this disk. */
static bool look_at_entry(struct chain *chain, struct volume *volume, const char *name,
			  const char *text, bool other)
{
	static const char *const keys[] = { "linux", "efi", "uki" };
	struct inspect_image *kernel = NULL, *last = chain->image->children;
	char path[512], profile[16];

	while (last && last->next)
		last = last->next;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && !kernel; i++) {
		if (value_of(text, keys[i], path, sizeof(path)))
			kernel = chain_look_at(chain, volume, path);
	}
	if (!kernel) {
		inspect_note(chain->image, LEVEL_WARNING, "entry-without-kernel",
			     "the menu's entry %s names no file of this disk", name);
		return false;
	}
	inspect_fact(kernel, "menu entry", "%s", name);
	/* It boots by default if one of its entries does; that entry has the say. */
	kernel->other = other && (kernel->other || (last ? last->next == kernel : true));
	if (other)
		return true;
	if (value_of(text, "profile", profile, sizeof(profile)))
		choose_profile(kernel, profile);
	read_options(text, kernel);
	look_at_stub(chain, volume, path, kernel);
	return true;
}

/* The items of a menu that are looked at in one go. */
struct selection {
	const char *pattern; /* that names the default; empty: any item is */
	bool others;	     /* the other items */
};

static bool is_selected(const struct selection *selection, const char *name)
{
	bool other = *selection->pattern && fnmatch(selection->pattern, name, FNM_CASEFOLD);

	return other == selection->others;
}

/* True: there is a file that one of them starts. */
static bool look_at_entries(struct chain *chain, struct volume *volume, const char *folder,
			    const struct selection *selection)
{
	size_t count;
	struct volume_entry *entry =
		volume_list(chain->limits, chain->image, volume, folder, &count);
	bool found = false;

	for (size_t i = 0; i < count; i++) {
		char path[400], *text;

		if (entry[i].directory || !ends_with(entry[i].name, ".conf") ||
		    !is_selected(selection, entry[i].name))
			continue;
		snprintf(path, sizeof(path), "%.100s/%.255s", folder, entry[i].name);
		text = volume_text(chain->limits, chain->image, volume, path, TEXT_LIMIT);
		if (text)
			found |= look_at_entry(chain, volume, entry[i].name, text,
					       selection->others);
		free(text);
	}
	free(entry);
	return found;
}

static bool look_at_images(struct chain *chain, struct volume *volume,
			   const struct selection *selection)
{
	size_t count;
	struct volume_entry *entry =
		volume_list(chain->limits, chain->image, volume, "\\EFI\\Linux", &count);
	bool found = false;

	for (size_t i = 0; i < count; i++) {
		struct inspect_image *kernel;
		char path[300];

		if (entry[i].directory || !ends_with(entry[i].name, ".efi") ||
		    !is_selected(selection, entry[i].name))
			continue;
		snprintf(path, sizeof(path), "\\EFI\\Linux\\%.255s", entry[i].name);
		kernel = chain_look_at(chain, volume, path);
		if (!kernel)
			continue;
		kernel->other = selection->others;
		if (!selection->others)
			look_at_stub(chain, volume, path, kernel);
		found = true;
	}
	free(entry);
	return found;
}

static bool look_at_menu(struct chain *chain, const struct selection *selection)
{
	bool found = false;

	for (size_t i = 0; i < chain->volumes; i++) {
		struct volume *volume = &chain->volume[i];

		found |= look_at_entries(chain, volume, "\\loader\\entries", selection);
		found |= look_at_entries(chain, volume, "/boot/loader/entries", selection);
		found |= look_at_images(chain, volume, selection);
	}
	return found;
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
	struct selection selection = { .pattern = pattern };

	for (size_t i = 0; i < chain->volumes && !*pattern; i++)
		read_default(chain, &chain->volume[i], pattern, sizeof(pattern));
	/* Without a default that starts something any item may boot, with its options. */
	selection.others = look_at_menu(chain, &selection);
	if (!selection.others)
		*pattern = 0;
	look_at_menu(chain, &selection);
}
