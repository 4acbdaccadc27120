/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <nettle/gcm.h>
#include <string.h>

#include "formats/le.h"
#include "qemu/guest/guest.h"
#include "qemu/snp/attestation/attestation.h"
#include "qemu/snp/attestation/guest_request.h"

#define HEADER_SIZE    0x60
#define AUTHENTICATED  0x30 /* the header from here on */
#define TAG_SIZE       16
#define PAYLOAD_SIZE   (SNP_MESSAGE_SIZE - HEADER_SIZE)
#define AES_256_GCM    1
#define HEADER_VERSION 1
#define VERSION	       1 /* of the messages below */

enum {
	AT_SEQUENCE = 0x20,
	AT_ALGORITHM = 0x30,
	AT_HEADER_VERSION = 0x31,
	AT_HEADER_SIZE = 0x32,
	AT_TYPE = 0x34,
	AT_VERSION = 0x35,
	AT_SIZE = 0x36,
	AT_VMPCK = 0x3c,
};

enum { KEY_REQ = 3, REPORT_REQ = 5 };

#define KEY_REQ_SIZE	32
#define KEY_RSP_SIZE	64
#define REPORT_REQ_SIZE 96
#define REPORT_RSP_SIZE (32 + ATTESTATION_REPORT_SIZE)

#define KEY_SELECT_VLEK	    2
#define KEY_SELECT_RESERVED 3
#define KEY_FIELDS	    UINT64_C(0x3f)

static bool is_zero(const uint8_t *bytes, size_t size)
{
	while (size--)
		if (bytes[size])
			return false;
	return true;
}

/* Prepares en- or decryption of the payload of the message whose header lies at `message`. */
static void start_gcm(struct gcm_aes256_ctx *gcm, const uint8_t *key, const uint8_t *message)
{
	uint8_t nonce[GCM_IV_SIZE] = { 0 };

	memcpy(nonce, message + AT_SEQUENCE, 8);
	gcm_aes256_set_key(gcm, key);
	gcm_aes256_set_iv(gcm, sizeof(nonce), nonce);
	gcm_aes256_update(gcm, HEADER_SIZE - AUTHENTICATED, message + AUTHENTICATED);
}

static enum snp_request_status open_message(const struct snp_messages *messages,
					    const uint8_t *message, uint8_t *payload)
{
	unsigned vmpck = message[AT_VMPCK];
	size_t size = (size_t)le_get(message + AT_SIZE, 2);
	struct gcm_aes256_ctx gcm;
	uint8_t tag[TAG_SIZE], difference = 0;

	if (message[AT_ALGORITHM] != AES_256_GCM || message[AT_HEADER_VERSION] != HEADER_VERSION ||
	    le_get(message + AT_HEADER_SIZE, 2) != HEADER_SIZE || vmpck > 3 ||
	    size > PAYLOAD_SIZE || !is_zero(message + 0x28, 8) || !is_zero(message + 0x38, 4) ||
	    !is_zero(message + 0x3d, HEADER_SIZE - 0x3d))
		return SNP_REQUEST_INVALID_PARAM;
	/* The numbers of the request and of its response must both exist. */
	if (messages->count[vmpck] > UINT64_MAX - 2)
		return SNP_REQUEST_AEAD_OFLOW;
	if (le_get(message + AT_SEQUENCE, 8) != messages->count[vmpck] + 1)
		return SNP_REQUEST_INVALID_PARAM;

	start_gcm(&gcm, messages->vmpck[vmpck], message);
	gcm_aes256_decrypt(&gcm, size, payload, message + HEADER_SIZE);
	gcm_aes256_digest(&gcm, sizeof(tag), tag);
	for (unsigned i = 0; i < sizeof(tag); i++)
		difference |= tag[i] ^ message[i];
	return difference ? SNP_REQUEST_BAD_MEASUREMENT : SNP_REQUEST_SUCCESS;
}

