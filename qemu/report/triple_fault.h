/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_REPORT_TRIPLE_FAULT_H
#define CVMEM_QEMU_REPORT_TRIPLE_FAULT_H

#include "qemu/report/json_writer.h"

/* A vCPU that has ended the machine by a triple fault, and the last #VE or #VC before it: that of a
 * guest that does not expect one. Nothing if there is no such vCPU. To be called when QEMU exits.
 */
void triple_fault_print(void);
/* Adds its key to the report's run. */
void triple_fault_report(struct json *json);

#endif
