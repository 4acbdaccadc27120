/* SPDX-License-Identifier: MIT */
/* Firmware without UEFI volumes, by the texts that it prints. */
#include <stdio.h>
#include "tools/inspect/format.h"

/* Flash chips of boards have 32 MiB at most; searching more costs time for nothing. */
#define LARGEST (32u << 20)

static const struct {
	const char *text, *name;
} programs[] = {
	{ "SeaBIOS", "SeaBIOS" },    { "U-Boot 20", "U-Boot" },	 { "U-Boot SPL 20", "U-Boot" },
	{ "coreboot-", "coreboot" }, { "OpenSBI v", "OpenSBI" }, { "qboot", "qboot" },
};

/* PCI Firmware specification, 5.1: an option ROM. */
static bool is_option_rom(struct bytes bytes)
{
	return bytes_u16(bytes, 0) == 0xaa55 &&
	       bytes_number(bytes, 2, 1) * 512 <= bytes.size + 511 && bytes.size <= 4u << 20 &&
	       (bytes_are(bytes, bytes_u16(bytes, 0x18), "PCIR", 4) ||
		bytes_find(bytes_part(bytes, 0, 512), "IBM", 3));
}

/* The processor starts 16 bytes below the end: a far jump, as IBM's PC had it. */
static bool is_bios(struct bytes bytes)
{
	return bytes.size >= 65536 && bytes.size % 4096 == 0 && bytes.size <= LARGEST &&
	       bytes_number(bytes, bytes.size - 16, 1) == 0xea;
}

static const char *find(struct bytes bytes)
{
	if (is_option_rom(bytes))
		return "option ROM";
	for (size_t i = 0; bytes.size <= LARGEST && i < sizeof(programs) / sizeof(programs[0]);
	     i++) {
		if (bytes_find(bytes, programs[i].text, strlen(programs[i].text)))
			return programs[i].name;
	}
	return is_bios(bytes) ? "BIOS" : NULL;
}

bool bios_recognise(struct bytes bytes)
{
	return find(bytes);
}

/* "U-Boot 2023.01+dfsg-2 (Jun 22 2026" */
static void read_version(struct inspect_image *image, struct bytes bytes)
{
	const uint8_t *found = bytes_find(bytes, "U-Boot 20", 9);
	char version[64];
	size_t used = 0;

	if (!found)
		return;
	for (found += 7; found<bytes.data + bytes.size && * found> ' ' && *found < 0x7f &&
			 used + 1 < sizeof(version);
	     found++)
		version[used++] = (char)*found;
	version[used] = 0;
	inspect_version(image, version);
}

void bios_look(struct inspect_limits *limits, struct bytes bytes, struct inspect_image *image)
{
	const char *name = find(bytes);

	image->kind = INSPECT_FIRMWARE;
	if (!inspect_work(limits, image, 8 * (uint64_t)bytes.size))
		return;
	image->format = strdup(name);
	read_version(image, bytes);
	for (int i = ASK_UNACCEPTED; i < ASK_QUESTIONS; i++)
		inspect_say(image, (enum inspect_question)i, ANSWER_NO, STRENGTH_METADATA,
			    "it is %s, without the metadata of a TDX or SEV-SNP guest's firmware",
			    name);
}
