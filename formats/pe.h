/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_FORMATS_PE_H
#define CVMEM_FORMATS_PE_H

#include "formats/bytes.h"

/* Headers of a program in Microsoft's "PE Format", as far as EFI programs need them. */
struct pe {
	struct bytes bytes;
	uint64_t table;	       /* of sections */
	uint64_t strings;      /* for names of more than 8 characters; 0: none */
	unsigned int sections; /* 96 at most, the specification's limit */
	uint32_t image_size;   /* in memory, from the DOS header on */
	uint64_t certificates; /* the place of the table's address and size in the headers */
	uint16_t subsystem;
	uint16_t machine; /* IMAGE_FILE_MACHINE_* */
};

#define PE_SUBSYSTEM_EFI_APPLICATION 10

struct pe_section {
	char name[32];	    /* cut off there */
	struct bytes bytes; /* the part of it that is in the file */
	bool outside;	    /* its header says that it ends behind the end of the file */
};

/* False: there are no PE headers. Fields behind the end of `bytes` are 0. */
bool pe_open(struct bytes bytes, struct pe *pe);
/* False: there is no section with this number, counted from 0. */
bool pe_section(const struct pe *pe, unsigned int number, struct pe_section *section);
/* The attribute certificate table; nothing: the program is not signed, or it is cut off. */
struct bytes pe_certificates(const struct pe *pe);
/* The first section of that name; false: none. */
bool pe_find(const struct pe *pe, const char *name, struct pe_section *section);

#endif
