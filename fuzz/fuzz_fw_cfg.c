/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "bare/bare.h"

/*
 * QEMU's firmware configuration device, driven by bare/fw_cfg.c, and a host that answers each
 * transfer with what it likes: what is asked for lies within the buffer for DMA, and what is found
 * has a size that the directory gave.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PORT_DMA_LOW 0x518
#define DATA	     4096
#define SHARED	     (BARE_SHARED_MAP + BARE_DMA)
#define MAX_READ     0x3000

enum { DMA_READ = 2, DMA_SKIP = 4, DMA_SELECT = 8, DMA_WRITE = 16 };

struct bare_platform bare_platform;

static const uint8_t *input;
static size_t left;

static size_t take(void *to, size_t bytes)
{
	size_t part = bytes < left ? bytes : left;

	memcpy(to, input, part);
	input += part;
	left -= part;
	return part;
}

/* The request's control, length and address, each big-endian. A byte of the input is the status. */
void bare_out(uint16_t port, unsigned bytes, uint32_t value)
{
	uint8_t *area = (uint8_t *)(uintptr_t)SHARED, status = 0;
	uint32_t control, length;
	uint64_t address;

	if (port != PORT_DMA_LOW)
		return;
	memcpy(&control, area, sizeof(control));
	memcpy(&length, area + 4, sizeof(length));
	memcpy(&address, area + 8, sizeof(address));
	control = __builtin_bswap32(control) & 0xffff;
	length = __builtin_bswap32(length);
	if (__builtin_bswap64(address) != BARE_DMA + DATA || __builtin_bswap32(value) != BARE_DMA)
		abort();
	if (control & (DMA_READ | DMA_WRITE) && length > BARE_DMA_BYTES - DATA)
		abort();
	if (control & ~(uint32_t)(DMA_READ | DMA_SKIP | DMA_SELECT | DMA_WRITE))
		abort();
	if (control & DMA_READ)
		take(area + DATA, length);
	/* A host that has nothing more to say rejects all, so that each input ends. */
	status = left ? 0 : 1;
	take(&status, 1);
	area[0] = area[1] = area[2] = 0;
	area[3] = status & 1;
}

static int accept_nothing(struct cvm_platform *platform, uint64_t start, uint64_t end,
			  struct cvm_accept_result *result)
{
	return start == BARE_DMA && end == BARE_DMA + BARE_DMA_BYTES ? 0 : CVM_EINVAL;
}

static int convert_nothing(struct cvm_platform *platform, uint64_t start, uint64_t end,
			   uint64_t *done)
{
	return accept_nothing(platform, start, end, NULL);
}

static void start(void)
{
	static struct cvm_platform platform = {
		.accept = accept_nothing,
		.set_shared = convert_nothing,
		.set_private = convert_nothing,
	};

	if (bare_platform.platform)
		return;
	bare_platform.platform = &platform;
	if (mmap((void *)(uintptr_t)SHARED, BARE_DMA_BYTES, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
		 0) != (void *)(uintptr_t)SHARED)
		abort();
	if (bare_fw_cfg_start())
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "etc/e820", "etc/table-loader",
					     "opt/org.cvmem/accept" };
	uint8_t *buffer;

	start();
	input = data;
	left = size;
	memset((void *)(uintptr_t)SHARED, 0, BARE_DMA_BYTES);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		uint16_t selector;
		uint32_t bytes = bare_fw_cfg_find(names[i], &selector);

		/* No caller reads more than it has room for. */
		if (!bytes || bytes > MAX_READ)
			continue;
		buffer = malloc(bytes);
		if (!buffer)
			abort();
		if (!bare_fw_cfg_read_at(selector, bytes / 3, buffer, bytes - bytes / 3))
			bare_fw_cfg_write(selector, bytes / 3, buffer, bytes - bytes / 3);
		free(buffer);
	}
	return 0;
}
