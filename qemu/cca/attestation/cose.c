/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/cca/attestation/cose.h"

/* RFC 9052, table 2 and section 7.1; RFC 9053, tables 1, 17 to 19. */
enum {
	TAG_COSE_SIGN1 = 18,
	HEADER_ALG = 1,
	ALG_ES384 = -35,
	KEY_KTY = 1,
	KEY_ALG = 3,
	KTY_EC2 = 2,
	EC2_CRV = -1,
	EC2_X = -2,
	EC2_Y = -3,
	CRV_P384 = 2,
};

/* The Sig_structure has 32 bytes besides the payload. */
#define SIGNED_MAX (COSE_PAYLOAD_MAX + 64)

static void protected_header(struct cbor *out)
{
	uint8_t bytes[8];
	struct cbor header = { .bytes = bytes, .room = sizeof(bytes) };

	cbor_map(&header, 1);
	cbor_integer(&header, HEADER_ALG);
	cbor_integer(&header, ALG_ES384);
	cbor_bytes(out, bytes, header.size);
}

bool cose_sign1(struct cbor *out, struct signing_key *key, const uint8_t *payload, size_t size)
{
	uint8_t bytes[SIGNED_MAX], signature[2 * SIGNING_KEY_PART];
	struct cbor to_sign = { .bytes = bytes, .room = sizeof(bytes) };

	/* Section 4.4: no data from outside of the message is signed. */
	cbor_array(&to_sign, 4);
	cbor_text(&to_sign, "Signature1");
	protected_header(&to_sign);
	cbor_bytes(&to_sign, "", 0);
	cbor_bytes(&to_sign, payload, size);
	if (to_sign.is_full || !signing_key_sign(key, bytes, to_sign.size, signature))
		return false;
	cbor_tag(out, TAG_COSE_SIGN1);
	cbor_array(out, 4);
	protected_header(out);
	cbor_map(out, 0);
	cbor_bytes(out, payload, size);
	cbor_bytes(out, signature, sizeof(signature));
	return !out->is_full;
}

bool cose_key(struct cbor *out, const struct signing_key *key)
{
	uint8_t x[SIGNING_KEY_PART], y[SIGNING_KEY_PART];

	if (!signing_key_public(key, x, y))
		return false;
	cbor_map(out, 5);
	cbor_integer(out, KEY_KTY);
	cbor_integer(out, KTY_EC2);
	cbor_integer(out, KEY_ALG);
	cbor_integer(out, ALG_ES384);
	cbor_integer(out, EC2_CRV);
	cbor_integer(out, CRV_P384);
	cbor_integer(out, EC2_X);
	cbor_bytes(out, x, sizeof(x));
	cbor_integer(out, EC2_Y);
	cbor_bytes(out, y, sizeof(y));
	return !out->is_full;
}
