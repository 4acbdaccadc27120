/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/snp/attestation/certificates.h"

#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>
#include <stdbool.h>
#include <string.h>

#include "formats/le.h"
#include "qemu/attestation/random.h"
#include "qemu/snp/attestation/attestation.h"

#define ENTRY_SIZE 24
#define GUID_SIZE  16
#define ISSUER	   ",OU=Emulated: certifies nothing,O=cvmem"
/* RFC 5280, 4.1.2.5: the second value means "no expiration date". */
#define NOT_BEFORE "20200101000000"
#define NOT_AFTER  "99991231235959"

enum { ARK, ASK, VCEK, CERTIFICATES };

static const struct {
	const char *name;
	unsigned signer;
	bool is_ca;
	uint8_t guid[GUID_SIZE];
} certificates[CERTIFICATES] = {
	[ARK] = { "CN=ARK" ISSUER,
		  ARK,
		  true,
		  { 0xc0, 0xb4, 0x06, 0xa4, 0xa8, 0x03, 0x49, 0x52, 0x97, 0x43, 0x3f, 0xb6, 0x01,
		    0x4c, 0xd0, 0xae } },
	[ASK] = { "CN=ASK" ISSUER,
		  ARK,
		  true,
		  { 0x4a, 0xb7, 0xb3, 0x79, 0xbb, 0xac, 0x4f, 0xe4, 0xa0, 0x2f, 0x05, 0xae, 0xf3,
		    0x27, 0xc7, 0x82 } },
	[VCEK] = { "CN=SEV-VCEK" ISSUER,
		   ASK,
		   false,
		   { 0x63, 0xda, 0x75, 0x8d, 0xe6, 0x64, 0x45, 0x64, 0xad, 0xc5, 0xf4, 0xb9, 0x3b,
		     0xe8, 0xac, 0xcd } },
};

/* 1.3.6.1.4.1.3704.1, AMD's arc for extensions of a VCEK; the last bytes select one. */
#define AMD_ARC "\x2b\x06\x01\x04\x01\x9c\x78\x01"

/* Security patch levels of boot loader, TEE, SNP firmware and microcode: "VCEK Certificate and KDS
 * Interface Specification", table 8. They are 0, as in the report. */
static const struct {
	const char *oid;
	size_t size;
} tcb[] = {
	{ AMD_ARC "\x03\x01", 10 },
	{ AMD_ARC "\x03\x02", 10 },
	{ AMD_ARC "\x03\x03", 10 },
	{ AMD_ARC "\x03\x08", 10 },
};

#define HARDWARE_ID	 AMD_ARC "\x04"
#define HARDWARE_ID_SIZE 9

static bool make_key(mbedtls_pk_context *key)
{
	return !mbedtls_pk_setup(key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)) &&
	       !mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP384R1, mbedtls_pk_ec(*key), random_bytes,
				    NULL);
}

static bool take_key(mbedtls_pk_context *key, const struct attester *attester)
{
	uint8_t point[1 + 2 * SIGNING_KEY_PART] = { 4 /* uncompressed */ };
	mbedtls_ecp_keypair *pair;

	if (!attester_public_key(attester, point + 1, point + 1 + SIGNING_KEY_PART) ||
	    mbedtls_pk_setup(key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)))
		return false;
	pair = mbedtls_pk_ec(*key);
	return !mbedtls_ecp_group_load(&pair->grp, MBEDTLS_ECP_DP_SECP384R1) &&
	       !mbedtls_ecp_point_read_binary(&pair->grp, &pair->Q, point, sizeof(point));
}

