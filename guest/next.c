/* SPDX-License-Identifier: MIT */
#include "guest/guest.h"

/*
 * One kernel after another: the image, from the ROM, is written to memory of this kernel, relocated
 * and jumped to. It finds what it is given in the memory that the first image has been launched
 * with beside it.
 */

/* All of bare/layout.h that moves. */
#define IMAGE_BYTES (GUEST_WORKLOAD - BARE_IMAGE)

struct start {
	struct guest_machine machine;
	struct boot_start boot;
};

_Static_assert(sizeof(struct start) <= BARE_LAUNCH_BYTES, "");

/* relocations.py: which words of the image are addresses in it. */
struct relocations {
	uint32_t image_bytes, count, offset[];
};

static struct start *start_of(uint64_t image)
{
	return (struct start *)(image + BARE_LAUNCH - BARE_IMAGE);
}

const struct boot_start *guest_next_start(uint64_t image)
{
	guest_machine = start_of(image)->machine;
	return &start_of(image)->boot;
}

/* Private memory of an SNP guest has any content until it is written to. */
static void load(void *ctx, uint64_t gpa)
{
	const struct relocations *relocations = (const struct relocations *)GUEST_RELOCATIONS;
	const uint64_t *from = (const uint64_t *)GUEST_ROM;
	uint64_t *to = (uint64_t *)gpa, words = (relocations->image_bytes + 7) / 8, i;

	for (i = 0; i < words; i++)
		to[i] = from[i];
	for (; i < IMAGE_BYTES / 8; i++)
		to[i] = 0;
	for (i = 0; i < relocations->count; i++) {
		uint64_t address = gpa + relocations->offset[i], value;

		__builtin_memcpy(&value, (void *)address, sizeof(value));
		value += gpa - BARE_IMAGE;
		__builtin_memcpy((void *)address, &value, sizeof(value));
	}
}

static void check(int error, const char *what)
{
	if (error)
		bare_panic(what, (uint64_t)error);
}

static void jump(void *ctx, uint64_t gpa, const struct boot_start *start)
{
	const struct boot_wire_config *config = &guest_machine.config;

	start_of(gpa)->machine = guest_machine;
	start_of(gpa)->boot = *start;
	check(guest_cpus_stop(config->vcpus + config->idle_vcpus), "a CPU does not stop");
	check(bare_fw_cfg_stop(), "the buffer for DMA is not private");
	check(bare_ghcb_stop(), "the GHCB pages are not private");
	((void (*)(uint64_t))gpa)(gpa);
}

const struct boot_image guest_image = { .bytes = IMAGE_BYTES, .load = load, .jump = jump };
