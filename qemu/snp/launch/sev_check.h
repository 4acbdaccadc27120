/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_SNP_LAUNCH_SEV_CHECK_H
#define CVMEM_QEMU_SNP_LAUNCH_SEV_CHECK_H

#include "formats/sev.h"

/*
 * Whether an SNP guest can be built from what sev_read() found. NULL: yes; else one sentence
 * without an end mark that says what is wrong. Then:
 *
 * - sections are whole pages below 4 GiB, not empty (as in firmware that is made for TDX alone),
 *   and disjoint;
 * - there is one section each of types SEV_SECRETS and SEV_CPUID, and at most one of SEV_SVSM_CAA
 *   and one of SEV_KERNEL_HASHES; the first three have one page each;
 * - other types than SEV_MEM do not occur;
 * - the table of hashes, if the firmware uses one, lies in the section of type SEV_KERNEL_HASHES,
 *   if there is one.
 */
const char *snp_sev_check(const struct sev *sev);

#endif
