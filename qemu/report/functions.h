/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_REPORT_FUNCTIONS_H
#define CVMEM_QEMU_REPORT_FUNCTIONS_H

#include "qemu/report/call_path.h"
#include "qemu/report/json_writer.h"

/* The kernel's functions by their names. Without a file of symbols there are none. */

/* Reads the symbols that the options name. From now on the violations of vCPUs have the function.
 * NULL, or what is wrong. */
const char *functions_read(call_path_reader *reader);
bool functions_known(void);
/* In the vCPU's thread, which executes the instruction at pc. */
void functions_path(unsigned vcpu, uint64_t pc, struct call_path *path);
const char *functions_name(long function);
/* An array with the names. */
void functions_put_path(struct json *json, const struct call_path *path);
/* Adds to the first violation, which is a vCPU's, its keys. */
void functions_report_violation(struct json *json);

#endif
