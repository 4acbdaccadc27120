/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/cca/attestation/attestation.h"

#include <pthread.h>

#include "qemu/cca/attestation/token.h"

static struct cca_token_keys keys;

static size_t make_token(void *ctx, const struct emu_cca_claims *claims, uint8_t *token)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	size_t size;

	pthread_mutex_lock(&mutex);
	size = cca_token(&keys, claims, token);
	pthread_mutex_unlock(&mutex);
	return size;
}

const char *cca_attestation_start(struct emu_cca_config *config)
{
	keys.platform = signing_key_create();
	keys.realm = signing_key_create();
	if (!keys.platform || !keys.realm)
		return "no keys for attestation can be generated";
	config->make_token = make_token;
	return NULL;
}

void cca_attestation_report(struct json *json)
{
	uint8_t x[SIGNING_KEY_PART], y[SIGNING_KEY_PART];

	if (!keys.platform || !signing_key_public(keys.platform, x, y))
		return;
	json_object(json, "attestation_key");
	json_hex(json, "x", x, sizeof(x));
	json_hex(json, "y", y, sizeof(y));
	json_end(json);
}
