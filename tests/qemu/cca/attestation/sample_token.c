/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "qemu/cca/attestation/token.h"

/* Makes one token, and prints it below the platform's public key. */

static void print(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		printf("%02x", bytes[i]);
	printf("\n");
}

int main(void)
{
	struct cca_token_keys keys = { signing_key_create(), signing_key_create() };
	uint8_t token[EMU_CCA_TOKEN_MAX], x[SIGNING_KEY_PART], y[SIGNING_KEY_PART];
	struct emu_cca_claims claims;
	size_t size;

	if (!keys.platform || !keys.realm)
		return 1;
	for (unsigned i = 0; i < EMU_CCA_CHALLENGE; i++)
		claims.challenge[i] = (uint8_t)i;
	memset(claims.rpv, 0x11, sizeof(claims.rpv));
	for (unsigned i = 0; i < EMU_CCA_MEASUREMENTS; i++)
		memset(claims.measurement[i], 0x20 + (int)i, EMU_CCA_MEASUREMENT);
	size = cca_token(&keys, &claims, token);
	if (!size || !signing_key_public(keys.platform, x, y))
		return 1;
	print(x, sizeof(x));
	print(y, sizeof(y));
	print(token, size);
	signing_key_destroy(keys.platform);
	signing_key_destroy(keys.realm);
	return 0;
}
