/* SPDX-License-Identifier: MIT */
#include "tools/inspect/firmware_image.h"
#include "tools/inspect/format.h"
#include "tools/inspect/linux.h"
#include "tools/inspect/signature.h"

/* Tried in this order. Formats without a fixed signature, found by a search, come last. */
static const struct inspect_format formats[] = {
	{ bzimage_recognise, bzimage_look },
	{ zboot_recognise, zboot_look },
	{ arm64_image_recognise, arm64_image_look },
	{ other_linux_recognise, other_linux_look },
	{ pe_recognise, pe_look },
	{ gpt_recognise, gpt_look },
	{ iso_recognise, iso_look },
	{ fat_recognise, fat_look },
	{ ext_recognise, ext_look },
	{ mbr_recognise, mbr_look },
	{ named_recognise, named_look },
	{ vmlinux_recognise, vmlinux_look },
	{ pvh_recognise, pvh_look },
	{ fw_recognise, fw_look },
	{ packed_recognise, packed_look },
	{ bios_recognise, bios_look },
};

#define FORMATS (sizeof(formats) / sizeof(formats[0]))

void inspect_look(struct inspect_limits *limits, struct bytes bytes, struct inspect_image *image)
{
	limits->look = inspect_look;
	if (!bytes.size) {
		inspect_unreadable(image, "empty", "it is empty");
		return;
	}
	if (!limits->depth) {
		inspect_unreadable(image, "too-deep", "more images within images than %d",
				   INSPECT_DEPTH);
		return;
	}
	limits->depth--;
	for (size_t i = 0; i < FORMATS; i++) {
		if (!formats[i].recognise(bytes))
			continue;
		formats[i].look(limits, bytes, image);
		break;
	}
	limits->depth++;
	signature_look(bytes, image);
	/* The kernel in a unified kernel image has its own. */
	if (inspect_role(image->kind) == ROLE_KERNEL && image->kind != INSPECT_UKI &&
	    image->kind != INSPECT_PVH)
		linux_known(image);
	if (image->kind == INSPECT_UNKNOWN && !image->unreadable)
		inspect_unreadable(image, "unknown-format",
				   "no kernel, EFI program, firmware or disk image that is known "
				   "here");
}
