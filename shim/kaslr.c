/* SPDX-License-Identifier: MIT */
#include "shim/place.h"
#include "shim/shim.h"

/*
 * Linux's decompressor takes a random place for the kernel (KASLR), and accepts it in an SNP guest
 * page by page: a request to the host for each 4 KiB. So the firmware draws the place instead, as
 * Linux would, and accepts it in pages of 2 MiB.
 */

#define UNIT	      (UINT64_C(2) << 20)
#define CPUID_1_RDRND (1U << 30)
#define MAX_TRIES     10 /* Intel SDM volume 1, 7.3.17.1 */

static bool draw(uint64_t *number)
{
	struct cvm_cpuid features;

	bare_cpuid(1, 0, &features);
	if (!(features.ecx & CPUID_1_RDRND))
		return false;
	for (unsigned i = 0; i < MAX_TRIES; i++) {
		bool good;

		__asm__ volatile("rdrand %0" : "=r"(*number), "=@ccc"(good));
		if (good)
			return true;
	}
	return false;
}

bool shim_place_kernel(const struct shim_kernel *kernel)
{
	uint64_t bytes = (kernel->image.init_size + UNIT - 1) & -UNIT, random, place;

	if (bare_platform.kind != CVM_PLATFORM_SNP || !place_is_random(kernel->cmdline) ||
	    !draw(&random))
		return false;
	place = place_choose(&shim_map, SHIM_POOL_END, bytes, random);
	if (!place)
		return false;
	shim_accept(place, place + bytes);
	return true;
}
