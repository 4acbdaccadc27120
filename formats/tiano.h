/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_TIANO_H
#define FORMATS_TIANO_H

#include <stdbool.h>

#include "formats/bytes.h"

/*
 * The compression of UEFI 2.10, 19: sections of firmware that are compressed by the standard
 * method, and by EDK II's method "Tiano", which differs in the bits of a distance's class. No
 * library has it.
 */
enum {
	TIANO_HEADER = 8,
	TIANO_STANDARD = 4, /* bits of the number of classes */
	TIANO_CUSTOM = 5,
};

/* The size that the header says; 0: there is no header, or the content is shorter than it says. */
uint32_t tiano_size(struct bytes packed);

/* Unpacks into out, which has tiano_size() bytes. False: the content is damaged. */
bool tiano_unpack(struct bytes packed, unsigned int class_bits, uint8_t *out, uint32_t size);

#endif
