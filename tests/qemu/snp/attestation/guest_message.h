/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_TESTS_QEMU_SNP_ATTESTATION_GUEST_MESSAGE_H
#define CVMEM_TESTS_QEMU_SNP_ATTESTATION_GUEST_MESSAGE_H

#include <nettle/gcm.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The guest's end, with the header as Linux declares it (struct snp_guest_msg_hdr). */
struct guest_message {
	uint8_t tag[32];
	uint64_t sequence;
	uint8_t reserved1[8];
	uint8_t algorithm, header_version;
	uint16_t header_size;
	uint8_t type, version;
	uint16_t size;
	uint32_t reserved2;
	uint8_t vmpck, reserved3[35];
	uint8_t payload[4000];
} __attribute__((packed));

static inline void guest_message_gcm(struct gcm_aes256_ctx *gcm, const uint8_t *key,
				     const struct guest_message *message)
{
	uint8_t nonce[12] = { 0 };

	memcpy(nonce, &message->sequence, 8);
	gcm_aes256_set_key(gcm, key);
	gcm_aes256_set_iv(gcm, 12, nonce);
	gcm_aes256_update(gcm, 48, &message->algorithm);
}

/* Encrypts in place, with whatever the header says. */
static inline void guest_message_seal(struct guest_message *message, const uint8_t *key)
{
	struct gcm_aes256_ctx gcm;

	guest_message_gcm(&gcm, key, message);
	gcm_aes256_encrypt(&gcm, message->size, message->payload, message->payload);
	gcm_aes256_digest(&gcm, 16, message->tag);
}

static inline void guest_message_make(struct guest_message *message, const uint8_t *key,
				      uint8_t vmpck, uint64_t sequence, uint8_t type,
				      const void *payload, uint16_t size)
{
	memset(message, 0, sizeof(*message));
	message->sequence = sequence;
	message->algorithm = message->header_version = message->version = 1;
	message->header_size = 96;
	message->type = type;
	message->size = size;
	message->vmpck = vmpck;
	memcpy(message->payload, payload, size);
	guest_message_seal(message, key);
}

/* Decrypts in place; false: not authentic. */
static inline bool guest_message_open(struct guest_message *message, const uint8_t *key)
{
	struct gcm_aes256_ctx gcm;
	uint8_t tag[16];

	guest_message_gcm(&gcm, key, message);
	gcm_aes256_decrypt(&gcm, message->size, message->payload, message->payload);
	gcm_aes256_digest(&gcm, 16, tag);
	return !memcmp(tag, message->tag, 16);
}

#endif
