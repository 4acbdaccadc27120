/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_GUEST_PHASE_H
#define CVMEM_QEMU_GUEST_PHASE_H

#include "qemu/guest/call.h"

/* struct platform.phase of x86. */
enum guest_phase guest_x86_phase(struct guest_call *call);

#endif
