/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_SNP_LAUNCH_LAUNCH_H
#define CVMEM_QEMU_SNP_LAUNCH_LAUNCH_H

#include "formats/sev.h"

/* launch.c: the callback of the first vCPU's first instruction. */
void snp_first_instruction(unsigned vcpu, void *userdata);

/* launch_update.c: creates, adds and measures the firmware and the sections of its metadata. *sev
 * has passed snp_sev_check(), and has a section for a calling area if there is an SVSM. NULL, or
 * what is wrong. */
const char *snp_launch_pages(const struct sev *sev);

#endif
