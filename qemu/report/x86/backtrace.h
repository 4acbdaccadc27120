/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_REPORT_X86_BACKTRACE_H
#define CVMEM_QEMU_REPORT_X86_BACKTRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qemu/report/symbols.h"

/* The call chain, from a kernel's stack. Without frame pointers every word that points behind a
 * CALL may be a return address, or be left over from an earlier call. */
struct return_address {
	uint64_t address;
	uint64_t target; /* of a direct CALL; 0: an indirect CALL */
};

/* Memory by linear address. read returns false if it is not mapped. */
struct backtrace_memory {
	bool (*read)(void *ctx, uint64_t address, void *buffer, size_t size);
	void *ctx;
};

/* Collects the words of the stack from rsp to the end of its 16 KiB that may be return addresses in
 * code within 1 GiB of rip. At most max; returns their number. */
size_t backtrace_scan(const struct backtrace_memory *memory, uint64_t rip, uint64_t rsp,
		      struct return_address *list, size_t max);

/* How far the kernel lies above the addresses of its symbols: x86 Linux randomises it by multiples
 * of 2 MiB. It is the slide with which most direct CALLs lead to the start of a function. False: no
 * slide explains at least four, or two explain equally many. */
bool backtrace_slide(const struct symbols *symbols, const struct return_address *list, size_t count,
		     uint64_t *slide);

/* Writes the indices of the functions to chain, innermost first, beginning with the one that holds
 * rip. The next caller is the nearest return address whose CALL leads to the current function, if
 * it is among the next 24, else simply the nearest. Returns the number of functions. */
size_t backtrace_chain(const struct symbols *symbols, uint64_t slide, uint64_t rip,
		       const struct return_address *list, size_t count, long *chain, size_t max);

#endif
