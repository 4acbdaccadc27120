/* SPDX-License-Identifier: MIT */
#ifndef EFI_PROGRESS_H
#define EFI_PROGRESS_H

#include "efi/firmware.h"
#include "efi/text.h"

/* How far the acceptance is, and how long the rest will take at the speed so far. */
struct efi_progress {
	uint64_t total, done;  /* bytes */
	uint64_t began, shown; /* ticks */
	uint64_t per_second;   /* ticks */
};

/* Takes a millisecond, to measure the clock. */
void efi_progress_begin(struct efi_progress *progress, const struct efi_firmware *firmware,
			uint64_t total);
/* Shows a line, but not more than one in a second. */
void efi_progress_step(struct efi_progress *progress, const struct efi_firmware *firmware,
		       uint64_t bytes);
/* Milliseconds since the beginning. */
uint64_t efi_progress_time(const struct efi_progress *progress,
			   const struct efi_firmware *firmware);

#endif
