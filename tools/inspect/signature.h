/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_SIGNATURE_H
#define TOOLS_INSPECT_SIGNATURE_H

#include "tools/inspect/inspect.h"

/* Keeps the certificates of a program, and that it has none. */
void signature_look(struct bytes bytes, struct inspect_image *image);

/*
 * Whether firmware with these keys can start the program. A signature that one of them has made, or
 * an authority below it, has its name; the signature itself is not verified. ANSWER_UNKNOWN: the
 * file is no program by itself, or has more certificates than are kept.
 */
enum inspect_answer signature_by(const struct inspect_image *program,
				 const struct inspect_keys *keys);

#endif
