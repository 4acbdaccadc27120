/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_TRY_H
#define TOOLS_INSPECT_TRY_H

#include "tools/inspect/answer.h"

/* The experiment beside the reading: the images are booted in the emulated machine of `cvmem vm`,
 * and what happened is told in the same words. */

struct inspect_try_options {
	uint64_t memory_bytes;
	unsigned seconds; /* after which a machine is ended */
};

/* On one platform. */
struct inspect_tried {
	bool ran;			   /* the machine was started */
	bool refused;			   /* it was not, since no guest starts with such files */
	enum inspect_outcome outcome;	   /* what happened; OUTCOME_UNKNOWN: it cannot be told */
	bool booted;			   /* a kernel ran */
	bool negotiated;		   /* memory was left unaccepted for the kernel */
	uint64_t memory_bytes, seen_bytes; /* the machine's; the OS's, 0: not known */
	uint64_t firmware_bytes, kernel_bytes; /* accepted by the firmware; by stub and kernel */
	uint64_t unaccepted_bytes;	       /* at the end */
	uint64_t violations, double_accepts;
	char ended[32]; /* in the word of `cvmem vm` */
	char why[200];	/* of what did not boot or is not known: the reason, or the last line */
};

/* NULL, or why these images are not something to boot. */
const char *inspect_try_check(const struct inspect_image *images);

/* On TDX and on SEV-SNP, images[i].name being a path. False: no machine could be started, whatever
 * the image; a message was printed. */
bool inspect_try(const struct inspect_image *images, const struct inspect_try_options *options,
		 struct inspect_tried tried[2]);

/* What the experiment says of "can it leave memory unaccepted?". */
int inspect_try_exit(const struct inspect_tried tried[2]);

/* With the reading's answer beside it. */
void inspect_try_print(FILE *out, const struct inspect_tried tried[2],
		       const struct inspect_verdict *read);
struct cJSON *inspect_try_json(const struct inspect_tried tried[2],
			       const struct inspect_verdict *read);

#endif
