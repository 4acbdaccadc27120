/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_FORMAT_H
#define TOOLS_INSPECT_FORMAT_H

#include "tools/inspect/inspect.h"

/*
 * A file format. look() is called for bytes that recognise() is true for; it sets image->kind and
 * adds what it finds. The order in formats.c matters: a kernel is also a PE file.
 */
struct inspect_format {
	bool (*recognise)(struct bytes bytes);
	void (*look)(struct inspect_limits *limits, struct bytes bytes,
		     struct inspect_image *image);
};

#define FORMAT(name)                                                                               \
	bool name##_recognise(struct bytes bytes);                                                 \
	void name##_look(struct inspect_limits *limits, struct bytes bytes,                        \
			 struct inspect_image *image)

FORMAT(bzimage);
FORMAT(vmlinux);
FORMAT(pvh);
FORMAT(zboot);
FORMAT(arm64_image);
FORMAT(packed); /* any of the above, compressed as a whole */
FORMAT(pe);	/* unified kernel images, loaders, other EFI programs */
FORMAT(gpt);
FORMAT(mbr);
FORMAT(fat);
FORMAT(ext);
FORMAT(bios); /* firmware that is not UEFI's */
FORMAT(iso);
FORMAT(other_linux);
FORMAT(named); /* formats that must be converted first, or that boot nothing */

#endif
