/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_ATTESTATION_RANDOM_H
#define CVMEM_QEMU_ATTESTATION_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* Random numbers from the system, in the form that mbedtls expects: 0 means success. */
int random_bytes(void *ctx, uint8_t *bytes, size_t size);

#endif
