/* SPDX-License-Identifier: MIT */
#include "shim/linux_image.h"

enum {
	SETUP_SECTORS = 0x1f1,
	SETUP_BOOT_FLAG = 0x1fe,
	SETUP_HEADER_LENGTH = 0x201, /* from 0x202 on */
	SETUP_MAGIC = 0x202,
	SETUP_PROTOCOL = 0x206,
	SETUP_VERSION = 0x20e,
	SETUP_INITRD_MAX = 0x22c,
	SETUP_ALIGNMENT = 0x230,
	SETUP_RELOCATABLE = 0x234,
	SETUP_XLOADFLAGS = 0x236,
	SETUP_CMDLINE_MAX = 0x238,
	SETUP_PREFERRED = 0x258,
	SETUP_INIT_SIZE = 0x260,
	SETUP_END = 0x268,
};

/* The first with an entry in 64-bit mode that says so. */
#define PROTOCOL_MIN 0x20c
#define KERNEL_64    1
#define MAGIC	     0x53726448 /* "HdrS" */

/* 0 sectors are those of the oldest kernels. The boot sector is not counted. */
#define OLDEST_SECTORS 4
#define SECTOR	       512U

#define MIB (UINT64_C(1) << 20)

static uint32_t get(const uint8_t *from, unsigned bytes)
{
	uint32_t value = 0;

	while (bytes--)
		value = value << 8 | from[bytes];
	return value;
}

/* The text is searched for in what the file has, and need not end there. */
static void read_version(struct linux_image *image, const uint8_t *setup, size_t bytes)
{
	size_t at = get(setup + SETUP_VERSION, 2);

	image->version = NULL;
	image->version_bytes = 0;
	if (!at || at + 0x200 >= bytes)
		return;
	at += 0x200;
	image->version = (const char *)setup + at;
	while (image->version_bytes < bytes - at && setup[at + image->version_bytes] >= ' ' &&
	       setup[at + image->version_bytes] < 0x7f)
		image->version_bytes++;
}

size_t linux_image_setup_bytes(const uint8_t *setup)
{
	unsigned sectors = setup[SETUP_SECTORS];

	return ((sectors ? sectors : OLDEST_SECTORS) + 1) * SECTOR;
}

const char *linux_image_read(struct linux_image *image, const uint8_t *setup, size_t bytes)
{
	if (bytes < SETUP_END || get(setup + SETUP_BOOT_FLAG, 2) != 0xaa55 ||
	    get(setup + SETUP_MAGIC, 4) != MAGIC)
		return "is no bzImage";
	/* A host that cuts a file elsewhere moves the entry point, and a hash of both parts
	 * together is the same. */
	if (bytes != linux_image_setup_bytes(setup))
		return "has a setup part that is not as long as setup_sects of its header says";
	if (get(setup + SETUP_PROTOCOL, 2) < PROTOCOL_MIN)
		return "has a boot protocol before 2.12";
	if (!(get(setup + SETUP_XLOADFLAGS, 2) & KERNEL_64))
		return "has no entry in 64-bit mode";
	image->header_end = SETUP_MAGIC + setup[SETUP_HEADER_LENGTH];
	if (image->header_end < SETUP_END || image->header_end > LINUX_HEADER_MAX)
		return "has a header whose length cannot be";
	image->alignment = get(setup + SETUP_ALIGNMENT, 4);
	image->initrd_max = get(setup + SETUP_INITRD_MAX, 4);
	image->cmdline_max = get(setup + SETUP_CMDLINE_MAX, 4);
	image->preferred = get(setup + SETUP_PREFERRED, 4) |
			   (uint64_t)get(setup + SETUP_PREFERRED + 4, 4) << 32;
	image->init_size = get(setup + SETUP_INIT_SIZE, 4);
	image->relocatable = setup[SETUP_RELOCATABLE];
	if (image->alignment < 4096 || image->alignment > 1024 * MIB ||
	    image->alignment & (image->alignment - 1))
		return "has an alignment that cannot be";
	if (image->preferred % 4096 || image->preferred < MIB ||
	    image->preferred > UINT64_C(1) << 46)
		return "prefers an address that cannot be";
	if (!image->init_size)
		return "says not how much memory it needs";
	read_version(image, setup, bytes);
	return NULL;
}

/* Knuth, Morris and Pratt would read each byte once; patterns are rare enough for a first byte. */
static bool find(const uint8_t *image, size_t bytes, const void *what, size_t length)
{
	const uint8_t *word = what;

	for (size_t at = 0; at + length <= bytes; at++) {
		size_t same = 0;

		if (image[at] != word[0])
			continue;
		while (same < length && image[at + same] == word[same])
			same++;
		if (same == length)
			return true;
	}
	return false;
}

bool linux_image_accepts(const uint8_t *image, size_t bytes)
{
	static const char message[] = "Unknown version of unaccepted memory table";
	/* LINUX_EFI_UNACCEPTED_MEM_TABLE_GUID: d5d1de3c-105c-44f9-9ea9-bcef98120031. */
	static const uint8_t guid[16] = { 0x3c, 0xde, 0xd1, 0xd5, 0x5c, 0x10, 0xf9, 0x44,
					  0x9e, 0xa9, 0xbc, 0xef, 0x98, 0x12, 0x00, 0x31 };

	if (find(image, bytes, message, sizeof(message) - 1))
		return true;
	for (unsigned i = 0; i < sizeof(guid); i += 4)
		if (!find(image, bytes, guid + i, 4))
			return false;
	return true;
}
