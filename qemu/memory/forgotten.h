/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_MEMORY_FORGOTTEN_H
#define CVMEM_QEMU_MEMORY_FORGOTTEN_H

#include <stdbool.h>
#include <stdint.h>

/* The range of an accept that was forgotten on purpose. The emulator takes it for accepted; for the
 * guest's accesses it is as it was before. */
void memory_forget(uint64_t gpa, uint64_t size);
/* The range has changed its state since. */
void memory_forget_no_more(uint64_t gpa, uint64_t size);
bool memory_is_forgotten(uint64_t gpa);

#endif
