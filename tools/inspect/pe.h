/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_PE_H
#define TOOLS_INSPECT_PE_H

#include "tools/inspect/inspect.h"

/* Microsoft PE/COFF, as much of it as EFI programs need. */
struct pe {
	struct bytes bytes;
	uint64_t table;	  /* of sections */
	uint64_t strings; /* for names of more than 8 characters; 0: none */
	unsigned int sections;
	uint16_t machine; /* IMAGE_FILE_MACHINE_* */
};

struct pe_section {
	char name[32];	    /* cut off there */
	struct bytes bytes; /* what is in the file of it */
	bool outside;	    /* it says that it goes on behind the end of the file */
};

/* False: it is none. */
bool pe_open(struct bytes bytes, struct pe *pe);
/* False: there is no section with this number, counted from 0. */
bool pe_section(const struct pe *pe, unsigned int number, struct pe_section *section);
/* The first of that name; false: none. */
bool pe_find(const struct pe *pe, const char *name, struct pe_section *section);

/*
 * The version that a row of the section .sbat has: of the row that begins with "NAME.", which a
 * distribution adds, or else with "NAME,". False: no such row; version has room for `size` bytes.
 */
bool pe_sbat(const struct pe *pe, const char *name, char *version, size_t size);

/* A unified kernel image: the sections .linux, .cmdline, ... */
bool uki_is(const struct pe *pe);
void uki_look(struct inspect_limits *limits, const struct pe *pe, struct inspect_image *image);
/* Any other program: GRUB, systemd-boot, shim, ... */
void loader_look(struct inspect_limits *limits, const struct pe *pe, struct inspect_image *image);

#endif
