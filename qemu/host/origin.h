/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_HOST_ORIGIN_H
#define CVMEM_QEMU_HOST_ORIGIN_H

/* What an access that is trapped belongs to. QEMU does not pass it to a trap. */
enum qemu_origin {
	QEMU_BY_INSTRUCTION, /* a load or store of a vCPU, or a device */
	QEMU_BY_FETCH,	     /* an instruction fetch, or its page walk */
	QEMU_BY_DELIVERY,    /* an exception or interrupt: its stack, or a descriptor */
	QEMU_BY_DEBUGGER,    /* GDB, or a monitor's command */
};

/* NULL: done; else the name of a function that this QEMU does not export. */
const char *qemu_origin_resolve(void);
/* In a trap, after qemu_origin_resolve(): from the functions that have led to it. */
enum qemu_origin qemu_origin(void);

#endif
