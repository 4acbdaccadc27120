/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_FORMATS_METADATA_H
#define CVMEM_FORMATS_METADATA_H

#include "formats/guid_table.h"

/*
 * A list of the memory that a host prepares for a guest. tdvf.h and sev.h read one each; this is
 * what the two formats share.
 *
 * The GUID table says how far before the end of the image the list begins: 4 bytes of signature,
 * then 32 bits each of length (header and sections), version (1) and number of sections; then the
 * sections, of a size that depends on the format.
 *
 * A reader takes any content, and stores the values as they are with a bit for each rule that they
 * break. What to refuse, and how to say it, is up to the caller.
 */
enum metadata_error {
	/* The image ends within the header; nothing else of it was read. */
	METADATA_NO_HEADER = 1 << 0,
	/* The GUID table names this place, and the signature is not there. */
	METADATA_BAD_SIGNATURE = 1 << 1,
	METADATA_BAD_VERSION = 1 << 2, /* not 1 */
	METADATA_BAD_LENGTH = 1 << 3,  /* not that of the header and `declared` sections */
	METADATA_TOO_MANY = 1 << 4,    /* more than METADATA_SECTIONS_MAX sections */
	METADATA_TRUNCATED = 1 << 5,   /* the image ends before the last section does */
	/* TDVF: the 16 bytes before the descriptor are not e9eaf9f3-168e-44d5-a8eb-7f4d8738f6ae. */
	METADATA_NO_GUID = 1 << 6,
};

enum metadata_section_error {
	METADATA_BAD_ADDRESS = 1 << 0, /* not a multiple of 4 KiB */
	METADATA_BAD_SIZE = 1 << 1,    /* not a multiple of 4 KiB */
	METADATA_EMPTY = 1 << 2,       /* the size is 0 */
	METADATA_BAD_END = 1 << 3,     /* it ends beyond 2^64; in SEV metadata, beyond 4 GiB */
	METADATA_BAD_TYPE = 1 << 4,    /* not a type of this list */
	/* SEV: more than the one page that its type has. */
	METADATA_NOT_ONE_PAGE = 1 << 5,
	/* TDVF: a type that QEMU refuses (tdvf.h). */
	METADATA_PAYLOAD_TYPE = 1 << 6,
	/* TDVF: more content in the file than memory. */
	METADATA_BAD_RAW_SIZE = 1 << 7,
	/* TDVF: a firmware volume without content in the file; memory with content. */
	METADATA_NO_CONTENT = 1 << 8,
	METADATA_CONTENT = 1 << 9,
};

struct metadata_section {
	size_t offset; /* of this entry in the image */
	uint64_t gpa, size;
	uint32_t type;
	unsigned int errors; /* of enum metadata_section_error */
	/* TDVF: the content in the file, and attributes. */
	uint32_t data_offset, raw_size, attributes;
};

#define METADATA_SECTIONS_MAX 64

struct metadata {
	/* What the GUID table says, and its entry unless that is absent. */
	enum guid_table_place place;
	struct guid_table_entry entry;
	bool present; /* the signature was found */
	/* TDVF: it was found by the older offset, not by the GUID table. */
	bool legacy;
	unsigned int errors; /* of enum metadata_error */
	size_t offset;	     /* of the header in the image */
	uint32_t length, version, declared;
	size_t count; /* of the sections that were read */
	struct metadata_section section[METADATA_SECTIONS_MAX];
};

/* The first section of a type; NULL: there is none. */
const struct metadata_section *metadata_find(const struct metadata *metadata, uint32_t type);
size_t metadata_count(const struct metadata *metadata, uint32_t type);

/* True if two sections share memory. Without meaning for sections that end beyond 2^64. */
bool metadata_overlap(const struct metadata_section *a, const struct metadata_section *b);

/* How one format differs from another. For tdvf.c and sev.c. */
struct metadata_format {
	const uint8_t *guid; /* of the entry with the distance */
	const char *signature;
	size_t section_size;
	/* Stores the values of the section at `bytes`, and its errors. */
	void (*read)(struct metadata_section *section, const uint8_t *bytes);
};

/* Looks the list up in the GUID table. What it finds it reads by metadata_read_at(). */
void metadata_read(struct metadata *metadata, struct bytes image,
		   const struct metadata_format *format);

/* Reads a list at metadata->offset. Expects the other members to be 0, except `place`, `entry`. */
void metadata_read_at(struct metadata *metadata, struct bytes image,
		      const struct metadata_format *format);

/* The rules for address and size that both formats have; of enum metadata_section_error. */
unsigned int metadata_check_memory(const struct metadata_section *section);

#endif
