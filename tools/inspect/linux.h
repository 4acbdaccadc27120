/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_LINUX_H
#define TOOLS_INSPECT_LINUX_H

#include "tools/inspect/inspect.h"

/* The parts of a kernel that were searched. */
enum {
	LINUX_STUB = 1,	  /* the EFI stub and the decompressor */
	LINUX_KERNEL = 2, /* the kernel itself, unpacked */
};

/* Adds the evidence in a part of a kernel. */
void linux_search(struct inspect_limits *limits, struct inspect_image *image, struct bytes bytes,
		  int part);

/* At the end: adds an answer "no" where no evidence was found, if `parts` suffice for that. */
void linux_conclude(struct inspect_image *image, int parts);

/* The unpacked kernel: search, version, embedded configuration. */
void linux_kernel(struct inspect_limits *limits, struct inspect_image *image, struct bytes bytes);

/* The text of a configuration; `where` names its place. False: not a configuration. */
bool linux_config(struct inspect_limits *limits, struct inspect_image *image, struct bytes text,
		  const char *where);

/* An unpacked kernel for arm64: whether it can be an Arm CCA realm. */
void linux_realm(struct inspect_limits *limits, struct inspect_image *image, struct bytes bytes);

/* Adds warnings about what is known of its version. */
void linux_known(struct inspect_image *image);

/* IMAGE_FILE_MACHINE_*: adds that another processor's kernel cannot be a TDX or SNP guest. */
void linux_machine(struct inspect_image *image, uint16_t machine);
const char *inspect_machine(uint16_t machine);

/* COMMAND_LINE_SIZE of x86 and arm64: the kernel reads less than this. */
#define LINUX_COMMAND_LINE 2048

/* Adds the options of a command line that concern memory. */
void linux_command_line(struct inspect_image *image, struct bytes text);

/* accept_memory=eager is on it, and no later accept_memory= takes that back. */
bool linux_is_eager(struct bytes command_line);

#endif
