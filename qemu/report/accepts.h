/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_REPORT_ACCEPTS_H
#define CVMEM_QEMU_REPORT_ACCEPTS_H

#include "qemu/guest/call.h"

/* Counts an accept by this call that succeeded; level 0: 4 KiB, 1: 2 MiB. The vCPU waits for the
 * time that the cost model gives it. */
void accepts_record(struct guest_call *call, unsigned level);

#endif
