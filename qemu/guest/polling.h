/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_GUEST_POLLING_H
#define CVMEM_QEMU_GUEST_POLLING_H

#include <stdint.h>

#include "emu/gpr.h"

/*
 * A vCPU in a loop that waits for a change of memory would keep the host's processors from the
 * vCPUs that make the change: OVMF's other vCPUs in a TD wait so for their mailbox, without a PAUSE
 * that a hypervisor could intercept.
 */
struct guest_polling {
	const void *code;
	uint64_t gpr[EMU_GPRS];
	unsigned rounds; /* in which nothing has changed */
};

/* The vCPU begins a round of the loop with that code. Returns for how many nanoseconds it should
 * sleep: 0 while the loop is young, then more and more. */
uint64_t guest_polling_round(struct guest_polling *polling, const void *code, const uint64_t *gpr);

/* For translated code; code is any value that identifies the loop. */
void guest_poll(unsigned vcpu, void *code);

#endif
