/* SPDX-License-Identifier: MIT */
#ifndef TESTS_EFI_FAKE_FIRMWARE_H
#define TESTS_EFI_FAKE_FIRMWARE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "efi/firmware.h"

/*
 * A firmware with a GCD, from which it makes its memory map, files, a console, and other images to
 * start. It fails the test when a rule of these services is broken.
 */

#define GIB (UINT64_C(1) << 30)
#define MIB (UINT64_C(1) << 20)

enum fake_type { FAKE_NONE, FAKE_CONVENTIONAL, FAKE_UNACCEPTED };

struct fake_range {
	uint64_t start, end;
	enum fake_type type;
};

struct fake_file {
	const char *path;
	const void *data;
	size_t size;
};

struct fake {
	struct efi_firmware firmware; /* open, an SEV-SNP guest; a test may change it */
	struct fake_range gcd[64];
	size_t ranges;
	char console[8192];
	size_t printed;
	/* Of memory that was accepted, in order. */
	struct cvm_span accepted[1024];
	size_t accepts;
	/* What the firmware lacks. */
	bool no_accept, no_dxe, no_allow, no_console, no_files, no_path;
	/* The accept or removal of the range that has this address fails. */
	uint64_t accept_fails_at, remove_fails_at;
	efi_status fails_with;
	/* A range that the memory map has as unaccepted, whatever the GCD has. */
	struct fake_range lie;
	unsigned told; /* calls of the acceptance protocol */
	/* Pages that are handed out, and whether they were given back. */
	uint8_t *pages;
	size_t pages_size;
	bool no_pages, freed_pages;
	/* Boot services have ended. Attempts to end them that find another map. */
	bool exited;
	unsigned changing;
	efi_status exit_status;
	size_t map_key;
	/* [1] is that of the DXE services. */
	struct efi_configuration_table table[4];
	/* Memory map calls that find the map longer than the call before. */
	unsigned growing;
	size_t descriptor_size;
	size_t allocated;      /* not freed yet */
	size_t alloc_fails_in; /* the how manieth allocation fails, from 1; 0: none */
	struct fake_file file[8];
	/* The next image. */
	char loaded[512];
	efi_status load_status, start_status;
	bool started, unloaded;
	char next_options[512];
	size_t watchdog[8]; /* seconds that it was set to, in order */
	unsigned watchdogs;
	bool watched;			/* it is running */
	uint64_t now, ticks_per_accept; /* a tick is a microsecond */
	uint64_t stalled;
};

extern struct fake fake;

/* The image is \EFI\BOOT\BOOTX64.EFI. */
void fake_init(void);
void fake_add(uint64_t start, uint64_t end, enum fake_type type);
void fake_add_file(const char *path, const void *data, size_t size);
/* Bytes of a type in the GCD. */
uint64_t fake_bytes(enum fake_type type);
/* Bytes accepted. */
uint64_t fake_accepted(void);
/* The console, all of it. */
void fake_printed(const char *expected);
efi_handle fake_handle(void);

#endif
