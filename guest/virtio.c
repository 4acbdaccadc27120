/* SPDX-License-Identifier: MIT */
#include "guest/virtio.h"

#include "bare/bare.h"
#include "guest/pci.h"

#define VENDOR_VIRTIO	  0x1af4
#define CAPABILITY_VENDOR 9

/* Where device memory is put when no firmware has: in the hole of QEMU's PCs below 4 GiB, where
 * nothing else is then. */
#define DEVICE_MEMORY 0xe0000000u
#define DEVICE_BYTES  0x1000000u /* more than the BAR has */

/* 4.1.4, "Virtio Structure PCI Capabilities". */
enum { CFG_TYPE = 3, CFG_BAR = 4, CFG_OFFSET = 8, CFG_MULTIPLIER = 16 };
enum { CFG_COMMON = 1, CFG_NOTIFY = 2, CFG_DEVICE = 4 };

/* 4.1.4.3, "Common configuration structure layout". */
enum {
	DRIVER_FEATURE_SELECT = 8,
	DRIVER_FEATURE = 12,
	DEVICE_FEATURE_SELECT = 0,
	DEVICE_FEATURE = 4,
	DEVICE_STATUS = 20,
	QUEUE_SELECT = 22,
	QUEUE_SIZE = 24,
	QUEUE_ENABLE = 28,
	QUEUE_NOTIFY_OFF = 30,
	QUEUE_DESC = 32,
	QUEUE_DRIVER = 40,
	QUEUE_DEVICE = 48,
};

/* 2.1, "Device Status Field". */
enum {
	STATUS_ACKNOWLEDGE = 1,
	STATUS_DRIVER = 2,
	STATUS_DRIVER_OK = 4,
	STATUS_FEATURES_OK = 8,
	STATUS_NEEDS_RESET = 64,
};

/* Features 32 and 33. */
enum { HIGH_VERSION_1 = 1, HIGH_ACCESS_PLATFORM = 2 };

/* 2.7, "Split Virtqueues". */
#define ENTRIES 4

enum { DESC_NEXT = 1, DESC_WRITE = 2 };

struct queue {
	struct {
		uint64_t gpa;
		uint32_t bytes;
		uint16_t flags, next;
	} desc[ENTRIES];
	struct {
		uint16_t flags, index, ring[ENTRIES], event;
	} available;
	uint8_t unused[512 - 16 * ENTRIES - 6 - 2 * ENTRIES];
	struct {
		uint16_t flags, index;
		struct {
			uint32_t id, bytes;
		} ring[ENTRIES];
		uint16_t event;
	} used;
};

_Static_assert(sizeof(struct queue) <= VIRTIO_QUEUE_BYTES, "");
_Static_assert(__builtin_offsetof(struct queue, used) == 512, "");

static volatile struct queue *queue_of(const struct virtio *virtio)
{
	return (volatile struct queue *)(uintptr_t)(virtio->queue + BARE_SHARED_MAP);
}

static uint64_t get(const struct virtio *virtio, unsigned offset, unsigned bytes)
{
	return bare_mmio_read(virtio->common + offset, bytes);
}

static void put(const struct virtio *virtio, unsigned offset, unsigned bytes, uint64_t value)
{
	bare_mmio_write(virtio->common + offset, bytes, value);
}

static void put_address(const struct virtio *virtio, unsigned offset, uint64_t gpa)
{
	put(virtio, offset, 4, (uint32_t)gpa);
	put(virtio, offset + 4, 4, gpa >> 32);
}

