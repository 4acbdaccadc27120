/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_INSPECT_CHECK_H
#define FUZZ_INSPECT_CHECK_H

#include "tools/inspect/format.h"

/*
 * Looks at a file by one format, and aborts unless all that was allocated is given back, the limits
 * hold, texts can go to a terminal, and there is a verdict that can be printed both ways.
 */
void inspect_check(const struct inspect_format *format, const uint8_t *data, size_t size);

#endif
