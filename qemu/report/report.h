/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_REPORT_REPORT_H
#define CVMEM_QEMU_REPORT_REPORT_H

#include <stdint.h>
#include <stdio.h>

/* Writes the JSON report, whole or not at all: under another name first. Nothing before the guest
 * has been created. Counters of vCPUs that run may be of slightly different times. */
void report_write(const char *path);

/* For a platform's own keys: what is between one and the next, then "name": value. */
void guest_put_text(FILE *out, const char *text);
void guest_put_number(FILE *out, const char *before, const char *name, uint64_t value);

#endif
