/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_REPORT_CALLERS_H
#define CVMEM_QEMU_REPORT_CALLERS_H

#include "qemu/guest/call.h"
#include "qemu/report/json_writer.h"

/* Attributes accepts to their callers in the kernel. Without a file of symbols these functions do
 * nothing. */

/* In the callback of the call's instruction: an accept of this level has succeeded. */
void callers_record(struct guest_call *call, unsigned level);
/* Adds its keys to the report's run. */
void callers_report(struct json *json);

#endif
