/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_POPULATE_OPTIONS_H
#define TOOLS_POPULATE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/common/options.h"

extern const struct option_spec populate_option_table[];

/* The test VM's 32-bit guest reaches so much. */
#define POPULATE_MAX_MEMORY (UINT64_C(2) << 30)
#define POPULATE_MAX_VCPUS  16

struct populate_options {
	const char *model; /* a word; NULL: this host's KVM */
	unsigned platform; /* 0: tdx, 1: snp */
	uint64_t memory;   /* 0: the default */
	unsigned vcpus;
	const char *firmware; /* of --model; NULL: content made here */
	unsigned vcpu_sig;    /* SNP: EAX of CPUID leaf 1, which is measured */
	unsigned watch;	      /* a process; 0: none */
	const char *backing;  /* a word; NULL: all */
	bool advise, quiet;
	const char *json;
	/* Not the command's: instructions of the processor that asks; or NULL. */
	uint64_t (*instructions)(void);
};

#endif
