/* SPDX-License-Identifier: MIT */
#include "bare/bare.h"

/* QEMU's docs/specs/fw_cfg.rst. Numbers are big-endian. */
#define PORT_DMA_HIGH 0x514
#define PORT_DMA_LOW  0x518

#define KEY_DIRECTORY 0x19
/* QEMU has 32 slots for files, or as many as its x-file-slots says, in 16 bits of keys. */
#define MAX_FILES 0x4000

enum { DMA_ERROR = 1, DMA_READ = 2, DMA_SKIP = 4, DMA_SELECT = 8, DMA_WRITE = 16 };

struct dma {
	uint32_t control, length;
	uint64_t address;
};

struct file {
	uint32_t size;
	uint16_t selector, reserved;
	char name[56];
};

/* The request, and behind it what is read. */
#define DATA_OFFSET 4096
#define DATA_BYTES  (BARE_DMA_BYTES - DATA_OFFSET)

static uint16_t swap16(uint16_t value)
{
	return (uint16_t)(value << 8 | value >> 8);
}

int bare_fw_cfg_start(void)
{
	struct cvm_platform *platform = bare_platform.platform;
	struct cvm_accept_result result = { 0 };
	uint64_t start = bare_at(BARE_DMA), end = start + BARE_DMA_BYTES, done;
	int error = bare_moved ? 0 : platform->accept(platform, start, end, &result);

	return error ? error : platform->set_shared(platform, start, end, &done);
}

int bare_fw_cfg_stop(void)
{
	struct cvm_platform *platform = bare_platform.platform;
	struct cvm_accept_result result = { 0 };
	uint64_t start = bare_at(BARE_DMA), end = start + BARE_DMA_BYTES, done;
	int error = platform->set_private(platform, start, end, &done);

	return error ? error : platform->accept(platform, start, end, &result);
}

static volatile uint8_t *shared(uint64_t offset)
{
	return (volatile uint8_t *)(uintptr_t)(bare_at(BARE_DMA) + BARE_SHARED_MAP + offset);
}

static int transfer(uint32_t control, uint32_t bytes)
{
	volatile struct dma *dma = (volatile struct dma *)shared(0);

	dma->control = __builtin_bswap32(control);
	dma->length = __builtin_bswap32(bytes);
	dma->address = __builtin_bswap64(bare_at(BARE_DMA) + DATA_OFFSET);
	bare_out(PORT_DMA_HIGH, 4, __builtin_bswap32((uint32_t)(bare_at(BARE_DMA) >> 32)));
	bare_out(PORT_DMA_LOW, 4, __builtin_bswap32((uint32_t)bare_at(BARE_DMA)));
	/* QEMU has done it when the write returns. */
	return dma->control ? CVM_EIO : 0;
}

/* Most of it in words: an emulator takes as long for a byte. */
static uint8_t *copy_out(uint8_t *to, uint32_t bytes)
{
	const volatile uint64_t *word = (const volatile uint64_t *)shared(DATA_OFFSET);
	uint32_t at = 0;

	for (; bytes - at >= sizeof(*word); at += sizeof(*word), word++) {
		uint64_t value = *word;

		__builtin_memcpy(to + at, &value, sizeof(value));
	}
	for (; at < bytes; at++)
		to[at] = shared(DATA_OFFSET)[at];
	return to + bytes;
}

int bare_fw_cfg_read_at(uint16_t selector, uint32_t offset, void *buffer, uint32_t bytes)
{
	uint32_t select = (uint32_t)selector << 16 | DMA_SELECT;
	uint32_t control = offset ? DMA_READ : select | DMA_READ;
	uint8_t *to = buffer;
	int skipped = offset ? transfer(select | DMA_SKIP, offset) : 0;

	if (skipped)
		return skipped;
	while (bytes) {
		uint32_t part = bytes < DATA_BYTES ? bytes : DATA_BYTES;
		int error = transfer(control, part);

		if (error)
			return error;
		to = copy_out(to, part);
		bytes -= part;
		control = DMA_READ; /* go on where the last one has ended */
	}
	return 0;
}

int bare_fw_cfg_read(uint16_t selector, void *buffer, uint32_t bytes)
{
	return bare_fw_cfg_read_at(selector, 0, buffer, bytes);
}

int bare_fw_cfg_write(uint16_t selector, uint32_t offset, const void *from, uint32_t bytes)
{
	uint32_t control = (uint32_t)selector << 16 | DMA_SELECT | DMA_SKIP;
	const uint8_t *byte = from;
	int error;

	if (bytes > DATA_BYTES)
		return CVM_EINVAL;
	error = transfer(control, offset);
	if (error)
		return error;
	for (uint32_t i = 0; i < bytes; i++)
		shared(DATA_OFFSET)[i] = byte[i];
	return transfer(DMA_WRITE, bytes);
}

static bool is_same(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

uint32_t bare_fw_cfg_find(const char *name, uint16_t *selector)
{
	uint32_t count;
	struct file file;

	if (bare_fw_cfg_read(KEY_DIRECTORY, &count, sizeof(count)))
		return 0;
	count = __builtin_bswap32(count);
	if (count > MAX_FILES)
		return 0;
	for (uint32_t i = 0; i < count; i++) {
		if (transfer(DMA_READ, sizeof(file)))
			return 0;
		for (unsigned byte = 0; byte < sizeof(file); byte++)
			((uint8_t *)&file)[byte] = shared(DATA_OFFSET)[byte];
		file.name[sizeof(file.name) - 1] = 0;
		if (!is_same(file.name, name))
			continue;
		*selector = swap16(file.selector);
		return __builtin_bswap32(file.size);
	}
	return 0;
}
