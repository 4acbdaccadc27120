/* SPDX-License-Identifier: MIT */
#include "tools/inspect/signature.h"

#include <stdlib.h>

#include "formats/pe.h"

/* One signature with its chain has less than 10 KiB. */
#define TABLE_MAX ((size_t)64 << 10)

void signature_look(struct bytes bytes, struct inspect_image *image)
{
	struct bytes table;
	struct pe pe;

	if (!pe_open(bytes, &pe))
		return;
	table = bytes_part(pe_certificates(&pe), 0, TABLE_MAX);
	image->signature = malloc(table.size + 1);
	if (!image->signature)
		return;
	memcpy(image->signature, table.data, table.size);
	image->signature_size = table.size;
	image->signature_known = true;
}

enum inspect_answer signature_by(const struct inspect_image *program,
				 const struct inspect_keys *keys)
{
	struct bytes table = { program->signature, program->signature_size };

	if (!program->signature_known)
		return ANSWER_UNKNOWN;
	for (size_t i = 0; i < keys->count; i++) {
		if (bytes_find(table, keys->name[i], keys->size[i]))
			return ANSWER_YES;
	}
	return ANSWER_NO;
}
