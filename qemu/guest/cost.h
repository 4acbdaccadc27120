/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_GUEST_COST_H
#define CVMEM_QEMU_GUEST_COST_H

#include <stdint.h>

/* The modelled time of an accept: the vCPU waits as long as hardware would have taken. */
uint64_t guest_cost_now(void);
void guest_cost_accept(unsigned vcpu, uint64_t bytes, uint64_t began);

#endif
