/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_ANSWER_H
#define TOOLS_INSPECT_ANSWER_H

#include <stdio.h>
#include "tools/inspect/platforms.h"

/* The exit status: the answer to "can it leave memory unaccepted?" */
enum {
	INSPECT_EXIT_YES = 0,
	INSPECT_EXIT_NO = 1,
	INSPECT_EXIT_UNKNOWN = 2,
	INSPECT_EXIT_UNREADABLE = 3,
};

struct inspect_verdict {
	int exit;
	char text[1536];   /* one line, for people */
	char advice[1024]; /* what to change, in a line; "": nothing */
	/* On TDX and on SEV-SNP, for a boot that is known; without Secure Boot, where it matters
	 * and is not known. Else OUTCOME_UNKNOWN. */
	enum inspect_outcome on[2];
};

/* Whether Secure Boot is switched on, which decides how some loaders start a kernel. */
enum inspect_secure_boot {
	SECURE_BOOT_ANY, /* not known: answered for both where they differ */
	SECURE_BOOT_OFF,
	SECURE_BOOT_ON,
};

/* The configuration config-X that lies beside a kernel vmlinuz-X, as in /boot. */
void inspect_beside(struct inspect_limits *limits, struct inspect_image *image, const char *path);

/* The answer for one image. */
void inspect_judge_one(const struct inspect_image *image, enum inspect_secure_boot secure_boot,
		       struct inspect_verdict *verdict);

/*
 * The images of a list are parts of one boot: one kernel or disk image, and with it firmware and
 * loaders. Other lists get an answer for each image.
 */
bool inspect_combined(const struct inspect_image *images);

/* The answer for all images: as one boot, or the one with the highest exit status. */
void inspect_judge(const struct inspect_image *images, enum inspect_secure_boot secure_boot,
		   struct inspect_verdict *verdict);

/* Prints, with '?' for what a terminal without UTF-8 does not show. */
__attribute__((format(printf, 2, 3))) void inspect_put(FILE *out, const char *format, ...);

void inspect_print(FILE *out, const struct inspect_image *images,
		   enum inspect_secure_boot secure_boot, const struct inspect_verdict *verdict);
/* With what was tried as "try", if not NULL, which is deleted. False if memory or the output fails.
 */
bool inspect_print_json(FILE *out, const struct inspect_image *images,
			enum inspect_secure_boot secure_boot, const struct inspect_verdict *verdict,
			struct cJSON *tried);

#endif
