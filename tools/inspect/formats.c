/* SPDX-License-Identifier: MIT */
#include "tools/inspect/format.h"
#include "tools/inspect/fw_look.h"

/* Tried in this order. */
static const struct inspect_format formats[] = {
	{ fw_recognise, fw_look },
	{ NULL, NULL },
};

void inspect_look(struct inspect_limits *limits, struct inspect_bytes bytes,
		  struct inspect_image *image)
{
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
	for (const struct inspect_format *format = formats; format->recognise; format++) {
		if (!format->recognise(bytes))
			continue;
		format->look(limits, bytes, image);
		break;
	}
	limits->depth++;
	if (image->kind == INSPECT_UNKNOWN)
		inspect_unreadable(
			image, "unknown-format",
			"no kernel, EFI program, firmware or disk image that is known here");
}
