/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_REPORT_CALL_PATH_H
#define CVMEM_QEMU_REPORT_CALL_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qemu/report/symbols.h"

#define CALL_PATH_MAX 16

/* The functions of the kernel that an instruction is executed in. */
struct call_path {
	size_t depth; /* 0: it is not in the kernel, or the kernel's place is not known */
	long function[CALL_PATH_MAX]; /* as of symbols_find(), the innermost first */
	bool slide_known;
	uint64_t slide; /* how far the kernel lies above the addresses of its symbols */
};

/* How a processor's stack is read: in the thread of the vCPU, which executes the instruction at pc.
 * Fills all of path. */
typedef void call_path_reader(const struct symbols *symbols, unsigned vcpu, uint64_t pc,
			      struct call_path *path);

#endif
