/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_FORMAT_H
#define TOOLS_INSPECT_FORMAT_H

#include "tools/inspect/inspect.h"

/*
 * A file format. look() is called for bytes that recognise() is true for; it sets image->kind and
 * adds what it finds. The order in formats.c matters: an UKI is a PE file, too.
 */
struct inspect_format {
	bool (*recognise)(struct inspect_bytes bytes);
	void (*look)(struct inspect_limits *limits, struct inspect_bytes bytes,
		     struct inspect_image *image);
};

#endif
