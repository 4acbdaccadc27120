/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <mbedtls/ecdsa.h>
#include <mbedtls/x509_crt.h>
#include <nettle/sha2.h>

#include "qemu/snp/attestation/attestation.h"
#include "qemu/snp/attestation/certificates.h"

/* As verifiers know them: ARK, ASK, VCEK. */
static const char *const guids[] = {
	"c0b406a4a803495297433fb6014cd0ae",
	"4ab7b379bbac4fe4a02f05aef327c782",
	"63da758de6644564adc5f4b93be8accd",
};

enum { ARK, ASK, VCEK, COUNT };

static struct attester *attester;
static uint8_t table[CERTIFICATES_SIZE];
static size_t table_size;
static mbedtls_x509_crt certificate[COUNT];

static uint32_t get32(const uint8_t *bytes)
{
	return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static const uint8_t *der(unsigned which, size_t *size)
{
	const uint8_t *entry = table + 24 * which;

	*size = get32(entry + 20);
	return table + get32(entry + 16);
}

static int setup(void **state)
{
	attester = attester_create();
	memset(table, 0xcc, sizeof(table));
	table_size = attester ? certificates_build(attester, table) : 0;
	for (unsigned i = 0; i < COUNT; i++) {
		size_t size;
		const uint8_t *bytes = der(i, &size);

		mbedtls_x509_crt_init(&certificate[i]);
		if (!table_size || mbedtls_x509_crt_parse_der(&certificate[i], bytes, size))
			return -1;
	}
	return 0;
}

static int teardown(void **state)
{
	for (unsigned i = 0; i < COUNT; i++)
		mbedtls_x509_crt_free(&certificate[i]);
	attester_destroy(attester);
	return 0;
}

/* GHCB specification 2.03, 4.1.8: entries, one of zeroes, and what they point to, without overlap.
 */
static void test_table(void **state)
{
	static const uint8_t zero[24];
	size_t end = 24 * (COUNT + 1);

	for (unsigned i = 0; i < COUNT; i++) {
		char guid[33];
		size_t size;

		for (unsigned j = 0; j < 16; j++)
			snprintf(guid + 2 * j, 3, "%02x", table[24 * i + j]);
		assert_string_equal(guid, guids[i]);
		assert_ptr_equal(der(i, &size), table + end);
		end += size;
	}
	assert_memory_equal(table + 24 * COUNT, zero, 24);
	assert_int_equal(end, table_size);
	assert_true(table_size <= 4096);
}

static uint32_t verify(unsigned which, unsigned root, unsigned between)
{
	uint32_t flags;

	certificate[which].next = between < COUNT ? &certificate[between] : NULL;
	mbedtls_x509_crt_verify(&certificate[which], &certificate[root], NULL, NULL, &flags, NULL,
				NULL);
	certificate[which].next = NULL;
	return flags;
}

static void test_chain(void **state)
{
	assert_int_equal(verify(ARK, ARK, COUNT), 0);
	assert_int_equal(verify(ASK, ARK, COUNT), 0);
	assert_int_equal(verify(VCEK, ARK, ASK), 0);
	/* Not without the one between, and the VCEK signs no certificate. */
	assert_int_not_equal(verify(VCEK, ARK, COUNT), 0);
	assert_true(certificate[ARK].ca_istrue && certificate[ASK].ca_istrue);
	assert_false(certificate[VCEK].ca_istrue);
}

/* A report is by the key that the VCEK's certificate has. */
static void test_signs_reports(void **state)
{
	static const struct attestation_guest guest = { .policy = 0x30000 };
	static const uint8_t data[ATTESTATION_DATA_SIZE];
	mbedtls_ecp_keypair *key = mbedtls_pk_ec(certificate[VCEK].pk);
	uint8_t report[ATTESTATION_REPORT_SIZE], digest[SHA384_DIGEST_SIZE];
	struct sha384_ctx sha;
	mbedtls_mpi r, s;

	assert_true(attestation_report(attester, &guest, 0, data, report));
	sha384_init(&sha);
	sha384_update(&sha, ATTESTATION_SIGNED_SIZE, report);
	sha384_digest(&sha, sizeof(digest), digest);
	mbedtls_mpi_init(&r);
	mbedtls_mpi_init(&s);
	assert_int_equal(mbedtls_mpi_read_binary_le(&r, report + 0x2a0, 72), 0);
	assert_int_equal(mbedtls_mpi_read_binary_le(&s, report + 0x2a0 + 72, 72), 0);
	assert_int_equal(mbedtls_ecdsa_verify(&key->grp, digest, sizeof(digest), &key->Q, &r, &s),
			 0);
	mbedtls_mpi_free(&r);
	mbedtls_mpi_free(&s);
	/* The chip ID is the one in the report. */
	assert_memory_equal(attester_chip_id(attester), report + 0x1a0, 64);
}

static bool has(const void *what, size_t size)
{
	size_t room;
	const uint8_t *bytes = der(VCEK, &room);

	for (size_t i = 0; i + size <= room; i++)
		if (!memcmp(bytes + i, what, size))
			return true;
	return false;
}

/* 1.3.6.1.4.1.3704.1.3.n is INTEGER 0, in an OCTET STRING; .1.4 the chip ID as it is. */
static void test_extensions(void **state)
{
	static const uint8_t levels[] = { 1, 2, 3, 8 };
	uint8_t chip[13 + 64] = { 0x06, 0x09, 0x2b, 0x06, 0x01, 0x04, 0x01,
				  0x9c, 0x78, 0x01, 0x04, 0x04, 0x40 };

	for (unsigned i = 0; i < sizeof(levels); i++) {
		const uint8_t level[] = { 0x06, 0x0a, 0x2b,	 0x06, 0x01, 0x04, 0x01, 0x9c, 0x78,
					  0x01, 0x03, levels[i], 0x04, 0x03, 0x02, 0x01, 0x00 };

		assert_true(has(level, sizeof(level)));
	}
	memcpy(chip + 13, attester_chip_id(attester), 64);
	assert_true(has(chip, sizeof(chip)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_signs_reports),
		cmocka_unit_test(test_extensions),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
