/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_PLATFORMS_H
#define TOOLS_INSPECT_PLATFORMS_H

#include "tools/inspect/inspect.h"

/* The parts of one boot; NULL: not given, assumed to be usual (OVMF, any loader). */
struct inspect_parts {
	const struct inspect_image *firmware, *loader, *kernel;
	const struct inspect_image *acceptor; /* NULL: none */
	/* What the firmware starts, after cvmem's application; NULL: the kernel. */
	const struct inspect_image *first;
	bool acceptor_by_shim; /* shim verifies the acceptor, by keys of its own */
	bool eager;	       /* an add-on asks the kernel to accept all memory at boot */
	bool secure_boot;      /* it is switched on */
};

/* Secure Boot is switched on by keys that the firmware comes with. */
bool inspect_is_verified(const struct inspect_image *firmware);

/* The outcome on one platform. */
enum inspect_outcome {
	OUTCOME_IMPOSSIBLE, /* a part cannot be a guest of this platform */
	OUTCOME_UNKNOWN,
	OUTCOME_LAZY,	 /* memory is accepted when it is needed */
	OUTCOME_EAGER,	 /* all memory is accepted before the kernel starts */
	OUTCOME_BEFORE,	 /* cvmem's driver or application accepts all memory */
	OUTCOME_ASKED,	 /* the kernel accepts all memory at boot, by its command line */
	OUTCOME_LOW,	 /* the kernel sees only what the firmware has accepted */
	OUTCOME_LOST,	 /* the loader reserves what the firmware has not accepted */
	OUTCOME_REFUSED, /* the firmware verifies what it starts, and has no key of it */
	OUTCOME_RESET,	 /* the loader enters the kernel in a way that ends the guest */
	OUTCOME_PVH,	 /* the firmware does not start a kernel by PVH */
};

/* `platform` is ASK_TDX or ASK_SNP. */
enum inspect_outcome inspect_outcome(const struct inspect_parts *parts,
				     enum inspect_question platform);

/* "as a TDX guest: memory is accepted when it is needed" into text. */
void inspect_outcome_text(enum inspect_outcome outcome, enum inspect_question platform, char *text,
			  size_t size);

/* What to change, in a sentence; NULL: nothing, or not known. */
const char *inspect_outcome_advice(const struct inspect_parts *parts, enum inspect_outcome outcome);

#endif
