/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_BOOT_SCRATCH_H
#define TOOLS_BOOT_SCRATCH_H

#include <stdbool.h>

/* A folder for the files of one machine. A run that was killed leaves it, and the next run removes
 * it. */
struct scratch {
	char path[256];
	int fd; /* locked for as long as this process, or one that it has started, lives */
};

/* Below $TMPDIR or /tmp. False: a message was printed. */
bool scratch_make(struct scratch *scratch);

/* With all files in it. Nothing happens to one that was not made. */
void scratch_remove(struct scratch *scratch);

#endif
