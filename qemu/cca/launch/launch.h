/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_CCA_LAUNCH_LAUNCH_H
#define CVMEM_QEMU_CCA_LAUNCH_LAUNCH_H

#include <stdbool.h>

/* struct platform. */
bool cca_is_launched(unsigned vcpu);
void cca_first_instruction(unsigned vcpu, void *userdata);

#endif
