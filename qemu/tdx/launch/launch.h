/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_TDX_LAUNCH_LAUNCH_H
#define CVMEM_QEMU_TDX_LAUNCH_LAUNCH_H

#include <stdbool.h>

/* The callback of a vCPU's first instruction, until all have begun. */
bool tdx_is_launched(unsigned vcpu);
void tdx_first_instruction(unsigned vcpu, void *userdata);

#endif
