/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_FORMATS_GUID_TABLE_H
#define CVMEM_FORMATS_GUID_TABLE_H

#include "formats/bytes.h"
#include "formats/guid.h"

/*
 * The table of GUIDs in which a firmware image tells a host how to start it (EDK2,
 * OvmfPkg/ResetVector/Ia16/ResetVectorVtf0.asm; QEMU reads it in hw/i386/pc_sysfw_ovmf.c).
 *
 * It ends 32 bytes before the image does, where the reset vector's code begins, and is read
 * backwards. An entry is its data, a 16-bit length that counts the whole entry, and a GUID. The
 * last entry, the footer 96b582de-1fb2-45f7-baea-a366c55a082d, has no data; its length is that of
 * the whole table.
 *
 * An image is a whole file, or the last bytes of one: everything is found from its end.
 */
enum guid_table_error {
	GUID_TABLE_OK,
	/* The image has no footer. */
	GUID_TABLE_ABSENT,
	/* The footer's length is less than the footer's 18 bytes, or more than precedes its end. */
	GUID_TABLE_BAD_LENGTH,
	/* An entry's length is less than 18, or more than is left of the table; the entries before
	 * it cannot be found. */
	GUID_TABLE_BAD_ENTRY,
};

/* The length of an entry without data. */
#define GUID_TABLE_ENTRY_MIN (2 + GUID_SIZE)

/* A walk through the entries. */
struct guid_table {
	struct bytes image;
	size_t start; /* of the table; with GUID_TABLE_BAD_LENGTH, its end */
	size_t at;    /* where the next entry ends, or the one in error */
	enum guid_table_error error;
	/* With an error: the length that is wrong, 0 if there is no room for one. */
	size_t bad_length;
};

struct guid_table_entry {
	const uint8_t *guid;
	struct bytes data;
	size_t offset; /* of the data in the image */
};

/* Begins a walk. The image must exist as long as the walk and the entries are used. */
enum guid_table_error guid_table_open(struct guid_table *table, struct bytes image);

/* The next entry, towards the begin of the image. False: no further one, or table->error. */
bool guid_table_next(struct guid_table *table, struct guid_table_entry *entry);

/* The entry with this GUID; of several the last in the image, which hosts use. False: there is
 * none, or a broken entry hides it. */
bool guid_table_find(struct bytes image, const uint8_t *guid, struct guid_table_entry *entry);

/* The size of an image at whose end the last footer in these bytes is: another one than theirs when
 * bytes were appended or are missing. 0: there is no footer. */
size_t guid_table_image_size(struct bytes bytes);

/* An entry whose data are the 32-bit distance of a structure from the end of the image. */
enum guid_table_place {
	GUID_TABLE_PLACE_OK,
	GUID_TABLE_PLACE_ABSENT,  /* no such entry */
	GUID_TABLE_PLACE_DATA,	  /* its data are not 4 bytes */
	GUID_TABLE_PLACE_OUTSIDE, /* the distance is 0, or more than the image's size */
};

/* The offset of that structure in the image. *entry is valid unless the entry is absent. */
enum guid_table_place guid_table_place(struct bytes image, const uint8_t *guid,
				       struct guid_table_entry *entry, size_t *offset);

#endif
