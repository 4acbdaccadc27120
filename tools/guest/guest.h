/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_GUEST_GUEST_H
#define TOOLS_GUEST_GUEST_H

#include <stdbool.h>
#include <stddef.h>

/* The kind of guest that this machine is and its kernel, with the evidence for both. */

enum guest_kind {
	GUEST_NONE, /* no evidence of a confidential guest */
	GUEST_TDX,
	GUEST_SNP,
	GUEST_UNKNOWN, /* the evidence contradicts itself */
};

enum guest_strength {
	GUEST_HINT,	  /* SNP hosts and ordinary guests may have it as well */
	GUEST_CONCLUSIVE, /* found in no other guest */
};

struct guest_evidence {
	enum guest_kind kind;
	enum guest_strength strength;
	const char *source, *says;
};

enum { GUEST_EVIDENCE = 8 };

enum guest_policy {
	GUEST_LAZY,
	GUEST_EAGER,
};

struct guest_state {
	enum guest_kind kind;
	/* Software of the host's cloud in the guest accepts all memory before this kernel starts.
	 */
	bool paravisor;
	struct guest_evidence evidence[GUEST_EVIDENCE];
	size_t evidences;
	char release[96];      /* "": unknown */
	unsigned major, minor; /* of the release; 0 when it has none */
	char firmware[64];     /* its version, by the SMBIOS; "": unknown */
	char parameter[32];    /* the value of the last accept_memory=; "" when there is none */
	bool parameter_valid;  /* the kernel accepts that value, or there is none */
	enum guest_policy
		policy; /* in force; relevant only if the kernel supports unaccepted memory */
};

/*
 * Features added after 6.5, the first kernel with unaccepted memory. Distributions backport them:
 * an older version may have them.
 */
struct guest_capability {
	const char *name, *text;
	unsigned major, minor;
};

extern const struct guest_capability guest_capabilities[];
extern const size_t guest_capability_count;

bool guest_has(const struct guest_state *state, const struct guest_capability *capability);

/* "tdx", "snp", "none", "unknown"; and as people write it. */
const char *guest_kind_key(enum guest_kind kind);
const char *guest_kind_name(enum guest_kind kind);

/* Reads the files below root; with root "" it also executes CPUID. */
void guest_identify(const char *root, struct guest_state *state);

#endif
