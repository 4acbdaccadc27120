/* SPDX-License-Identifier: MIT */
#include "tools/inspect/efi_program.h"
#include "tools/inspect/format.h"

bool pe_recognise(struct bytes bytes)
{
	struct pe pe;

	return pe_open(bytes, &pe);
}

void pe_look(struct inspect_limits *limits, struct bytes bytes, struct inspect_image *image)
{
	struct pe_section section;
	unsigned int found = 0;
	struct pe pe;

	if (!pe_open(bytes, &pe))
		return;
	for (; pe_section(&pe, found, &section); found++) {
		if (section.outside)
			inspect_unreadable(image, "section-outside-file",
					   "section %u, %s, is not in the file: it is cut off",
					   found, section.name);
	}
	if (found < pe.sections)
		inspect_unreadable(image, "truncated",
				   "it is cut off: it says %u sections, and %u are there",
				   pe.sections, found);
	if (uki_is(&pe))
		uki_look(limits, &pe, image);
	else
		loader_look(limits, &pe, image);
}
