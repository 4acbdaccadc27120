/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_CCA_ATTESTATION_CBOR_H
#define CVMEM_QEMU_CCA_ATTESTATION_CBOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes CBOR (RFC 8949) of definite length, each head in its shortest form. What does not fit is
 * not written, and is_full tells. */
struct cbor {
	uint8_t *bytes;
	size_t room, size;
	bool is_full;
};

void cbor_integer(struct cbor *cbor, int64_t value);
void cbor_bytes(struct cbor *cbor, const void *bytes, size_t size);
void cbor_text(struct cbor *cbor, const char *text);
/* So many items follow, or pairs of items. */
void cbor_array(struct cbor *cbor, size_t items);
void cbor_map(struct cbor *cbor, size_t pairs);
/* Of the item that follows. */
void cbor_tag(struct cbor *cbor, uint64_t tag);

#endif
