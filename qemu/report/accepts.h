/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_REPORT_ACCEPTS_H
#define CVMEM_QEMU_REPORT_ACCEPTS_H

#include "qemu/guest/call.h"

/* Counts a successful accept by this call; level 0: 4 KiB, 1: 2 MiB. The vCPU sleeps for the
 * modelled time of the accept. */
void accepts_record(struct guest_call *call, unsigned level);

#endif
