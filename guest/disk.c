/* SPDX-License-Identifier: MIT */
#include "guest/guest.h"
#include "guest/virtio.h"

/*
 * A disk, VIRTIO 1.2, 5.2, "Block Device": a pattern is written to all of it and read back, by the
 * bounce buffer. One that does not begin with the text of `cvmem boot` is left alone.
 */
#define DEVICE_BLOCK 0x1042
#define SECTOR	     512
#define PAGE	     4096

enum { TYPE_IN = 0, TYPE_OUT = 1 };
enum { CONFIG_CAPACITY = 0 };

/* In the bounce buffer: the queue, the request, and from the second page on what is transferred. */
enum { REQUEST = VIRTIO_QUEUE_BYTES, STATUS = REQUEST + 16, DATA = PAGE };

#define MAX_PART (64u << 10)

struct request {
	uint32_t type, reserved;
	uint64_t sector;
};

struct disk {
	struct virtio virtio;
	uint64_t buffer, data; /* what the device is told to access */
	uint64_t sectors;
	uint32_t part; /* bytes at a time */
};

static void *shared(uint64_t gpa)
{
	return (void *)(uintptr_t)(gpa + BARE_SHARED_MAP);
}

static int transfer(struct disk *disk, uint32_t type, uint64_t sector, uint32_t bytes)
{
	const struct virtio_part parts[] = {
		{ disk->buffer + REQUEST, sizeof(struct request), false },
		{ disk->data, bytes, type == TYPE_IN },
		{ disk->buffer + STATUS, 1, true },
	};
	volatile struct request *request = shared(disk->buffer + REQUEST);
	volatile uint8_t *status = shared(disk->buffer + STATUS);
	int error;

	request->type = type;
	request->reserved = 0;
	request->sector = sector;
	*status = 0xff;
	error = virtio_request(&disk->virtio, parts, 3);
	return !error && *status ? CVM_EIO : error;
}

/* Each word is another one, also in another kernel. */
static uint64_t pattern(uint64_t offset)
{
	return (offset + bare_moved + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

static void fill(struct disk *disk, uint64_t offset, uint32_t bytes, uint64_t flip)
{
	volatile uint64_t *word = shared(disk->buffer + DATA);

	for (uint32_t i = 0; i < bytes / 8; i++)
		word[i] = pattern(offset + 8 * i) ^ flip;
}

static uint64_t differing(struct disk *disk, uint64_t offset, uint32_t bytes)
{
	volatile uint64_t *word = shared(disk->buffer + DATA);
	uint64_t count = 0;

	for (uint32_t i = 0; i < bytes / 8; i++)
		count += word[i] != pattern(offset + 8 * i);
	return count;
}

static int write_part(struct disk *disk, uint64_t offset, uint32_t bytes)
{
	fill(disk, offset, bytes, 0);
	return transfer(disk, TYPE_OUT, offset / SECTOR, bytes);
}

static int read_part(struct disk *disk, uint64_t offset, uint32_t bytes)
{
	int error;

	fill(disk, offset, bytes, UINT64_MAX);
	error = transfer(disk, TYPE_IN, offset / SECTOR, bytes);
	return !error && differing(disk, offset, bytes) ? CVM_EIO : error;
}

/* Behind the text, in parts. */
static int each_part(struct disk *disk, int (*run)(struct disk *, uint64_t, uint32_t))
{
	uint64_t end = disk->sectors * SECTOR;
	int error = 0;

	for (uint64_t at = SECTOR; !error && at < end; at += disk->part)
		error = run(disk, at, end - at < disk->part ? (uint32_t)(end - at) : disk->part);
	return error;
}

static int check_is_ours(struct disk *disk)
{
	static const char text[] = BOOT_WIRE_DISK;
	const volatile char *data = shared(disk->buffer + DATA);
	int error = transfer(disk, TYPE_IN, 0, SECTOR);

	for (unsigned i = 0; !error && i < sizeof(text) - 1; i++)
		if (data[i] != text[i])
			error = CVM_ENODEV;
	return error;
}

/* A fault of a driver: it gives the device an address of private memory, and no more than that
 * page. */
static void break_driver(struct disk *disk)
{
	static uint8_t page[PAGE] __attribute__((aligned(PAGE)));
	uint16_t selector;

	if (!bare_fw_cfg_find(BOOT_WIRE_PRIVATE_DMA, &selector))
		return;
	disk->data = (uint64_t)page;
	disk->part = PAGE;
}

static int use(struct disk *disk, uint64_t *compared)
{
	int error;

	disk->sectors = bare_mmio_read(disk->virtio.config + CONFIG_CAPACITY, 4);
	if (disk->sectors > UINT32_MAX) /* the host does not say */
		return CVM_EIO;
	error = disk->sectors ? check_is_ours(disk) : CVM_ENODEV;
	if (error)
		return error;
	break_driver(disk);
	error = each_part(disk, write_part);
	if (!error)
		error = each_part(disk, read_part);
	if (!error)
		*compared += (disk->sectors - 1) * SECTOR;
	return error;
}

int guest_use_disk(void *ctx, uint64_t bounce, uint64_t bytes, uint64_t *compared)
{
	struct disk disk = { .buffer = bounce, .data = bounce + DATA };
	int error, stopped;

	if (bytes < 2 * DATA)
		return CVM_EINVAL;
	disk.part = bytes - DATA < MAX_PART ? (uint32_t)(bytes - DATA) : MAX_PART;
	error = virtio_start(&disk.virtio, DEVICE_BLOCK, bounce);
	if (error)
		return error;
	error = use(&disk, compared);
	stopped = virtio_stop(&disk.virtio);
	return error ? error : stopped;
}
