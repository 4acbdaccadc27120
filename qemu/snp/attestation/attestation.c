/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/snp/attestation/attestation.h"

#include <mbedtls/ecdsa.h>
#include <nettle/hmac.h>
#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "formats/le.h"

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
	mbedtls_ecdsa_context key;
	uint8_t root[SHA256_DIGEST_SIZE]; /* secret of derived keys */
	uint8_t chip_id[SHA512_DIGEST_SIZE];
};

int attester_random(void *ctx, unsigned char *bytes, size_t size)
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

struct attester *attester_create(void)
{
	struct attester *attester = calloc(1, sizeof(*attester));
	uint8_t x[ATTESTATION_COORDINATE], y[ATTESTATION_COORDINATE];
	struct sha512_ctx sha;

	if (!attester)
		return NULL;
	mbedtls_ecdsa_init(&attester->key);
	if (mbedtls_ecdsa_genkey(&attester->key, MBEDTLS_ECP_DP_SECP384R1, attester_random, NULL) ||
	    attester_random(NULL, attester->root, sizeof(attester->root)) ||
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
	mbedtls_ecdsa_free(&attester->key);
	free(attester);
}

bool attester_public_key(const struct attester *attester, uint8_t x[ATTESTATION_COORDINATE],
			 uint8_t y[ATTESTATION_COORDINATE])
{
	return !mbedtls_mpi_write_binary(&attester->key.Q.X, x, ATTESTATION_COORDINATE) &&
	       !mbedtls_mpi_write_binary(&attester->key.Q.Y, y, ATTESTATION_COORDINATE);
}

const uint8_t *attester_chip_id(const struct attester *attester)
{
	return attester->chip_id;
}

static bool sign(struct attester *attester, uint8_t *report)
{
	uint8_t digest[SHA384_DIGEST_SIZE];
	struct sha384_ctx sha;
	mbedtls_mpi r, s;
	bool done;

	sha384_init(&sha);
	sha384_update(&sha, ATTESTATION_SIGNED_SIZE, report);
	sha384_digest(&sha, sizeof(digest), digest);
	mbedtls_mpi_init(&r);
	mbedtls_mpi_init(&s);
	done = !mbedtls_ecdsa_sign(&attester->key.grp, &r, &s, &attester->key.d, digest,
				   sizeof(digest), attester_random, NULL) &&
	       !mbedtls_mpi_write_binary_le(&r, report + AT_R, SIGNATURE_PART) &&
	       !mbedtls_mpi_write_binary_le(&s, report + AT_S, SIGNATURE_PART);
	mbedtls_mpi_free(&r);
	mbedtls_mpi_free(&s);
	return done;
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
