/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_SHIM_POLICY_H
#define CVMEM_SHIM_POLICY_H

#include <stdbool.h>
#include <stdint.h>

/* How much the firmware accepts beside what it must: "min", "all", or a number of bytes with K, M,
 * G or T. */
struct policy {
	bool all;
	uint64_t bytes;
};

/* false: the text, up to its end or a space, is none of these; the policy is unchanged. */
bool policy_parse(const char *text, struct policy *policy);

/* The word of a command line, whose prefix a kernel takes for a module's name, and ignores. */
#define POLICY_WORD "cvmem.accept="
/* The value of the last such word; NULL: there is none. */
const char *policy_find(const char *cmdline);

#endif