/* The structures, all in one BAR. */
static int map(struct virtio *virtio, unsigned device, uint32_t *multiplier)
{
	unsigned bar = UINT32_MAX, at;
	uint64_t gpa;

	for (unsigned i = 0; (at = pci_find(device, CAPABILITY_VENDOR, i)); i++) {
		unsigned type = pci_read(device, at + CFG_TYPE, 1);
		uint32_t offset = pci_read(device, at + CFG_OFFSET, 4);

		if (type != CFG_COMMON && type != CFG_NOTIFY && type != CFG_DEVICE)
			continue;
		if (bar == UINT32_MAX)
			bar = pci_read(device, at + CFG_BAR, 1);
		if (pci_read(device, at + CFG_BAR, 1) != bar || offset >= DEVICE_BYTES)
			return CVM_EIO;
		if (pci_place_bar(device, bar, DEVICE_MEMORY, &gpa))
			return CVM_EIO;
		if (type == CFG_COMMON)
			virtio->common = gpa + offset;
		if (type == CFG_DEVICE)
			virtio->config = gpa + offset;
		if (type == CFG_NOTIFY) {
			virtio->notify = gpa + offset;
			*multiplier = pci_read(device, at + CFG_MULTIPLIER, 4);
		}
	}
	if (!virtio->common || !virtio->notify || !virtio->config)
		return CVM_EIO;
	pci_write(device, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	return 0;
}

/* 3.1.1, "Driver Requirements: Device Initialization". */
static int negotiate(struct virtio *virtio)
{
	const uint32_t wanted = HIGH_VERSION_1 | HIGH_ACCESS_PLATFORM;

	put(virtio, DEVICE_STATUS, 1, STATUS_ACKNOWLEDGE);
	put(virtio, DEVICE_STATUS, 1, STATUS_ACKNOWLEDGE | STATUS_DRIVER);
	put(virtio, DEVICE_FEATURE_SELECT, 4, 1);
	if ((get(virtio, DEVICE_FEATURE, 4) & wanted) != wanted)
		return CVM_EIO;
	put(virtio, DRIVER_FEATURE_SELECT, 4, 0);
	put(virtio, DRIVER_FEATURE, 4, 0);
	put(virtio, DRIVER_FEATURE_SELECT, 4, 1);
	put(virtio, DRIVER_FEATURE, 4, wanted);
	put(virtio, DEVICE_STATUS, 1, STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK);
	return get(virtio, DEVICE_STATUS, 1) & STATUS_FEATURES_OK ? 0 : CVM_EIO;
}

static int start_queue(struct virtio *virtio, uint32_t multiplier)
{
	volatile uint64_t *word = (volatile uint64_t *)queue_of(virtio);

	for (unsigned i = 0; i < VIRTIO_QUEUE_BYTES / 8; i++)
		word[i] = 0;
	put(virtio, QUEUE_SELECT, 2, 0);
	if (get(virtio, QUEUE_SIZE, 2) < ENTRIES)
		return CVM_EIO;
	put(virtio, QUEUE_SIZE, 2, ENTRIES);
	put_address(virtio, QUEUE_DESC, virtio->queue);
	put_address(virtio, QUEUE_DRIVER,
		    virtio->queue + __builtin_offsetof(struct queue, available));
	put_address(virtio, QUEUE_DEVICE, virtio->queue + __builtin_offsetof(struct queue, used));
	virtio->notify += get(virtio, QUEUE_NOTIFY_OFF, 2) * multiplier;
	put(virtio, QUEUE_ENABLE, 2, 1);
	put(virtio, DEVICE_STATUS, 1,
	    STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK | STATUS_DRIVER_OK);
	return 0;
}

int virtio_start(struct virtio *virtio, uint16_t device_id, uint64_t queue)
{
	const uint32_t id = (uint32_t)device_id << 16 | VENDOR_VIRTIO;
	uint32_t multiplier = 0;
	unsigned device = 0;
	int error;

	while (device < PCI_DEVICES && pci_read(device, PCI_ID, 4) != id)
		device++;
	if (device == PCI_DEVICES)
		return CVM_ENODEV;
	*virtio = (struct virtio){ .queue = queue };
	error = map(virtio, device, &multiplier);
	if (error)
		return error;
	error = virtio_stop(virtio);
	if (!error)
		error = negotiate(virtio);
	return error ? error : start_queue(virtio, multiplier);
}

static bool is_done(const struct virtio *virtio)
{
	volatile struct queue *queue = queue_of(virtio);

	for (unsigned i = 0; i < VIRTIO_LOOKS; i++) {
		if (queue->used.index == virtio->submitted)
			return true;
		__asm__ volatile("pause");
	}
	return false;
}

/* Asks for the device's status now and then, which is an exit to the host. */
static int wait_for(struct virtio *virtio)
{
	for (unsigned i = 0; i < VIRTIO_STATUS_READS; i++) {
		if (is_done(virtio))
			return 0;
		if (get(virtio, DEVICE_STATUS, 1) & STATUS_NEEDS_RESET)
			return CVM_EIO;
	}
	bare_put("virtio: the device does not answer a request\n");
	return CVM_EIO;
}

int virtio_request(struct virtio *virtio, const struct virtio_part *parts, unsigned count)
{
	volatile struct queue *queue = queue_of(virtio);

	if (!count || count > ENTRIES)
		return CVM_EINVAL;
	for (unsigned i = 0; i < count; i++) {
		queue->desc[i].gpa = parts[i].gpa;
		queue->desc[i].bytes = parts[i].bytes;
		queue->desc[i].flags = (uint16_t)((i + 1 < count ? DESC_NEXT : 0) |
						  (parts[i].device_writes ? DESC_WRITE : 0));
		queue->desc[i].next = (uint16_t)(i + 1);
	}
	queue->available.ring[virtio->submitted % ENTRIES] = 0;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	queue->available.index = ++virtio->submitted;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	bare_mmio_write(virtio->notify, 2, 0);
	return wait_for(virtio);
}

int virtio_stop(struct virtio *virtio)
{
	put(virtio, DEVICE_STATUS, 1, 0);
	for (unsigned i = 0; i < VIRTIO_STATUS_READS; i++) {
		if (!get(virtio, DEVICE_STATUS, 1))
			return 0;
		for (unsigned look = 0; look < VIRTIO_LOOKS; look++)
			__asm__ volatile("pause");
	}
	bare_put("virtio: the device does not reset\n");
	return CVM_EIO;
}
