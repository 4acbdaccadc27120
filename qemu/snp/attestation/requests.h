/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_SNP_ATTESTATION_REQUESTS_H
#define CVMEM_QEMU_SNP_ATTESTATION_REQUESTS_H

#include <stdio.h>

#include "emu/snp/snp.h"
#include "qemu/snp/launch/launch_digest.h"
#include "qemu/snp/launch/secrets.h"

/*
 * This guest's requests to the secure processor (guest_request.h). Any vCPU may call; one
 * message is handled at a time.
 */

/* At launch: the guest's keys, and what it was measured to be. NULL, or what is wrong. */
const char *snp_requests_start(const struct secrets *secrets, const struct launch_digest *digest);

/* NAE events 0x80000011 and, extended, 0x80000012, with certificates. */
enum emu_ghcb_result snp_guest_request(struct emu_ghcb_event *event, bool extended);

/* Of the report: the public key that verifies this guest's reports, and its measurement. */
void snp_requests_report(FILE *out);

#endif
