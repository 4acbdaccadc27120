/* SPDX-License-Identifier: MIT */
#include "efi/progress.h"

#include "efi/console.h"

enum { MEASURED_US = 1000 };

void efi_progress_begin(struct efi_progress *progress, const struct efi_firmware *firmware,
			uint64_t total)
{
	uint64_t before = firmware->ticks(), passed;

	firmware->boot->stall(MEASURED_US);
	passed = firmware->ticks() - before;
	progress->total = total;
	progress->done = 0;
	progress->per_second = passed ? passed * (1000000 / MEASURED_US) : 1;
	progress->began = progress->shown = firmware->ticks();
}

/* Seconds, rounded up. The bytes are counted in MiB. */
static uint64_t seconds_left(const struct efi_progress *progress, uint64_t now)
{
	uint64_t done = progress->done >> 20, left = (progress->total - progress->done) >> 20;
	uint64_t ms = (now - progress->began) / (progress->per_second / 1000 + 1);

	/* 49 days, which no boot takes; 4 PiB have fewer than 2^32 MiB. */
	if (ms > UINT32_MAX)
		ms = UINT32_MAX;
	return done ? (left * ms / done + 999) / 1000 : 0;
}

void efi_progress_step(struct efi_progress *progress, const struct efi_firmware *firmware,
		       uint64_t bytes)
{
	uint64_t now = firmware->ticks();
	struct efi_text text = { 0 };

	progress->done += bytes;
	if (now - progress->shown < progress->per_second || progress->done >= progress->total)
		return;
	progress->shown = now;
	efi_text_number(&text, (progress->done >> 20) * 100 / ((progress->total >> 20) + 1));
	efi_text_add(&text, " % of ");
	efi_text_size(&text, progress->total);
	efi_text_add(&text, " accepted, about ");
	efi_text_number(&text, seconds_left(progress, now));
	efi_text_add(&text, " s left");
	efi_say_for_now(firmware, &text);
}

uint64_t efi_progress_time(const struct efi_progress *progress, const struct efi_firmware *firmware)
{
	return (firmware->ticks() - progress->began) / (progress->per_second / 1000 + 1);
}
