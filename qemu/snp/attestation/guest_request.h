/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_SNP_ATTESTATION_GUEST_REQUEST_H
#define CVMEM_QEMU_SNP_ATTESTATION_GUEST_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qemu/snp/attestation/attestation.h"

/*
 * The guest's messages to the secure processor, which the host forwards and cannot read (SEV-SNP
 * firmware ABI 1.56, chapter 7 and SNP_GUEST_REQUEST; GHCB specification 2.03, sections 4.1.7 and
 * 4.1.8).
 *
 * A message is a page:
 *
 *      0  authentication tag, 16 bytes, and 16 zero bytes
 *   0x20  u64 sequence number; 8 zero bytes
 *   0x30  u8 algorithm 1 (AES-256-GCM), u8 header version 1, u16 header size 0x60, u8 type, u8
 *         version of the type, u16 size of the payload, u32 0, u8 number of the VMPCK, 35 zero
 *         bytes
 *   0x60  the encrypted payload; the header from 0x30 on is authenticated with it
 *
 * The nonce is the sequence number and four zero bytes. Sequence numbers of one key increase by 1
 * with every message, in both directions. A request that is not answered does not count.
 */
#define SNP_MESSAGE_SIZE 4096

/* Status of SNP_GUEST_REQUEST; goes into SW_EXITINFO2[31:0]. */
enum snp_request_status {
	SNP_REQUEST_SUCCESS = 0,
	SNP_REQUEST_BAD_MEASUREMENT = 0x0b, /* authentication failed: wrong key, or modified */
	SNP_REQUEST_INVALID_PARAM = 0x16,   /* header, type, version, size, sequence number */
	SNP_REQUEST_RESOURCE_LIMIT = 0x17,  /* out of memory, or no random numbers */
	SNP_REQUEST_AEAD_OFLOW = 0x1d,	    /* no sequence numbers left */
};

/* Status in a response. */
enum snp_message_status {
	SNP_MESSAGE_SUCCESS = 0,
	SNP_MESSAGE_INVALID_PARAM = 0x16, /* reserved bits, or a VMPL below that of the key */
	SNP_MESSAGE_INVALID_KEY = 0x27,	  /* the signing key does not exist: VLEK */
};

/* The state of one guest's messages. The caller serialises: the processor handles one message at a
 * time. */
struct snp_messages {
	uint8_t vmpck[4][32];
	uint64_t count[4]; /* sequence number of the last response by that key */
	struct attester *attester;
	const struct attestation_guest *guest;
};

/* Answers MSG_REPORT_REQ (5) and MSG_KEY_REQ (3), the ones that Linux sends; other types are
 * SNP_REQUEST_INVALID_PARAM. response is written only with SNP_REQUEST_SUCCESS; it may hold an
 * error status of its own. */
enum snp_request_status snp_guest_request_message(struct snp_messages *messages,
						  const uint8_t request[SNP_MESSAGE_SIZE],
						  uint8_t response[SNP_MESSAGE_SIZE]);

/* The host's part. */
struct snp_request_host {
	/* Memory that the guest shares. False: part of it is not shared. */
	bool (*read)(void *ctx, uint64_t gpa, void *buffer, size_t size);
	bool (*write)(void *ctx, uint64_t gpa, const void *buffer, size_t size);
	void *ctx;
	/* Certificates for extended requests: a table in the GHCB specification's layout, which
	 * ends with an entry of 24 zero bytes. Size 0: an empty table. */
	const void *certificates;
	size_t certificates_size;
};

/* Fields of the GHCB. */
struct snp_request_exit {
	uint64_t exitinfo1, exitinfo2; /* in: GPAs of request and response; out: the answer */
	uint64_t rax, rbx; /* of an extended request: GPA and number of pages for certificates */
};

/*
 * NAE events 0x80000011 and, extended, 0x80000012. Afterwards exitinfo1 is 0 and exitinfo2 the
 * status: the secure processor's in its lower half, the host's in its upper half. A host status of
 * 1 means that the certificates need rbx pages; the message was not forwarded then. exitinfo1 2:
 * the event is malformed, with a reason in exitinfo2 (5: GPAs not aligned, equal, or not shared).
 * Returns whether rbx is part of the answer.
 */
bool snp_guest_request_exit(struct snp_messages *messages, const struct snp_request_host *host,
			    bool extended, struct snp_request_exit *exit);

#endif
