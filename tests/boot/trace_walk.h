/* SPDX-License-Identifier: MIT */
#ifndef TESTS_BOOT_TRACE_WALK_H
#define TESTS_BOOT_TRACE_WALK_H

#include <stddef.h>

/*
 * Opens a copy that ends where its allocation ends, so that a sanitizer sees every read beyond
 * it. What can be opened is read to the end, alone and merged, and has to keep what boot/trace.h
 * promises. Returns what trace_open() did.
 */
int walk_copy(const void *data, size_t bytes);

#endif
