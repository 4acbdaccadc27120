/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/cca/attestation/token.h"

#include <string.h>

#include "cvmem-version.h"
#include "hash/sha256.h"
#include "qemu/cca/attestation/cose.h"

/* RMM specification 1.0, A7.2.3: labels of the claims. */
enum {
	TAG_CCA_TOKEN = 399,
	PLATFORM_TOKEN = 44234,
	REALM_TOKEN = 44241,
	CHALLENGE = 10,
	PROFILE = 265,
	REALM_PERSONALIZATION_VALUE = 44235,
	REALM_HASH_ALGO_ID = 44236,
	REALM_PUBLIC_KEY = 44237,
	REALM_INITIAL_MEASUREMENT = 44238,
	REALM_EXTENSIBLE_MEASUREMENTS = 44239,
	REALM_PUBLIC_KEY_HASH_ALGO_ID = 44240,
	PLATFORM_INSTANCE_ID = 256,
	PLATFORM_LIFECYCLE = 2395,
	PLATFORM_IMPLEMENTATION_ID = 2396,
	PLATFORM_SW_COMPONENTS = 2399,
	PLATFORM_CONFIG = 2401,
	PLATFORM_HASH_ALGO_ID = 2402,
	COMPONENT_TYPE = 1,
	COMPONENT_MEASUREMENT = 2,
	COMPONENT_VERSION = 4,
	COMPONENT_SIGNER_ID = 5,
};

#define REALM_PROFILE	  "tag:arm.com,2023:realm#1.0.0"
#define PLATFORM_PROFILE  "tag:arm.com,2023:cca_platform#1.0.0"
#define HASH_ALGO	  "sha-256"
#define LIFECYCLE_UNKNOWN 0
#define UEID_RAND	  1 /* RFC 9711, section 4.2.1.1 */
#define COSE_KEY_MAX	  128

/* 32 bytes. */
static const char implementation_id[] = "cvmem emulator, no CCA hardware!";

_Static_assert(sizeof(implementation_id) - 1 == SHA256_BYTES, "");

static void hash(const void *data, size_t size, uint8_t digest[SHA256_BYTES])
{
	struct sha256 sha;

	sha256_start(&sha);
	sha256_add(&sha, data, size);
	sha256_end(&sha, digest);
}

static void put_bytes(struct cbor *out, int label, const void *bytes, size_t size)
{
	cbor_integer(out, label);
	cbor_bytes(out, bytes, size);
}

static void put_text(struct cbor *out, int label, const char *text)
{
	cbor_integer(out, label);
	cbor_text(out, text);
}

/* A7.2.3.1. */
static void realm_claims(struct cbor *out, const struct emu_cca_claims *claims,
			 const struct cbor *public_key)
{
	cbor_map(out, 8);
	put_bytes(out, CHALLENGE, claims->challenge, sizeof(claims->challenge));
	put_text(out, PROFILE, REALM_PROFILE);
	put_bytes(out, REALM_PERSONALIZATION_VALUE, claims->rpv, sizeof(claims->rpv));
	put_text(out, REALM_HASH_ALGO_ID, HASH_ALGO);
	put_bytes(out, REALM_PUBLIC_KEY, public_key->bytes, public_key->size);
	put_bytes(out, REALM_INITIAL_MEASUREMENT, claims->measurement[0], EMU_CCA_MEASUREMENT);
	cbor_integer(out, REALM_EXTENSIBLE_MEASUREMENTS);
	cbor_array(out, EMU_CCA_MEASUREMENTS - 1);
	for (unsigned i = 1; i < EMU_CCA_MEASUREMENTS; i++)
		cbor_bytes(out, claims->measurement[i], EMU_CCA_MEASUREMENT);
	put_text(out, REALM_PUBLIC_KEY_HASH_ALGO_ID, HASH_ALGO);
}

/* Nothing of the platform is measured or signed, and zeros say so. */
static void component(struct cbor *out)
{
	static const uint8_t none[SHA256_BYTES];

	cbor_map(out, 4);
	put_text(out, COMPONENT_TYPE, "cvmem: an emulator, whose key was made at its start");
	put_bytes(out, COMPONENT_MEASUREMENT, none, sizeof(none));
	put_text(out, COMPONENT_VERSION, CVMEM_VERSION);
	put_bytes(out, COMPONENT_SIGNER_ID, none, sizeof(none));
}

/* A7.2.3.2. The challenge binds the Realm's key to the platform's. */
static bool platform_claims(struct cbor *out, const struct signing_key *key,
			    const struct cbor *realm_key)
{
	uint8_t challenge[SHA256_BYTES], instance_id[1 + SHA256_BYTES] = { UEID_RAND };
	uint8_t point[2 * SIGNING_KEY_PART];
	static const uint8_t none[4]; /* no protection of memory */

	if (!signing_key_public(key, point, point + SIGNING_KEY_PART))
		return false;
	hash(point, sizeof(point), instance_id + 1);
	hash(realm_key->bytes, realm_key->size, challenge);
	cbor_map(out, 8);
	put_bytes(out, CHALLENGE, challenge, sizeof(challenge));
	put_bytes(out, PLATFORM_INSTANCE_ID, instance_id, sizeof(instance_id));
	put_text(out, PROFILE, PLATFORM_PROFILE);
	cbor_integer(out, PLATFORM_LIFECYCLE);
	cbor_integer(out, LIFECYCLE_UNKNOWN);
	put_bytes(out, PLATFORM_IMPLEMENTATION_ID, implementation_id, SHA256_BYTES);
	cbor_integer(out, PLATFORM_SW_COMPONENTS);
	cbor_array(out, 1);
	component(out);
	put_bytes(out, PLATFORM_CONFIG, none, sizeof(none));
	put_text(out, PLATFORM_HASH_ALGO_ID, HASH_ALGO);
	return true;
}

/* A signed token, as a byte string that is a value of the collection. */
static bool put_token(struct cbor *out, int label, struct signing_key *key,
		      const struct cbor *claims)
{
	uint8_t bytes[COSE_PAYLOAD_MAX + 128];
	struct cbor token = { .bytes = bytes, .room = sizeof(bytes) };

	if (claims->is_full || !cose_sign1(&token, key, claims->bytes, claims->size))
		return false;
	put_bytes(out, label, bytes, token.size);
	return true;
}

size_t cca_token(const struct cca_token_keys *keys, const struct emu_cca_claims *claims,
		 uint8_t *token)
{
	uint8_t key_bytes[COSE_KEY_MAX], realm_bytes[COSE_PAYLOAD_MAX];
	uint8_t platform_bytes[COSE_PAYLOAD_MAX];
	struct cbor realm_key = { .bytes = key_bytes, .room = sizeof(key_bytes) };
	struct cbor realm = { .bytes = realm_bytes, .room = sizeof(realm_bytes) };
	struct cbor platform = { .bytes = platform_bytes, .room = sizeof(platform_bytes) };
	struct cbor out = { .bytes = token, .room = EMU_CCA_TOKEN_MAX };

	if (!cose_key(&realm_key, keys->realm) ||
	    !platform_claims(&platform, keys->platform, &realm_key))
		return 0;
	realm_claims(&realm, claims, &realm_key);
	cbor_tag(&out, TAG_CCA_TOKEN);
	cbor_map(&out, 2);
	if (!put_token(&out, PLATFORM_TOKEN, keys->platform, &platform) ||
	    !put_token(&out, REALM_TOKEN, keys->realm, &realm))
		return 0;
	return out.is_full ? 0 : out.size;
}
