/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_MAPFILE_MAPFILE_H
#define TOOLS_MAPFILE_MAPFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cvmem/map.h>

/*
 * Memory maps as found in files: kernel logs, binary tables, a copy of
 * /sys/firmware/memmap. One file may hold several maps.
 */

enum map_source {
	MAP_E820,     /* "BIOS-e820:" lines, or a binary E820 table */
	MAP_E801,     /* "BIOS-e801:": two entries at most, from an older BIOS call */
	MAP_88,	      /* "BIOS-88:": older still */
	MAP_EFI,      /* "efi: memNN:" lines, or a binary EFI memory map */
	MAP_USER,     /* "user:": after memmap= and mem=, or from kexec */
	MAP_MODIFIED, /* "modified:": after changes by the kernel */
	MAP_EXTENDED, /* "reserve setup_data:": split around the boot loader's data */
	MAP_XEN,      /* "Xen:": from a Xen host */
	MAP_MEMMAP,   /* a directory like /sys/firmware/memmap */
	/* Of other programs than Linux: */
	MAP_EFI_SHELL,	/* `memmap' of the EFI shell */
	MAP_GRUB_EFI,	/* `lsefimmap' of GRUB */
	MAP_GRUB,	/* `lsmmap' of GRUB */
	MAP_FREEBSD,	/* "SMAP type=..." */
	MAP_XEN_HOST,	/* "Xen-e820 RAM map:" */
	MAP_XEN_EFI,	/* "EFI memory map:" of Xen */
	MAP_U_BOOT,	/* "E820: N entries" */
	MAP_U_BOOT_EFI, /* `efidebug memmap' */
	MAP_SEABIOS,	/* "e820 map has N items:" */
	MAP_IOMEM,	/* /proc/iomem */
	MAP_OVMF,	/* OVMF's debug log: resource HOBs */
	/* Of Linux on arm64, RISC-V and LoongArch: */
	MAP_EFI_INIT, /* "Processing EFI memory map:", with efi=debug */
	MAP_NODES,    /* "Early memory node ranges", less what the device tree reserves */
	MAP_SOURCES
};

/* A defect of one entry; such an entry is left out of the map. */
enum map_defect {
	MAP_DEFECT_NONE,
	MAP_DEFECT_MARKED,   /* the kernel printed "(invalid)" after it */
	MAP_DEFECT_HUGE,     /* a number of more than 64 bits, or all of 2^64 bytes */
	MAP_DEFECT_BACKWARD, /* ends before it starts */
};

/* One entry as the file has it: [start, start + size). */
struct map_entry {
	uint64_t start, size;
	uint64_t attr;	 /* EFI_MEMORY_*; 0 elsewhere */
	uint32_t type;	 /* of EFI where map_source_is_efi(), of E820 otherwise */
	uint32_t number; /* as numbered by the kernel or the table */
	size_t line;	 /* 1-based; 0 where the file is not text */
	uint64_t stream; /* the machine whose line it is, where several write into one log */
	enum map_defect defect;
	bool type_known;
};

struct map_info {
	enum map_source source;
	size_t line; /* of the first entry; 0 where the file is not text */
	struct map_entry *entry;
	size_t entries, entry_room;
	size_t gaps;	    /* "[gap ...]" lines */
	struct cvm_map map; /* normalised */
	uint64_t usable;    /* bytes that are RAM, accepted or not */
	uint64_t lost;	    /* bytes that are reserved, and are RAM by where they are */
};

struct map_warning {
	size_t line, order;
	char *text; /* begins with "line N: " or "entry N: " where that is known */
};

struct map_file {
	char *name;
	struct map_info *map;
	size_t maps, map_room;
	struct map_warning *warning;
	size_t warnings, warning_room;
	char *error;	 /* why there is no map in it; NULL if there is one */
	bool incomplete; /* it has entries that could not be read: a warning names each */
};

void maps_free(struct map_file *file);

/*
 * The map that is closest to the firmware's: a firmware's map before one that the kernel changed,
 * E820 before EFI (often an excerpt in logs), then the one with the most usable bytes. NULL if no
 * map of the file has a usable byte.
 */
const struct map_info *maps_best(const struct map_file *file);

/* A short name such as "e820"; never NULL. */
const char *map_source_name(enum map_source source);

/* Its entries have EFI's types and attributes. */
bool map_source_is_efi(enum map_source source);

/* For readers of each format. */
void maps_begin(struct map_file *file, const char *path);
struct map_info *maps_new(struct map_file *file, enum map_source source, size_t line);
void maps_add(struct map_file *file, struct map_info *map, const struct map_entry *entry);
void maps_drop(struct map_file *file, size_t i);
/* All maps and warnings, to read the file again. */
void maps_drop_all(struct map_file *file);
/* The entries of each map, the last one first. */
void maps_reverse(struct map_file *file);
void maps_warn(struct map_file *file, size_t line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* About an entry: names its line, or its number where there are no lines. */
void maps_warn_entry(struct map_file *file, const struct map_entry *entry, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The same as these two, about an entry that is there and could not be read. */
void maps_miss(struct map_file *file, size_t line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void maps_miss_entry(struct map_file *file, const struct map_entry *entry, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void maps_fail(struct map_file *file, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Normalises and checks what was added, and sorts the warnings. False: there is no map. */
bool maps_finish(struct map_file *file);

#endif
