/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_REPORT_SYMBOLS_H
#define CVMEM_QEMU_REPORT_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

/* The functions of a kernel, in the format of /proc/kallsyms, System.map and nm: a line for each
 * symbol with its address in hexadecimal, its type and its name. Types t, T, w and W are functions;
 * symbols of modules, which are followed by a name in brackets, are ignored. */
struct symbols {
	struct symbol *list; /* ascending addresses */
	size_t count;
};

/* NULL; or what is wrong, until the next call: the file cannot be read, a line is not a symbol, or
 * there is no function. */
const char *symbols_read(struct symbols *symbols, const char *path);
void symbols_free(struct symbols *symbols);

/* The function that holds the address: the index of the last one that does not begin after it. -1:
 * below the first one, or 64 KiB or more after the beginning of the last one. */
long symbols_find(const struct symbols *symbols, uint64_t address);
uint64_t symbols_start(const struct symbols *symbols, long index);
/* A function of this name; -1: there is none. */
long symbols_named(const struct symbols *symbols, const char *name);
const char *symbols_name(const struct symbols *symbols, long index);

#endif
