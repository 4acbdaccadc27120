/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <sys/mman.h>
#include "tools/inspect/inspect.h"

bool inspect_work(struct inspect_limits *limits, struct inspect_image *image, uint64_t bytes)
{
	if (bytes <= limits->work) {
		limits->work -= bytes;
		return true;
	}
	limits->work = 0;
	inspect_unreadable(image, "too-much-work",
			   "given up: more than %llu GiB to unpack and search", INSPECT_WORK >> 30);
	return false;
}

/*
 * Allocations of this size are room for a stream's output, most of which is never used. Mapped
 * memory costs nothing until it is touched, with any C library's malloc().
 */
#define LARGE (64u << 20)

static uint8_t *take(uint64_t size)
{
	void *data;

	if (size < LARGE)
		return malloc(size);
	data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		    -1, 0);
	return data == MAP_FAILED ? NULL : data;
}

uint8_t *inspect_alloc(struct inspect_limits *limits, struct inspect_image *image, uint64_t size)
{
	uint8_t *data = NULL;

	if (size && size <= limits->memory)
		data = take(size);
	if (data)
		limits->memory -= size;
	else
		inspect_unreadable(image, "too-large",
				   "%llu bytes would have to be unpacked; the limit is %llu MiB",
				   (unsigned long long)size, INSPECT_MEMORY >> 20);
	return data;
}

void inspect_free(struct inspect_limits *limits, uint8_t *data, uint64_t size)
{
	if (!data)
		return;
	limits->memory += size;
	if (size < LARGE)
		free(data);
	else
		munmap(data, size);
}
