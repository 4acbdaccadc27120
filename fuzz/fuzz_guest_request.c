/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include <nettle/gcm.h>
#include <string.h>

#include "qemu/snp/attestation/guest_request.h"

/*
 * An input is a guest's message before it is encrypted: as it is, and sealed as a guest does, so
 * that its payload is reached. One that is refused changes nothing.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEADER 0x60

static void seal(uint8_t *message, const uint8_t *key)
{
	size_t size = message[0x36] | (size_t)message[0x37] << 8;
	uint8_t nonce[12] = { 0 };
	struct gcm_aes256_ctx gcm;

	if (size > SNP_MESSAGE_SIZE - HEADER)
		return;
	memcpy(nonce, message + 0x20, 8);
	gcm_aes256_set_key(&gcm, key);
	gcm_aes256_set_iv(&gcm, sizeof(nonce), nonce);
	gcm_aes256_update(&gcm, HEADER - 0x30, message + 0x30);
	gcm_aes256_encrypt(&gcm, size, message + HEADER, message + HEADER);
	gcm_aes256_digest(&gcm, 16, message);
}

static void ask(struct snp_messages *messages, const uint8_t *message)
{
	static uint8_t response[SNP_MESSAGE_SIZE];
	uint64_t before[4];
	unsigned changed = 0;
	enum snp_request_status status;

	memcpy(before, messages->count, sizeof(before));
	memset(response, 0xee, sizeof(response));
	status = snp_guest_request_message(messages, message, response);
	for (unsigned i = 0; i < 4; i++)
		changed += messages->count[i] - before[i];
	if (status == SNP_REQUEST_SUCCESS) {
		assert(changed == 2 && response[0x34] == message[0x34] + 1);
		return;
	}
	assert(!changed);
	for (size_t i = 0; i < sizeof(response); i++)
		assert(response[i] == 0xee);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct attestation_guest guest;
	static struct attester *attester;
	struct snp_messages messages = { .guest = &guest };
	uint8_t message[SNP_MESSAGE_SIZE] = { 0 };

	if (!attester)
		attester = attester_create();
	messages.attester = attester;
	memcpy(message, data, size < sizeof(message) ? size : sizeof(message));
	ask(&messages, message);
	seal(message, messages.vmpck[0]);
	ask(&messages, message);
	return 0;
}
