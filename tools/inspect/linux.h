/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_LINUX_H
#define TOOLS_INSPECT_LINUX_H

#include "tools/inspect/inspect.h"

/* What of a kernel has been searched. */
enum {
	LINUX_STUB = 1,	  /* the EFI stub and the decompressor */
	LINUX_KERNEL = 2, /* the kernel itself, unpacked */
};

/* Adds what a part of a kernel shows. */
void linux_search(struct inspect_limits *limits, struct inspect_image *image, struct bytes bytes,
		  int part);

/* After all: for what no evidence was found, that it is absent, if `parts` suffices to say so. */
void linux_conclude(struct inspect_image *image, int parts);

/* The unpacked kernel: search, version, embedded configuration. */
void linux_kernel(struct inspect_limits *limits, struct inspect_image *image, struct bytes bytes);

/* The text of a configuration; `where` says which. False: it is none. */
bool linux_config(struct inspect_limits *limits, struct inspect_image *image, struct bytes text,
		  const char *where);

/* IMAGE_FILE_MACHINE_*: what cannot be a guest of TDX and SEV-SNP, by its processor. */
void linux_machine(struct inspect_image *image, uint16_t machine);
const char *inspect_machine(uint16_t machine);

/* What a command line says about acceptance. */
void linux_command_line(struct inspect_image *image, struct bytes text);

#endif
