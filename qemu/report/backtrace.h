/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_REPORT_BACKTRACE_H
#define CVMEM_QEMU_REPORT_BACKTRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qemu/report/symbols.h"

/*
 * Who has called whom, from what is on a kernel's stack. A kernel without frame pointers leaves
 * nothing else: every word that points behind a CALL may be a return address, or be left from a
 * call that is over.
 */
struct return_address {
	uint64_t address;
	uint64_t target; /* of a direct CALL; 0: the CALL is indirect */
};

/* Linear addresses. read: false: not mapped. */
struct backtrace_memory {
	bool (*read)(void *ctx, uint64_t address, void *buffer, size_t size);
	void *ctx;
};

/* The words of the stack from rsp on, to the end of its 16 KiB at most, that may be return
 * addresses of the code within 1 GiB of rip. At most max; returns how many. */
size_t backtrace_scan(const struct backtrace_memory *memory, uint64_t rip, uint64_t rsp,
		      struct return_address *list, size_t max);

/*
 * By how much the kernel lies above the addresses of its symbols, a multiple of 2 MiB as
 * x86 Linux randomises it: the slide with which most direct CALLs go to the start of a function.
 * False: no slide explains at least four, or two explain as many.
 */
bool backtrace_slide(const struct symbols *symbols, const struct return_address *list, size_t count,
		     uint64_t *slide);

/*
 * Indices of the functions, the innermost first, the one that holds rip included; rip and the list
 * as found, with the slide. The next caller is the nearest return address whose CALL goes to the
 * function at hand, if one is among the next 24, else the nearest of all. Returns how many.
 */
size_t backtrace_chain(const struct symbols *symbols, uint64_t slide, uint64_t rip,
		       const struct return_address *list, size_t count, long *chain, size_t max);

#endif
