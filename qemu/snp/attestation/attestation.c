/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/snp/attestation/attestation.h"

#include <nettle/hmac.h>
#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>

#include "formats/le.h"
#include "qemu/attestation/random.h"

#define VERSION		  3
#define ECDSA_P384_SHA384 1
#define SIGNATURE_PART	  72 /* R and S, little-endian */
#define FIRMWARE_MAJOR	  1
#define FIRMWARE_MINOR	  56

/* Offsets, table "ATTESTATION_REPORT". */
enum {
	AT_VERSION = 0x000,
	AT_POLICY = 0x008,
	AT_VMPL = 0x030,
	AT_ALGORITHM = 0x034,
	AT_DATA = 0x050,
	AT_MEASUREMENT = 0x090,
	AT_HOST_DATA = 0x0c0,
	AT_REPORT_ID = 0x140,
	AT_REPORT_ID_MA = 0x160,
	AT_CPU = 0x188, /* family, model, stepping */
	AT_CHIP_ID = 0x1a0,
	AT_CURRENT_FIRMWARE = 0x1e8, /* build, minor, major */
	AT_COMMITTED_FIRMWARE = 0x1ec,
	AT_R = ATTESTATION_SIGNED_SIZE,
	AT_S = AT_R + SIGNATURE_PART,
};

enum {
	FIELD_POLICY = 1 << 0,
	FIELD_MEASUREMENT = 1 << 3,
	FIELD_SVN = 1 << 4,
	FIELD_TCB = 1 << 5,
};

struct attester {
	struct signing_key *key;
	uint8_t root[SHA256_DIGEST_SIZE]; /* secret of derived keys */
	uint8_t chip_id[SHA512_DIGEST_SIZE];
};

struct attester *attester_create(void)
{
	struct attester *attester = calloc(1, sizeof(*attester));
	uint8_t x[SIGNING_KEY_PART], y[SIGNING_KEY_PART];
	struct sha512_ctx sha;

	if (!attester)
		return NULL;
	attester->key = signing_key_create();
	if (!attester->key || random_bytes(NULL, attester->root, sizeof(attester->root)) ||
	    !attester_public_key(attester, x, y)) {
		attester_destroy(attester);
		return NULL;
	}
	sha512_init(&sha);
	sha512_update(&sha, sizeof(x), x);
	sha512_update(&sha, sizeof(y), y);
	sha512_digest(&sha, sizeof(attester->chip_id), attester->chip_id);
	return attester;
}

void attester_destroy(struct attester *attester)
{
	if (!attester)
		return;
	signing_key_destroy(attester->key);
	free(attester);
}

bool attester_public_key(const struct attester *attester, uint8_t x[SIGNING_KEY_PART],
			 uint8_t y[SIGNING_KEY_PART])
{
	return signing_key_public(attester->key, x, y);
}

const uint8_t *attester_chip_id(const struct attester *attester)
{
	return attester->chip_id;
}

/* The rest of its SIGNATURE_PART bytes is zero. */
static void put_part(uint8_t *report, const uint8_t part[SIGNING_KEY_PART])
{
	for (unsigned i = 0; i < SIGNING_KEY_PART; i++)
		report[i] = part[SIGNING_KEY_PART - 1 - i];
}

static bool sign(struct attester *attester, uint8_t *report)
{
	uint8_t signature[2 * SIGNING_KEY_PART];

	if (!signing_key_sign(attester->key, report, ATTESTATION_SIGNED_SIZE, signature))
		return false;
	put_part(report + AT_R, signature);
	put_part(report + AT_S, signature + SIGNING_KEY_PART);
	return true;
}

bool attestation_report(struct attester *attester, const struct attestation_guest *guest,
			uint32_t vmpl, const uint8_t data[ATTESTATION_DATA_SIZE],
			uint8_t report[ATTESTATION_REPORT_SIZE])
{
	static const uint8_t firmware[] = { 0, FIRMWARE_MINOR, FIRMWARE_MAJOR };
	unsigned family = guest->fms >> 8 & 0xf, model = guest->fms >> 4 & 0xf;

	/* Extended family and model, as CPUID leaf 1 says to add them. */
	if (family == 0xf)
		family += guest->fms >> 20 & 0xff;
	model |= guest->fms >> 12 & 0xf0;

	memset(report, 0, ATTESTATION_REPORT_SIZE);
	le_put(report + AT_VERSION, VERSION, 4);
	le_put(report + AT_POLICY, guest->policy, 8);
	le_put(report + AT_VMPL, vmpl, 4);
	le_put(report + AT_ALGORITHM, ECDSA_P384_SHA384, 4);
	memcpy(report + AT_DATA, data, ATTESTATION_DATA_SIZE);
	memcpy(report + AT_MEASUREMENT, guest->measurement, sizeof(guest->measurement));
	memcpy(report + AT_HOST_DATA, guest->host_data, sizeof(guest->host_data));
	memcpy(report + AT_REPORT_ID, guest->report_id, sizeof(guest->report_id));
	memset(report + AT_REPORT_ID_MA, 0xff, 32);
	report[AT_CPU] = (uint8_t)family;
	report[AT_CPU + 1] = (uint8_t)model;
	report[AT_CPU + 2] = guest->fms & 0xf;
	memcpy(report + AT_CHIP_ID, attester->chip_id, sizeof(attester->chip_id));
	memcpy(report + AT_CURRENT_FIRMWARE, firmware, sizeof(firmware));
	memcpy(report + AT_COMMITTED_FIRMWARE, firmware, sizeof(firmware));
	return sign(attester, report);
}

void attestation_derive(const struct attester *attester, const struct attestation_guest *guest,
			const struct attestation_key *wanted, uint8_t key[ATTESTATION_DERIVED_SIZE])
{
	uint8_t input[40] = { 0 };
	struct hmac_sha256_ctx hmac;

	le_put(input, wanted->root, 4);
	le_put(input + 4, wanted->vmpl, 4);
	le_put(input + 8, wanted->fields, 8);
	if (wanted->fields & FIELD_POLICY)
		le_put(input + 16, guest->policy, 8);
	if (wanted->fields & FIELD_SVN)
		le_put(input + 24, wanted->svn, 4);
	if (wanted->fields & FIELD_TCB)
		le_put(input + 32, wanted->tcb, 8);
	hmac_sha256_set_key(&hmac, sizeof(attester->root), attester->root);
	hmac_sha256_update(&hmac, sizeof(input), input);
	if (wanted->fields & FIELD_MEASUREMENT)
		hmac_sha256_update(&hmac, sizeof(guest->measurement), guest->measurement);
	hmac_sha256_digest(&hmac, ATTESTATION_DERIVED_SIZE, key);
}
