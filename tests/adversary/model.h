/* SPDX-License-Identifier: MIT */
#ifndef TESTS_ADVERSARY_MODEL_H
#define TESTS_ADVERSARY_MODEL_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What is known of each page besides what the library and the emulator say. RAM is [0, RAM_BYTES),
 * of which the guest has what is below HOT_BASE at first; the table begins at TABLE_BASE, and what
 * is below is launch content.
 */

#define KIB(n)	  ((uint64_t)(n) << 10)
#define MIB(n)	  ((uint64_t)(n) << 20)
#define RAM_BYTES MIB(48)
#define HOT_BASE  MIB(32)
/* Where the second allocator's memory begins. */
#define HIGH_BASE  MIB(20)
#define TABLE_BASE MIB(4)
#define PAGES	   (RAM_BYTES / 4096)

struct model_page {
	uint64_t content; /* the first word, if known */
	bool known;
	bool accepted;	/* the guest was told so, and has not shared it since */
	bool shared;	/* likewise */
	bool allocated; /* to one block */
	bool taken;	/* by the host, since it was accepted */
	bool lied;	/* a conversion of it was said to be done and was not */
};

struct model {
	struct model_page page[PAGES];
};

#endif
