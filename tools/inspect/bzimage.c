/* SPDX-License-Identifier: MIT */
/* Documentation/arch/x86/boot.rst of Linux: the setup header. */
#include <stdio.h>
#include "tools/inspect/format.h"
#include "tools/inspect/linux.h"
#include "tools/inspect/unpack.h"

enum {
	SETUP_SECTS = 0x1f1,
	SYSSIZE = 0x1f4,
	BOOT_FLAG = 0x1fe,
	HEADER = 0x202,
	VERSION = 0x206,
	KERNEL_VERSION = 0x20e,
	XLOADFLAGS = 0x236,
	PAYLOAD_OFFSET = 0x248,
	PAYLOAD_LENGTH = 0x24c,
	SECTOR = 512,
	KERNEL_64 = 1, /* in XLOADFLAGS */
};

bool bzimage_recognise(struct bytes bytes)
{
	return bytes_u16(bytes, BOOT_FLAG) == 0xaa55 && bytes_are(bytes, HEADER, "HdrS", 4);
}

/* Where the part begins that the processor runs in 32 or 64 bits. */
static uint64_t protected_mode(struct bytes bytes)
{
	uint8_t sectors = (uint8_t)bytes_number(bytes, SETUP_SECTS, 1);

	return (uint64_t)SECTOR * ((sectors ? sectors : 4) + 1);
}

static void read_version(struct inspect_image *image, struct bytes bytes)
{
	uint64_t at = bytes_u16(bytes, KERNEL_VERSION);
	struct bytes text = bytes_part(bytes, at + SECTOR, 160);
	char line[161];
	size_t size = 0;

	if (!at || at + SECTOR >= protected_mode(bytes))
		return;
	while (size < text.size && text.data[size]) {
		line[size] = (char)text.data[size];
		size++;
	}
	line[size] = 0;
	if (!size)
		return;
	inspect_fact(image, "build", "%s", line);
	line[strcspn(line, " ")] = 0;
	for (char *c = line; *c; c++) {
		if (*c < '!' || *c > '~')
			return;
	}
	inspect_version(image, line);
}

static bool read_payload(struct inspect_limits *limits, struct inspect_image *image,
			 struct bytes payload)
{
	uint32_t size = bytes_u32(payload, payload.size - 4);
	struct inspect_unpacked kernel;

	inspect_fact(image, "compression", "%s", inspect_packing_name(inspect_packing_of(payload)));
	if (inspect_packing_of(payload) == PACKING_NONE) {
		inspect_note(image, LEVEL_WARNING, "unknown-compression",
			     "the kernel is compressed in a way that is not known here; only its "
			     "EFI stub was searched");
		return false;
	}
	/* Linux's build appends the size; gzip itself does. */
	if (!inspect_unpack(limits, image, "the compressed kernel", payload, size, &kernel))
		return false;
	if (kernel.bytes.size != size)
		inspect_note(image, LEVEL_WARNING, "payload-size",
			     "the compressed kernel unpacks to %zu bytes, and says %u",
			     kernel.bytes.size, size);
	linux_kernel(limits, image, kernel.bytes);
	inspect_release(limits, &kernel);
	return true;
}

/* False: the file is shorter than its header states. */
static bool find_payload(struct inspect_image *image, struct bytes bytes, uint64_t *offset,
			 uint64_t *size)
{
	uint64_t start = protected_mode(bytes), length = bytes_u32(bytes, SYSSIZE) * 16ull;

	*offset = start + bytes_u32(bytes, PAYLOAD_OFFSET);
	*size = bytes_u32(bytes, PAYLOAD_LENGTH);
	/* SYSSIZE is rounded up, and a signature may follow. */
	if (start + length > bytes.size + 15) {
		inspect_unreadable(image, "truncated",
				   "it is cut off: %zu bytes, and its header says %llu", bytes.size,
				   (unsigned long long)(start + length));
		return false;
	}
	if (!bytes_have(bytes, *offset, *size) || *size < 16) {
		inspect_unreadable(image, "payload-outside-file",
				   "payload_offset and payload_length say 0x%llx and 0x%llx, which "
				   "is not in the file",
				   (unsigned long long)*offset, (unsigned long long)*size);
		return false;
	}
	return true;
}

