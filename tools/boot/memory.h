/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_BOOT_MEMORY_H
#define TOOLS_BOOT_MEMORY_H

#include "tools/boot/options.h"

/* The machine's memory for all runs of one `cvmem boot`. */
struct boot_memory {
	struct cvm_range ranges[BOOT_MAX_RANGES];
	struct cvm_map map;		     /* 4 KiB aligned; usable memory is CVM_MEM_RAM */
	char source[512];		     /* the map's origin, for messages */
	uint64_t usable;		     /* bytes of CVM_MEM_RAM */
	struct emu_ram ram[BOOT_MAX_RANGES]; /* backed by memory: usable and ACPI */
	size_t ram_count;
	struct cvm_span hot; /* also in ram, not in map; empty: none */
};

/* From the options' file or size. false: a message was printed. */
bool boot_memory_make(const struct boot_options *options, struct boot_memory *memory);

/*
 * A place for `bytes` that are accepted at power-on: 8 MiB, as in OVMF, or the lowest usable
 * place. UINT64_MAX: there is none.
 */
uint64_t boot_memory_place(const struct boot_memory *memory, uint64_t bytes);

#endif
