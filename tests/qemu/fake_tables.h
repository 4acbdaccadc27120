/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_TESTS_QEMU_FAKE_TABLES_H
#define CVMEM_TESTS_QEMU_FAKE_TABLES_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "qemu/guest/guest.h"
#include "qemu/host/x86/cpu_state.h"
#include "qemu/memory/ram.h"

/* A vCPU's control registers and 1 MiB of memory for page tables, in the place of QEMU's. */

#define C_BIT (UINT64_C(1) << 51)

struct guest guest;

static uint64_t fake_cr[5];
static bool fake_long_mode;
static uint8_t fake_memory[1 << 20];

uint64_t qemu_cr(unsigned vcpu, unsigned which)
{
	return fake_cr[which];
}

bool qemu_is_long_mode(unsigned vcpu)
{
	return fake_long_mode;
}

bool memory_read_private(uint64_t gpa, void *buffer, size_t size)
{
	if (gpa + size > sizeof(fake_memory))
		return false;
	memcpy(buffer, fake_memory + gpa, size);
	return true;
}

static inline void fake_entry(uint64_t table, unsigned index, uint64_t entry)
{
	memcpy(fake_memory + table + 8 * index, &entry, sizeof(entry));
}

/* Paging with four levels in long mode, from a table at 0x1000. */
static inline void fake_reset(void)
{
	memset(fake_memory, 0, sizeof(fake_memory));
	fake_cr[0] = 0x80000011;
	fake_cr[3] = 0x1000;
	fake_cr[4] = 0x20;
	fake_long_mode = true;
	guest.private_base = C_BIT;
	guest.shared_base = 0;
}

#endif
