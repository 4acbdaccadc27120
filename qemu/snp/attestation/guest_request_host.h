/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_SNP_ATTESTATION_GUEST_REQUEST_HOST_H
#define CVMEM_QEMU_SNP_ATTESTATION_GUEST_REQUEST_HOST_H

#include "emu/snp/snp.h"

struct json;

#define SNP_VMPLS	     4
#define SNP_VMPCK_SIZE	     32
#define SNP_MEASUREMENT_SIZE 48

/* What the secure processor knows of a guest after its launch. */
struct snp_launched {
	const uint8_t (*vmpck)[SNP_VMPCK_SIZE]; /* SNP_VMPLS keys */
	const uint8_t *measurement;		/* SNP_MEASUREMENT_SIZE bytes */
	uint32_t fms;				/* EAX of CPUID leaf 1 */
};

/* This guest's requests to the secure processor. Any vCPU may call; one message is handled at a
 * time. */
struct snp_attestation {
	/* At launch. NULL, or what is wrong. */
	const char *(*start)(const struct snp_launched *launched);
	/* NAE event 0x80000011 or, extended, 0x80000012, with certificates. */
	enum emu_ghcb_result (*request)(struct emu_ghcb_event *event, bool extended);
	/* Keys of the report: the guest's measurement, and the public key that verifies its
	 * attestation reports. */
	void (*report)(struct json *json);
};

/* guest_request_host.c; and guest_request_unsupported.c, for a plugin without the libraries that
 * attestation needs: every request fails, and there is no public key. */
extern const struct snp_attestation snp_attestation, snp_attestation_unsupported;

#endif
