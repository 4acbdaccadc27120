/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_CCA_ATTESTATION_ATTESTATION_H
#define CVMEM_QEMU_CCA_ATTESTATION_ATTESTATION_H

#include "emu/cca/cca.h"
#include "qemu/report/json_writer.h"

/*
 * Attestation tokens of the one Realm of this process: in attestation.c, and in unsupported.c for a
 * plugin that is built without what they need, where the emulated RMM has no key.
 */

/* Generates the keys, and puts into *config what makes tokens. Returns what is wrong, or NULL. */
const char *cca_attestation_start(struct emu_cca_config *config);
/* The public half of the key that signs platform tokens, for a verifier. */
void cca_attestation_report(struct json *json);

#endif
