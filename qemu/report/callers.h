/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_REPORT_CALLERS_H
#define CVMEM_QEMU_REPORT_CALLERS_H

#include <stdbool.h>

#include "qemu/guest/call.h"
#include "qemu/report/json_writer.h"

/* Whose accepts they are, when symbols are given; without them these do nothing. */

/* Reads the file of the options. False, and a message, when that fails. */
bool callers_read(void);
/* In the callback of the call's instruction: an accept of this level has succeeded. */
void callers_record(struct guest_call *call, unsigned level);
/* Keys of the report's run. */
void callers_report(struct json *json);

#endif
