/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_SHIM_HASHES_H
#define CVMEM_SHIM_HASHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hash/sha256.h"

/*
 * The table by which the launch measurement of an SNP guest covers what is booted: QEMU's
 * target/i386/sev.c, "kernel-hashes". Its page is measured; zeros mean that the host gives none.
 */

#define HASHES_ROOM 0x400

enum hashes_item { HASHES_CMDLINE, HASHES_INITRD, HASHES_KERNEL, HASHES_ITEMS };

struct hashes {
	bool there;
	uint8_t hash[HASHES_ITEMS][SHA256_BYTES];
};

/* From the page. false: it holds something that is no table with all three. */
bool hashes_read(struct hashes *hashes, const uint8_t page[HASHES_ROOM]);

/* True also if there are none. */
bool hashes_match(const struct hashes *hashes, enum hashes_item item, struct sha256 *sha);

#endif
