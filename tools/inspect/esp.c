/* SPDX-License-Identifier: MIT */
/*
 * UEFI 2.10, 3.5.1.1: without a boot variable firmware starts \EFI\BOOT\BOOTX64.EFI. The
 * menu of systemd-boot follows the UAPI Group's boot loader specification.
 */
#include <fnmatch.h>
#include <stdio.h>
#include "tools/inspect/esp.h"
#include "tools/inspect/linux.h"

/* Menu entries are short texts. */
#define TEXT_LIMIT 65536

static struct inspect_image *look_at(struct inspect_limits *limits, const struct fat *fat,
				     struct inspect_image *image, const char *path,
				     const struct fat_entry *entry)
{
	struct inspect_image *child = inspect_child(image, path);
	struct fat_content content;

	if (!child || !fat_read(limits, child, fat, entry, &content))
		return child;
	limits->look(limits, content.bytes, child);
	fat_release(limits, &content);
	return child;
}

static struct inspect_image *look_at_path(struct inspect_limits *limits, const struct fat *fat,
					  struct inspect_image *image, const char *path)
{
	struct inspect_image *child = image->children;
	struct fat_entry entry;

	/* Menu entries often share a kernel. */
	while (child && strcmp(child->name, path))
		child = child->next;
	if (child)
		return child;
	if (!fat_find(limits, image, fat, path, &entry) || entry.directory)
		return NULL;
	return look_at(limits, fat, image, path, &entry);
}

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

static bool read_text(struct inspect_limits *limits, const struct fat *fat,
		      struct inspect_image *image, const struct fat_entry *entry, char *text)
{
	struct fat_content content;

	if (entry->directory || entry->size >= TEXT_LIMIT ||
	    !fat_read(limits, image, fat, entry, &content))
		return false;
	if (content.bytes.size)
		memcpy(text, content.bytes.data, content.bytes.size);
	text[content.bytes.size] = 0;
	fat_release(limits, &content);
	return true;
}

/* "\loader\entries\NAME.conf" */
static void look_at_entry(struct inspect_limits *limits, const struct fat *fat,
			  struct inspect_image *image, const struct fat_entry *file,
			  const char *default_entry)
{
	static const char *const keys[] = { "linux", "efi", "uki" };
	char text[TEXT_LIMIT], path[512], options[512];
	struct inspect_image *kernel = NULL, *last = image->children;
	bool other;

	while (last && last->next)
		last = last->next;
	if (!read_text(limits, fat, image, file, text))
		return;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && !kernel; i++) {
		if (value_of(text, keys[i], path, sizeof(path)))
			kernel = look_at_path(limits, fat, image, path);
	}
	if (!kernel) {
		inspect_note(image, LEVEL_WARNING, "entry-without-kernel",
			     "the menu's entry %s names no file of this file system", file->name);
		return;
	}
	inspect_fact(kernel, "menu entry", "%s", file->name);
	if (value_of(text, "options", options, sizeof(options)))
		linux_command_line(kernel,
				   (struct bytes){ (const uint8_t *)options, strlen(options) });
	/* It boots by default if one of its entries does. */
	other = *default_entry && fnmatch(default_entry, file->name, FNM_CASEFOLD);
	kernel->other = other && (kernel->other || (last ? last->next == kernel : true));
}

static void look_at_all(struct inspect_limits *limits, const struct fat *fat,
			struct inspect_image *image, const char *folder, const char *suffix,
			const char *default_entry)
{
	struct fat_entry directory, entry;
	struct fat_content content;
	uint64_t at = 0;

	if (!fat_find(limits, image, fat, folder, &directory) || !directory.directory ||
	    !fat_read(limits, image, fat, &directory, &content))
		return;
	while (fat_next(content.bytes, &at, &entry)) {
		size_t length = strlen(entry.name);
		struct inspect_image *kernel;
		char path[300];

		if (entry.directory || length < strlen(suffix) ||
		    strcasecmp(entry.name + length - strlen(suffix), suffix))
			continue;
		if (!strcmp(suffix, ".conf")) {
			look_at_entry(limits, fat, image, &entry, default_entry);
			continue;
		}
		snprintf(path, sizeof(path), "%s\\%s", folder, entry.name);
		kernel = look_at(limits, fat, image, path, &entry);
		if (kernel)
			kernel->other =
				*default_entry && fnmatch(default_entry, entry.name, FNM_CASEFOLD);
	}
	fat_release(limits, &content);
}

/* The pattern of \loader\loader.conf that names the default; empty: none. */
static void read_default(struct inspect_limits *limits, const struct fat *fat,
			 struct inspect_image *image, char *pattern, size_t size)
{
	struct fat_entry entry;
	char text[TEXT_LIMIT];

	*pattern = 0;
	if (!fat_find(limits, image, fat, "\\loader\\loader.conf", &entry) ||
	    !read_text(limits, fat, image, &entry, text) ||
	    !value_of(text, "default", pattern, size))
		return;
	/* "@saved" and similar names refer to EFI variables. */
	if (*pattern == '@')
		*pattern = 0;
	else
		inspect_fact(image, "default entry", "%s", pattern);
}

/* A pattern that matches no entry counts as no pattern. */
static void settle_default(struct inspect_image *image)
{
	struct inspect_image *kernel;

	for (kernel = image->children; kernel; kernel = kernel->next) {
		if (inspect_role(kernel->kind) == ROLE_KERNEL && !kernel->other)
			return;
	}
	for (kernel = image->children; kernel; kernel = kernel->next)
		kernel->other = false;
}

static void look_at_menu(struct inspect_limits *limits, const struct fat *fat,
			 struct inspect_image *image)
{
	char pattern[256];

	read_default(limits, fat, image, pattern, sizeof(pattern));
	look_at_all(limits, fat, image, "\\loader\\entries", ".conf", pattern);
	look_at_all(limits, fat, image, "\\EFI\\Linux", ".efi", pattern);
	settle_default(image);
}

void esp_look(struct inspect_limits *limits, const struct fat *fat, struct inspect_image *image)
{
	static const char *const loaders[][2] = {
		{ "\\EFI\\BOOT\\BOOTX64.EFI", "\\EFI\\BOOT\\grubx64.efi" },
		{ "\\EFI\\BOOT\\BOOTAA64.EFI", "\\EFI\\BOOT\\grubaa64.efi" },
	};
	struct inspect_image *loader = NULL;

	for (size_t i = 0; i < sizeof(loaders) / sizeof(loaders[0]) && !loader; i++) {
		loader = look_at_path(limits, fat, image, loaders[i][0]);
		if (loader && loader->kind == INSPECT_SHIM)
			look_at_path(limits, fat, image, loaders[i][1]);
	}
	if (!loader)
		inspect_note(image, LEVEL_WARNING, "no-loader",
			     "no \\EFI\\BOOT\\BOOTX64.EFI: firmware boots it only by a boot "
			     "variable");
	if (loader && inspect_role(loader->kind) == ROLE_KERNEL)
		return;
	look_at_menu(limits, fat, image);
}
