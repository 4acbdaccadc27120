/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/attestation/random.h"

#include <mbedtls/ecp.h>
#include <sys/random.h>

int random_bytes(void *ctx, uint8_t *bytes, size_t size)
{
	while (size) {
		ssize_t count = getrandom(bytes, size, 0);

		if (count < 0)
			return MBEDTLS_ERR_ECP_RANDOM_FAILED;
		bytes += count;
		size -= (size_t)count;
	}
	return 0;
}