static bool set_extensions(mbedtls_x509write_cert *certificate, const struct attester *attester)
{
	static const uint8_t zero[] = { 0x02, 0x01, 0x00 }; /* INTEGER */

	for (unsigned i = 0; i < sizeof(tcb) / sizeof(tcb[0]); i++)
		if (mbedtls_x509write_crt_set_extension(certificate, tcb[i].oid, tcb[i].size, 0,
							zero, sizeof(zero)))
			return false;
	return !mbedtls_x509write_crt_set_extension(certificate, HARDWARE_ID, HARDWARE_ID_SIZE, 0,
						    attester_chip_id(attester),
						    ATTESTATION_CHIP_ID_SIZE);
}

static bool fill(mbedtls_x509write_cert *certificate, unsigned which,
		 mbedtls_pk_context keys[CERTIFICATES], const struct attester *attester)
{
	unsigned signer = certificates[which].signer;
	mbedtls_mpi serial;
	bool done;

	mbedtls_x509write_crt_set_version(certificate, MBEDTLS_X509_CRT_VERSION_3);
	mbedtls_x509write_crt_set_md_alg(certificate, MBEDTLS_MD_SHA384);
	mbedtls_x509write_crt_set_subject_key(certificate, &keys[which]);
	mbedtls_x509write_crt_set_issuer_key(certificate, &keys[signer]);
	mbedtls_mpi_init(&serial);
	done = !mbedtls_mpi_lset(&serial, (mbedtls_mpi_sint)which + 1) &&
	       !mbedtls_x509write_crt_set_serial(certificate, &serial);
	mbedtls_mpi_free(&serial);
	return done && !mbedtls_x509write_crt_set_validity(certificate, NOT_BEFORE, NOT_AFTER) &&
	       !mbedtls_x509write_crt_set_subject_name(certificate, certificates[which].name) &&
	       !mbedtls_x509write_crt_set_issuer_name(certificate, certificates[signer].name) &&
	       !mbedtls_x509write_crt_set_basic_constraints(certificate, certificates[which].is_ca,
							    -1) &&
	       (which != VCEK || set_extensions(certificate, attester));
}

/* The size in DER; the library writes it to the end of the buffer. 0: failed. */
static size_t write(unsigned which, mbedtls_pk_context keys[CERTIFICATES],
		    const struct attester *attester, uint8_t *bytes, size_t room)
{
	mbedtls_x509write_cert certificate;
	int size = 0;

	mbedtls_x509write_crt_init(&certificate);
	if (fill(&certificate, which, keys, attester))
		size = mbedtls_x509write_crt_der(&certificate, bytes, room, random_bytes, NULL);
	mbedtls_x509write_crt_free(&certificate);
	if (size <= 0)
		return 0;
	memmove(bytes, bytes + room - size, (size_t)size);
	return (size_t)size;
}

static size_t build(mbedtls_pk_context keys[CERTIFICATES], const struct attester *attester,
		    uint8_t table[CERTIFICATES_SIZE])
{
	size_t used = ENTRY_SIZE * (CERTIFICATES + 1);

	memset(table, 0, used);
	for (unsigned i = 0; i < CERTIFICATES; i++) {
		uint8_t *entry = table + ENTRY_SIZE * i;
		size_t size = write(i, keys, attester, table + used, CERTIFICATES_SIZE - used);

		if (!size)
			return 0;
		memcpy(entry, certificates[i].guid, GUID_SIZE);
		le_put(entry + GUID_SIZE, used, 4);
		le_put(entry + GUID_SIZE + 4, size, 4);
		used += size;
	}
	return used;
}

size_t certificates_build(const struct attester *attester, uint8_t table[CERTIFICATES_SIZE])
{
	mbedtls_pk_context keys[CERTIFICATES];
	size_t size = 0;

	for (unsigned i = 0; i < CERTIFICATES; i++)
		mbedtls_pk_init(&keys[i]);
	if (make_key(&keys[ARK]) && make_key(&keys[ASK]) && take_key(&keys[VCEK], attester))
		size = build(keys, attester, table);
	for (unsigned i = 0; i < CERTIFICATES; i++)
		mbedtls_pk_free(&keys[i]);
	return size;
}
