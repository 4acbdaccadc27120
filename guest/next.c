/* SPDX-License-Identifier: MIT */
#include "guest/guest.h"
#include "guest/load.h"

/*
 * One kernel after another: the image, from the ROM, is written to memory of this kernel, relocated
 * and jumped to. It finds what it is given in the memory that the first image has been launched
 * with beside it.
 */

struct start {
	struct guest_machine machine;
	struct boot_start boot;
};

_Static_assert(sizeof(struct start) <= BARE_LAUNCH_BYTES, "");

static struct start *start_of(uint64_t image)
{
	return (struct start *)(image + BARE_LAUNCH - BARE_IMAGE);
}

const struct boot_start *guest_next_start(uint64_t image)
{
	guest_machine = start_of(image)->machine;
	return &start_of(image)->boot;
}

static void load(void *ctx, uint64_t gpa)
{
	guest_load((const void *)guest_machine.rom, gpa);
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
	((void (*)(uint64_t, uint32_t))gpa)(gpa, false);
}

const struct boot_image guest_image = { .bytes = GUEST_IMAGE_BYTES, .load = load, .jump = jump };
