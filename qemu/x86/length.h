/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_X86_LENGTH_H
#define CVMEM_QEMU_X86_LENGTH_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of the instruction in 64-bit mode at the start of the code, of which there are `size`
 * bytes. 0: not known, which includes much of what only an operating system executes. */
size_t x86_length(const uint8_t *code, size_t size);

#endif
