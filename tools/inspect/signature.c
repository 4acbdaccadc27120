/* SPDX-License-Identifier: MIT */
#include "tools/inspect/signature.h"

#include <stdlib.h>

#include "formats/pe.h"

/* One signature with its chain has less than 10 KiB. */
#define TABLE_MAX ((size_t)64 << 10)

void signature_look(struct bytes bytes, struct inspect_image *image)
{
	struct bytes all, table;
	struct pe pe;

	if (!pe_open(bytes, &pe))
		return;
	all = pe_certificates(&pe);
	table = bytes_part(all, 0, TABLE_MAX);
	image->signature = malloc(table.size + 1);
	if (!image->signature)
		return;
	memcpy(image->signature, table.data, table.size);
	image->signature_size = table.size;
	image->signature_known = table.size == all.size;
}

enum inspect_answer signature_by(const struct inspect_image *program,
				 const struct inspect_keys *keys)
{
	struct bytes table = { program->signature, program->signature_size };

	for (size_t i = 0; i < keys->count; i++) {
		if (bytes_find(table, keys->name[i], keys->size[i]))
			return ANSWER_YES;
	}
	return program->signature_known ? ANSWER_NO : ANSWER_UNKNOWN;
}
