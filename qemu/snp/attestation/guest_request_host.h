/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_SNP_ATTESTATION_GUEST_REQUEST_HOST_H
#define CVMEM_QEMU_SNP_ATTESTATION_GUEST_REQUEST_HOST_H

#include "emu/snp/snp.h"

struct json;

/*
 * This guest's requests to the secure processor. Any vCPU may call; one message is handled at a
 * time.
 */
#define SNP_VMPLS      4
#define SNP_VMPCK_SIZE 32

/* What the secure processor knows of a guest after its launch. */
struct snp_launched {
	const uint8_t (*vmpck)[SNP_VMPCK_SIZE]; /* SNP_VMPLS keys */
	const uint8_t *measurement;		/* 48 bytes */
	uint32_t fms;				/* EAX of CPUID leaf 1 */
};

/* NULL, or what is wrong. */
const char *snp_guest_request_start(const struct snp_launched *launched);

/* NAE events 0x80000011 and, extended, 0x80000012, with certificates. */
enum emu_ghcb_result snp_exit_guest_request(unsigned vcpu, struct emu_ghcb_event *event);
enum emu_ghcb_result snp_exit_extended_guest_request(unsigned vcpu, struct emu_ghcb_event *event);

/* Keys of the report: the public key that verifies this guest's reports, and its measurement. */
void snp_guest_request_report(struct json *json);

#endif
