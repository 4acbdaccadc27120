/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/mapfile/alloc.h"
#include "tools/mapfile/mapfile.h"

/* A damaged file can have the same error in every line. */
#define MAX_WARNINGS 1000

const char *map_source_name(enum map_source source)
{
	static const char *const names[MAP_SOURCES] = {
		[MAP_E820] = "e820",
		[MAP_E801] = "e801",
		[MAP_88] = "88",
		[MAP_EFI] = "efi",
		[MAP_USER] = "user",
		[MAP_MODIFIED] = "modified",
		[MAP_EXTENDED] = "extended",
		[MAP_XEN] = "xen",
		[MAP_MEMMAP] = "memmap",
		[MAP_EFI_SHELL] = "efi-shell",
		[MAP_GRUB_EFI] = "grub-efi",
		[MAP_GRUB] = "grub",
		[MAP_FREEBSD] = "freebsd",
		[MAP_XEN_HOST] = "xen-host",
		[MAP_XEN_EFI] = "xen-efi",
		[MAP_U_BOOT] = "u-boot",
		[MAP_U_BOOT_EFI] = "u-boot-efi",
		[MAP_SEABIOS] = "seabios",
		[MAP_IOMEM] = "iomem",
		[MAP_OVMF] = "ovmf",
		[MAP_EFI_INIT] = "efi",
		[MAP_NODES] = "nodes",
	};

	return source < MAP_SOURCES ? names[source] : "unknown";
}

bool map_source_is_efi(enum map_source source)
{
	return source == MAP_EFI || source == MAP_EFI_SHELL || source == MAP_GRUB_EFI ||
	       source == MAP_XEN_EFI || source == MAP_U_BOOT_EFI || source == MAP_EFI_INIT;
}

static void add_warning(struct map_file *file, size_t line, char *text)
{
	struct map_warning *warning;

	if (file->warnings > MAX_WARNINGS) {
		free(text);
		return;
	}
	if (file->warnings == MAX_WARNINGS) {
		free(text);
		text = xstrdup("there is more of this");
		line = SIZE_MAX;
	}
	file->warning = grow(file->warning, &file->warning_room, file->warnings + 1,
			     sizeof(*file->warning));
	warning = &file->warning[file->warnings];
	*warning = (struct map_warning){ line, file->warnings, text };
	file->warnings++;
}

static char *format_text(const char *what, size_t number, const char *format, va_list args)
{
	char *message, *text;

	if (vasprintf(&message, format, args) < 0)
		abort();
	if (!what)
		return message;
	if (asprintf(&text, "%s %zu: %s", what, number, message) < 0)
		abort();
	free(message);
	return text;
}

void maps_warn(struct map_file *file, size_t line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_warning(file, line, format_text(line ? "line" : NULL, line, format, args));
	va_end(args);
}

static void add_of_entry(struct map_file *file, const struct map_entry *entry, const char *format,
			 va_list args)
{
	if (entry->line)
		add_warning(file, entry->line, format_text("line", entry->line, format, args));
	else
		add_warning(file, entry->number, format_text("entry", entry->number, format, args));
}

void maps_warn_entry(struct map_file *file, const struct map_entry *entry, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_of_entry(file, entry, format, args);
	va_end(args);
}

void maps_miss_entry(struct map_file *file, const struct map_entry *entry, const char *format, ...)
{
	va_list args;

	file->incomplete = true;
	va_start(args, format);
	add_of_entry(file, entry, format, args);
	va_end(args);
}

void maps_miss(struct map_file *file, size_t line, const char *format, ...)
{
	va_list args;

	file->incomplete = true;
	va_start(args, format);
	add_warning(file, line, format_text(line ? "line" : NULL, line, format, args));
	va_end(args);
}

void maps_fail(struct map_file *file, const char *format, ...)
{
	va_list args;

	free(file->error);
	va_start(args, format);
	file->error = format_text(NULL, 0, format, args);
	va_end(args);
}