static void seal_message(const struct snp_messages *messages, const uint8_t *request,
			 const uint8_t *payload, size_t size, uint8_t *message)
{
	struct gcm_aes256_ctx gcm;

	memset(message, 0, SNP_MESSAGE_SIZE);
	le_put(message + AT_SEQUENCE, le_get(request + AT_SEQUENCE, 8) + 1, 8);
	memcpy(message + AUTHENTICATED, request + AUTHENTICATED, HEADER_SIZE - AUTHENTICATED);
	message[AT_TYPE]++;
	le_put(message + AT_SIZE, size, 2);
	start_gcm(&gcm, messages->vmpck[request[AT_VMPCK]], message);
	gcm_aes256_encrypt(&gcm, size, message + HEADER_SIZE, payload);
	gcm_aes256_digest(&gcm, TAG_SIZE, message);
}

/* MSG_REPORT_REQ: 64 bytes of data, u32 VMPL, u32 key select, 24 zero bytes. */
static bool report(const struct snp_messages *messages, unsigned vmpck, const uint8_t *request,
		   uint8_t *response)
{
	uint32_t vmpl = (uint32_t)le_get(request + 64, 4),
		 select = (uint32_t)le_get(request + 68, 4);

	if (vmpl < vmpck || vmpl > 3 || select >= KEY_SELECT_RESERVED ||
	    !is_zero(request + 72, 24)) {
		le_put(response, SNP_MESSAGE_INVALID_PARAM, 4);
		return true;
	}
	if (select == KEY_SELECT_VLEK) {
		le_put(response, SNP_MESSAGE_INVALID_KEY, 4);
		return true;
	}
	le_put(response + 4, ATTESTATION_REPORT_SIZE, 4);
	return attestation_report(messages->attester, messages->guest, vmpl, request,
				  response + 32);
}

/* MSG_KEY_REQ: u32 root key and key select, u32 0, u64 fields, u32 VMPL, u32 SVN, u64 TCB.
 * Neither SVN nor TCB may be later than the guest's and the platform's, which are 0. */
static void derive(const struct snp_messages *messages, unsigned vmpck, const uint8_t *request,
		   uint8_t *response)
{
	struct attestation_key wanted = {
		.root = (uint32_t)le_get(request, 4),
		.fields = le_get(request + 8, 8),
		.vmpl = (uint32_t)le_get(request + 16, 4),
		.svn = (uint32_t)le_get(request + 20, 4),
		.tcb = le_get(request + 24, 8),
	};

	if (wanted.root >> 3 || wanted.root >> 1 == KEY_SELECT_RESERVED || le_get(request + 4, 4) ||
	    wanted.fields & ~KEY_FIELDS || wanted.vmpl < vmpck || wanted.vmpl > 3 || wanted.svn ||
	    wanted.tcb) {
		le_put(response, SNP_MESSAGE_INVALID_PARAM, 4);
		return;
	}
	if (wanted.root >> 1 == KEY_SELECT_VLEK) {
		le_put(response, SNP_MESSAGE_INVALID_KEY, 4);
		return;
	}
	attestation_derive(messages->attester, messages->guest, &wanted, response + 32);
}

enum snp_request_status snp_guest_request_message(struct snp_messages *messages,
						  const uint8_t request[SNP_MESSAGE_SIZE],
						  uint8_t response[SNP_MESSAGE_SIZE])
{
	uint8_t asked[PAYLOAD_SIZE], answer[REPORT_RSP_SIZE] = { 0 };
	enum snp_request_status status = open_message(messages, request, asked);
	size_t size = (size_t)le_get(request + AT_SIZE, 2), answer_size;
	unsigned vmpck = request[AT_VMPCK];

	if (status != SNP_REQUEST_SUCCESS)
		return status;
	if (request[AT_VERSION] != VERSION)
		return SNP_REQUEST_INVALID_PARAM;
	if (request[AT_TYPE] == REPORT_REQ && size == REPORT_REQ_SIZE) {
		answer_size = REPORT_RSP_SIZE;
		if (!report(messages, vmpck, asked, answer))
			return SNP_REQUEST_RESOURCE_LIMIT;
	} else if (request[AT_TYPE] == KEY_REQ && size == KEY_REQ_SIZE) {
		answer_size = KEY_RSP_SIZE;
		derive(messages, vmpck, asked, answer);
	} else {
		return SNP_REQUEST_INVALID_PARAM;
	}
	seal_message(messages, request, answer, answer_size, response);
	messages->count[vmpck] += 2;
	return SNP_REQUEST_SUCCESS;
}
