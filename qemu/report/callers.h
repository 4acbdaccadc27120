/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_REPORT_CALLERS_H
#define CVMEM_QEMU_REPORT_CALLERS_H

#include <stdio.h>

#include "qemu/guest/guest.h"

/* Whose accepts they are, when symbols are given; without them these do nothing. */

/* Reads the file of the options. False, and a message, when that fails. */
bool guest_callers_read(void);
/* In the callback of an instruction whose accept of this level has succeeded, whose address
 * guest_note_call() was told. */
void guest_callers_note(unsigned vcpu, enum guest_phase phase, unsigned level);
/* Keys of the report's run. */
void guest_callers_report(FILE *out);

#endif
