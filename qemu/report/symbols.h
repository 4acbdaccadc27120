/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_REPORT_SYMBOLS_H
#define CVMEM_QEMU_REPORT_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The functions of a kernel, as /proc/kallsyms, System.map and nm list them: a line for each
 * symbol with its address in hexadecimal, its type and its name. Types t, T, w and W are
 * functions; symbols of modules, with a name in brackets behind, are left out.
 */
struct symbols {
	struct symbol *list; /* ascending addresses */
	size_t count;
};

/* False, and a message: the file cannot be read, a line is no symbol, or there is no function. */
bool symbols_read(struct symbols *symbols, const char *path);
void symbols_free(struct symbols *symbols);

/* The function that holds the address, that is the last that does not begin behind it: its index,
 * or -1 below the first, and 64 KiB or more behind the begin of the last. */
long symbols_find(const struct symbols *symbols, uint64_t address);
uint64_t symbols_start(const struct symbols *symbols, long index);
const char *symbols_name(const struct symbols *symbols, long index);

#endif
