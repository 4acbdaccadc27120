/* SPDX-License-Identifier: MIT */
/* A kernel that is an ELF file with an entry for PVH, and not Linux, of which elf.c reads more. */
#include "tools/inspect/format.h"

/* ELF-64: e_machine, and program headers; Xen, public/elfnote.h. */
enum {
	ELF_CLASS = 4,
	ELF_DATA = 5,
	ELF_MACHINE = 18,
	ELF_TABLE = 32,
	ELF_ENTRIES = 56,
	SEGMENT_BYTES = 56,
	SEGMENT_NOTES = 4,
	NOTE_HEAD = 12,
	PHYS32_ENTRY = 18,
};

static bool notes_have_entry(struct bytes bytes, uint64_t at, uint64_t size, uint64_t alignment)
{
	uint64_t mask = alignment == 8 ? 7 : 3, end = at + size;

	if (!bytes_have(bytes, at, size))
		return false;
	while (end - at >= NOTE_HEAD) {
		uint64_t name = bytes_u32(bytes, at), length = bytes_u32(bytes, at + 4);
		/* From the note's head on, which is aligned itself. */
		uint64_t content = (NOTE_HEAD + name + mask) & ~mask;
		uint64_t next = (content + length + mask) & ~mask;

		if (bytes_u32(bytes, at + 8) == PHYS32_ENTRY && name == 4 &&
		    bytes_are(bytes, at + NOTE_HEAD, "Xen", 4))
			return true;
		if (next > end - at)
			return false;
		at += next;
	}
	return false;
}

bool pvh_recognise(struct bytes bytes)
{
	uint64_t table = bytes_u64(bytes, ELF_TABLE);

	if (!bytes_are(bytes, 0, "\177ELF\2\1", 6) || !bytes_have(bytes, 0, 64) ||
	    bytes_u16(bytes, ELF_MACHINE) != 62)
		return false;
	for (uint64_t i = 0; i < bytes_u16(bytes, ELF_ENTRIES); i++) {
		uint64_t at = table + i * SEGMENT_BYTES;

		if (at < table || !bytes_have(bytes, at, SEGMENT_BYTES))
			return false;
		if (bytes_u32(bytes, at) == SEGMENT_NOTES &&
		    notes_have_entry(bytes, bytes_u64(bytes, at + 8), bytes_u64(bytes, at + 32),
				     bytes_u64(bytes, at + 48)))
			return true;
	}
	return false;
}

void pvh_look(struct inspect_limits *limits, struct bytes bytes, struct inspect_image *image)
{
	image->kind = INSPECT_PVH;
	inspect_fact(image, "processor", "x86-64");
	inspect_say(image, ASK_UNACCEPTED, ANSWER_NO, STRENGTH_METADATA,
		    "it starts by PVH, whose memory map has no type for unaccepted memory; cvmem's "
		    "firmware accepts all for it, unless cvmem.accept= says otherwise");
	inspect_say(image, ASK_NEGOTIATES, ANSWER_NO, STRENGTH_METADATA,
		    "a kernel that starts by PVH calls no boot services");
}
