/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_TESTS_EMU_FAKE_BACKEND_H
#define CVMEM_TESTS_EMU_FAKE_BACKEND_H

#include "emu/backend.h"
#include "emu/machine.h"

/*
 * A backend without a guest: it keeps which pages each view may use, holds the bytes of shared
 * memory, and records the first breach of the contract of backend.h.
 */

#define FAKE_PAGES 4096 /* 16 MiB */

struct fake_call {
	char what; /* P map_private, p unmap_private, S map_shared, s unmap_shared */
	uint64_t gpa, size;
	bool zero;
};

struct fake_backend {
	struct emu_backend backend;
	/* By page; atomic, because vCPUs call at once. */
	uint8_t private_ok[FAKE_PAGES], shared_ok[FAKE_PAGES], inside[FAKE_PAGES];
	/* The first calls, when log is set: for tests with one vCPU. */
	bool log;
	struct fake_call call[64];
	size_t calls;
	/* What happens while a callback is under way: another thread's turn, or a call. */
	bool yield;
	unsigned turns; /* atomic */
	void (*meanwhile)(void *arg);
	void *meanwhile_arg;
	unsigned char *shared; /* the bytes of shared memory */
	const char *wrong;     /* what broke the contract first, or NULL */
};

struct fake_backend *fake_create(void);
void fake_destroy(struct fake_backend *fake);
void fake_clear_log(struct fake_backend *fake);
/* The next call in the log is this one and there is none but the ones checked before. */
void fake_expect(struct fake_backend *fake, size_t index, char what, uint64_t gpa, uint64_t size);

/* Bytes of private RAM that are not accepted, as the machine's counters have it. */
uint64_t fake_unaccepted(const struct emu_machine *machine);

#endif
