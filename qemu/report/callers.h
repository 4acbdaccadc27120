/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_REPORT_CALLERS_H
#define CVMEM_QEMU_REPORT_CALLERS_H

#include "qemu/guest/call.h"
#include "qemu/report/json_writer.h"

/* Attributes accepts to their callers in the kernel. Without a file of symbols these functions do
 * nothing. */

/* Reads the symbols that the options name. NULL, or what is wrong. */
const char *callers_read(void);
/* In the callback of the call's instruction: an accept of this level has succeeded. */
void callers_record(struct guest_call *call, unsigned level);
/* Adds its keys to the report's run. */
void callers_report(struct json *json);

#endif
