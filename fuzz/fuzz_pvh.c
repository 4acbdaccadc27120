/* SPDX-License-Identifier: MIT */
#include "fuzz/inspect_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct inspect_format format = { pvh_recognise, pvh_look };

	inspect_check(&format, data, size);
	return 0;
}
