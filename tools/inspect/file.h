/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_FILE_H
#define TOOLS_INSPECT_FILE_H

#include "formats/bytes.h"

struct inspect_file {
	struct bytes bytes;
	bool mapped;
};

/*
 * The content of a regular file or block device, mapped; of anything else, and "-", read up to
 * `limit` bytes. False: *error is the reason, static or errno's text, and there is nothing to
 * close. A file that shrinks in the meantime ends the program with the exit status for unreadable
 * files.
 */
bool inspect_open(const char *path, uint64_t limit, struct inspect_file *file, const char **error);
void inspect_close(struct inspect_file *file);

#endif
