/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_FIRMWARE_ACCEPT_H
#define TOOLS_INSPECT_FIRMWARE_ACCEPT_H

#include "formats/sev.h"
#include "formats/tdvf.h"
#include "tools/inspect/firmware/volume.h"

/* How much of a confidential guest's memory a firmware accepts, on one platform. */
enum fw_accept {
	FW_ACCEPT_UNKNOWN,
	/* It does not run as such a guest. */
	FW_ACCEPT_NO_GUEST,
	/* All of it, before a loader or kernel starts. */
	FW_ACCEPT_ALL,
	/* Memory below 4 GiB; the rest is type 15, even if the OS cannot accept it. */
	FW_ACCEPT_LOW,
	/* Memory below 4 GiB; the rest at ExitBootServices(), unless the OS asked to accept it
	 * itself. */
	FW_ACCEPT_LOW_OR_ASKED,
	/* Itself, the kernel and the initrd; the rest if the kernel's image does not show that it
	 * takes unaccepted memory. */
	FW_ACCEPT_KERNEL,
};

enum fw_know {
	FW_KNOW_UNKNOWN,
	FW_KNOW_NO,
	FW_KNOW_YES,
};

struct fw_answer {
	enum fw_accept accept;
	char why[512]; /* the evidence, as a sentence */
};

struct fw_acceptance {
	struct fw_answer tdx, snp;
	enum fw_know type_15; /* the DXE core has EfiUnacceptedMemoryType among its memory types */
	char type_15_why[160];
};

/*
 * Derives the answers. If a part of the volumes was not read, the absence of a driver proves
 * nothing. Adds the lints "not-tdx" and "not-snp" if there is metadata without the code for it.
 */
void fw_accept_judge(struct fw_acceptance *acceptance, const struct fw_volumes *volumes,
		     const struct metadata *tdvf, const struct sev *sev, struct fw_lints *lints);

/* This project's own firmware, which names itself in the table of GUIDs: the answer is known for
 * each platform whose metadata it has. */
bool fw_accept_is_shim(struct bytes file);
void fw_accept_judge_shim(struct fw_acceptance *acceptance, const struct metadata *tdvf,
			  const struct sev *sev);

/* A word for scripts, such as "below-4g"; a sentence for people. */
const char *fw_accept_name(enum fw_accept accept);
const char *fw_accept_text(enum fw_accept accept);

#endif