static bool has(struct bytes bytes, const char *text)
{
	return bytes_find(bytes, text, strlen(text));
}

/*
 * Programs that boot loaders start as if they were Linux. A kernel since 2.6.24 has its payload's
 * place in the header. NULL: it is Linux.
 */
static const char *other_program(struct bytes bytes)
{
	uint16_t version = bytes_u16(bytes, VERSION);
	uint64_t name = bytes_u16(bytes, KERNEL_VERSION);
	struct bytes build = bytes_part(bytes, name + SECTOR, 80);
	bool payload = version >= 0x208 && bytes_u32(bytes, PAYLOAD_LENGTH);

	if (name && has(build, "iPXE"))
		return "iPXE";
	/* Linux names itself with a builder and a number, and before 2.6.24 it had no payload. */
	if (payload || has(build, " #"))
		return NULL;
	if (has(bytes, "Memtest86") || has(bytes, "MemTest86"))
		return "memtest86+";
	/* Most of iPXE is compressed; this is printed by what unpacks it. */
	if (has(bytes, "iPXE") || has(bytes, "Installation failed - cannot continue"))
		return "iPXE";
	if (has(bytes, "gPXE") || has(bytes, "Etherboot"))
		return "gPXE";
	return "a program";
}

static void look_at_program(struct inspect_image *image, struct bytes bytes, const char *name)
{
	char format[96];

	snprintf(format, sizeof(format), "%s with Linux's boot header, but not Linux", name);
	image->kind = INSPECT_PROGRAM;
	image->format = strdup(format);
	read_version(image, bytes);
	for (int i = ASK_UNACCEPTED; i < ASK_QUESTIONS; i++)
		inspect_say(image, (enum inspect_question)i, ANSWER_NO, STRENGTH_METADATA,
			    "there is no kernel in it: its header has no payload");
}

void bzimage_look(struct inspect_limits *limits, struct bytes bytes, struct inspect_image *image)
{
	uint64_t offset = bytes.size, size = 0;
	uint16_t version = bytes_u16(bytes, VERSION);
	const char *program = other_program(bytes);
	int parts = 0;

	if (program) {
		look_at_program(image, bytes, program);
		return;
	}
	image->kind = INSPECT_BZIMAGE;
	read_version(image, bytes);
	if (version >= 0x20c && !(bytes_u16(bytes, XLOADFLAGS) & KERNEL_64))
		linux_machine(image, 0x14c);
	if (version < 0x208) {
		inspect_note(image, LEVEL_NOTE, "old",
			     "boot protocol %u.%02u: from before Linux 2.6.24", version >> 8,
			     version & 0xff);
		inspect_say(image, ASK_UNACCEPTED, ANSWER_NO, STRENGTH_GUESS, "it is too old");
		linux_machine(image, 0x14c);
	} else if (find_payload(image, bytes, &offset, &size) &&
		   read_payload(limits, image, bytes_part(bytes, offset, size))) {
		parts |= LINUX_KERNEL;
	}
	linux_search(limits, image, bytes_part(bytes, 0, offset), LINUX_STUB);
	linux_search(limits, image, bytes_part(bytes, offset + size, bytes.size), LINUX_STUB);
	if (!bytes_are(bytes, 0, "MZ", 2)) {
		inspect_say(image, ASK_UNACCEPTED, ANSWER_NO, STRENGTH_CONFIG,
			    "it has no EFI stub, which would read the memory map");
		inspect_say(image, ASK_NEGOTIATES, ANSWER_NO, STRENGTH_CONFIG,
			    "it has no EFI stub");
	}
	/* In a damaged file, evidence that was found counts; missing evidence proves nothing. */
	if (!image->unreadable)
		linux_conclude(image, parts | LINUX_STUB);
}
