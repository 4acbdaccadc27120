/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_REPORT_REPORT_H
#define CVMEM_QEMU_REPORT_REPORT_H

struct emu_attack_report;
struct json;

/* Writes the JSON report: under another name first, so that a file is always complete; to a device,
 * a pipe or a symbolic link directly. Writes nothing before the guest has been created. Counters of
 * running vCPUs may be from slightly different times. */
void report_write(const char *path);
/* How the host's attack of this name has gone. */
void report_attack(struct json *json, const char *name, const struct emu_attack_report *attack);

#endif
