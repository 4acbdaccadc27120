/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/cca/attestation/cbor.h"

#include <string.h>

/* Major types: RFC 8949, section 3.1. */
enum {
	UNSIGNED = 0,
	NEGATIVE = 1,
	BYTES = 2,
	TEXT = 3,
	ARRAY = 4,
	MAP = 5,
	TAG = 6,
};

/* The low five bits of a head: the argument itself, or the size of the one that follows. */
#define DIRECT_MAX 23
#define ONE_BYTE   24

static void put(struct cbor *cbor, const void *bytes, size_t size)
{
	if (cbor->is_full || size > cbor->room - cbor->size) {
		cbor->is_full = true;
		return;
	}
	memcpy(cbor->bytes + cbor->size, bytes, size);
	cbor->size += size;
}

static void head(struct cbor *cbor, unsigned major, uint64_t argument)
{
	uint8_t bytes[1 + sizeof(argument)];
	unsigned log = 0, size;

	if (argument <= DIRECT_MAX) {
		bytes[0] = (uint8_t)(major << 5 | argument);
		put(cbor, bytes, 1);
		return;
	}
	while (log < 3 && argument >> (8u << log))
		log++;
	size = 1u << log;
	bytes[0] = (uint8_t)(major << 5 | (ONE_BYTE + log));
	for (unsigned i = 0; i < size; i++)
		bytes[1 + i] = (uint8_t)(argument >> 8 * (size - 1 - i));
	put(cbor, bytes, 1 + size);
}

void cbor_integer(struct cbor *cbor, int64_t value)
{
	if (value < 0)
		head(cbor, NEGATIVE, ~(uint64_t)value);
	else
		head(cbor, UNSIGNED, (uint64_t)value);
}

void cbor_bytes(struct cbor *cbor, const void *bytes, size_t size)
{
	head(cbor, BYTES, size);
	put(cbor, bytes, size);
}

void cbor_text(struct cbor *cbor, const char *text)
{
	size_t size = strlen(text);

	head(cbor, TEXT, size);
	put(cbor, text, size);
}

void cbor_array(struct cbor *cbor, size_t items)
{
	head(cbor, ARRAY, items);
}

void cbor_map(struct cbor *cbor, size_t pairs)
{
	head(cbor, MAP, pairs);
}

void cbor_tag(struct cbor *cbor, uint64_t tag)
{
	head(cbor, TAG, tag);
}
