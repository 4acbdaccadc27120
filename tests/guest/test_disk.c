/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "bare/bare.h"
#include "guest/guest.h"
#include "guest/virtio.h"

/*
 * The driver of a disk against a device that this file makes from the specifications: configuration
 * space behind two ports, registers in device memory, and a queue that it reads in shared memory.
 */
#define BOUNCE	     0x200000u
#define BOUNCE_BYTES 0x10000u
#define SLOT	     3
#define BAR	     4
#define SECTOR	     512
#define SECTORS	     301

enum { COMMON = 0x0, DEVICE = 0x1000, NOTIFY = 0x3000, MULTIPLIER = 4, NOTIFY_OFF = 2 };

/* What is wrong with the device. */
static enum {
	NOTHING,
	NO_DEVICE,
	NO_CAPABILITIES,
	ENDLESS_CAPABILITIES,
	OTHER_BAR,
	FAR_OFFSET,
	IO_BAR,
	NO_ACCESS_PLATFORM,
	NO_VERSION_1,
	REJECTS_FEATURES,
	SMALL_QUEUE,
	FAILS_WRITES,
	LOSES_WRITES,
	READS_NOTHING,
	NEEDS_RESET,
	NO_ANSWER,
	LATE_ANSWER,
	NO_RESET,
	SLOW_RESET,
	NO_RESET_AT_END,
	NO_CAPACITY,
	EMPTY,
} fault;

static uint8_t config_space[256];
static uint32_t address_port;
static uint8_t image[SECTORS * SECTOR];
static struct {
	uint32_t feature_select, driver_select, driver[2];
	uint8_t status;
	uint16_t size, enabled;
	uint64_t desc, available, used;
	uint16_t seen;
} device;
static unsigned requests, outside;
static uint64_t longest; /* of what was outside, in bytes */
static bool private_dma;
static unsigned status_reads; /* since the last write */
static char console[256];

uint64_t bare_moved;

static uint8_t *ram(uint64_t gpa, uint64_t bytes)
{
	if (gpa < BOUNCE || gpa + bytes > BOUNCE + BOUNCE_BYTES) {
		outside++;
		longest = bytes > longest ? bytes : longest;
		return NULL;
	}
	return (uint8_t *)(uintptr_t)(gpa + BARE_SHARED_MAP);
}

static uint64_t le(const uint8_t *bytes, unsigned count)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < count; i++)
		value |= (uint64_t)bytes[i] << 8 * i;
	return value;
}

static void put_le(uint8_t *bytes, unsigned count, uint64_t value)
{
	for (unsigned i = 0; i < count; i++)
		bytes[i] = (uint8_t)(value >> 8 * i);
}

/* A vendor-specific capability of VIRTIO 1.2, 4.1.4. */
static void add_capability(unsigned at, unsigned next, unsigned type, unsigned bar, uint32_t offset)
{
	config_space[at] = 9;
	config_space[at + 1] = (uint8_t)next;
	config_space[at + 2] = 20;
	config_space[at + 3] = (uint8_t)type;
	config_space[at + 4] = (uint8_t)bar;
	put_le(&config_space[at + 8], 4, offset);
	put_le(&config_space[at + 12], 4, 0x1000);
	put_le(&config_space[at + 16], 4, MULTIPLIER);
}

static int set_up(void **state)
{
	memset(config_space, 0, sizeof(config_space));
	memset(&device, 0, sizeof(device));
	memset(image, 0, sizeof(image));
	strcpy((char *)image, BOOT_WIRE_DISK);
	put_le(config_space, 4, 0x10421af4);
	config_space[6] = fault == NO_CAPABILITIES ? 0 : 0x10;
	config_space[0x34] = 0x40;
	config_space[0x10 + 4 * BAR] = fault == IO_BAR ? 1 : 0xc; /* 64 bits, prefetchable */
	config_space[0x40] = 0x11;				  /* MSI-X */
	config_space[0x41] = 0x50;
	add_capability(0x50, 0x68, 1, BAR, COMMON);
	add_capability(0x68, 0x80, 4, BAR, DEVICE);
	add_capability(0x80, 0x98, 5, 0, 0); /* access by configuration space */
	add_capability(0x98, fault == ENDLESS_CAPABILITIES ? 0x40 : 0, 2,
		       fault == OTHER_BAR ? 2 : BAR,
		       NOTIFY + (fault == FAR_OFFSET ? 0x20000000 : 0));
	if (fault == ENDLESS_CAPABILITIES)
		config_space[0x98] = 0x11;
	requests = outside = 0;
	longest = 0;
	bare_moved = 0;
	private_dma = false;
	console[0] = '\0';
	return 0;
}

void bare_put(const char *text)
{
	assert_true(strlen(console) + strlen(text) < sizeof(console));
	strcat(console, text);
}

void bare_out(uint16_t port, unsigned bytes, uint32_t value)
{
	unsigned at = (address_port & 0xfc) + (port & 3);

	if (port == 0xcf8) {
		address_port = value;
		return;
	}
	assert_int_equal(address_port >> 8, 0x800000 | SLOT << 3);
	/* The BAR has 16 KiB. */
	if (at == 0x10 + 4 * BAR && fault != IO_BAR)
		value = (value & ~0x3fffu) | 0xc;
	put_le(&config_space[at], bytes, value);
}

uint32_t bare_in(uint16_t port, unsigned bytes)
{
	if (fault == NO_DEVICE || address_port >> 8 != (0x800000 | SLOT << 3))
		return UINT32_MAX >> (32 - 8 * bytes);
	return (uint32_t)le(&config_space[(address_port & 0xfc) + (port & 3)], bytes);
}

uint32_t bare_fw_cfg_find(const char *name, uint16_t *selector)
{
	assert_string_equal(name, BOOT_WIRE_PRIVATE_DMA);
	return private_dma;
}

static uint64_t register_of(uint64_t gpa)
{
	assert_int_equal(config_space[4] & 6, 6);
	return gpa - (le(&config_space[0x10 + 4 * BAR], 8) & ~UINT64_C(15));
}

static void serve(void);

/* Less often than the driver's limit, and more often. */
enum { LATE = VIRTIO_STATUS_READS - 1, NEVER = VIRTIO_STATUS_READS };

static uint8_t read_status(void)
{
	bool at_end = requests, resets = fault == NO_RESET || (fault == NO_RESET_AT_END && at_end);

	assert_in_range(++status_reads, 1, NEVER);
	if (!device.status && (resets || (fault == SLOW_RESET && status_reads < LATE)))
		return 15;
	if (fault == LATE_ANSWER && device.status & 4 && status_reads == LATE)
		serve();
	return device.status;
}

uint64_t bare_mmio_read(uint64_t gpa, unsigned bytes)
{
	uint64_t at = register_of(gpa);

	switch (at) {
	case COMMON + 4:
		assert_int_equal(bytes, 4);
		if (!device.feature_select)
			return 0x30000006;
		return fault == NO_ACCESS_PLATFORM ? 1 : fault == NO_VERSION_1 ? 2 : 3;
	case COMMON + 20:
		assert_int_equal(bytes, 1);
		return read_status();
	case COMMON + 24:
		assert_int_equal(bytes, 2);
		return fault == SMALL_QUEUE ? 2 : device.size;
	case COMMON + 30:
		return NOTIFY_OFF;
	case DEVICE:
		return fault == NO_CAPACITY ? UINT64_MAX : fault == EMPTY ? 0 : SECTORS;
	default:
		fail_msg("register 0x%llx", (unsigned long long)at);
		return 0;
	}
}

static uint8_t transfer(uint32_t type, uint64_t sector, uint8_t *data, uint32_t bytes)
{
	assert_true(bytes && bytes % SECTOR == 0 && sector + bytes / SECTOR <= SECTORS);
	if (type == 1 && fault == FAILS_WRITES)
		return 1;
	if (type == 1 && fault != LOSES_WRITES)
		memcpy(&image[sector * SECTOR], data, bytes);
	if (type == 0 && !(fault == READS_NOTHING && sector))
		memcpy(data, &image[sector * SECTOR], bytes);
	return 0;
}

/* VIRTIO 1.2, 2.7: a chain of descriptors, of which a block device takes three parts. */
static void serve(void)
{
	const uint8_t *available = ram(device.available, 6 + 2 * device.size);
	uint8_t *used = ram(device.used, 6 + 8 * device.size);

	while (device.seen != le(available + 2, 2)) {
		unsigned head = (unsigned)le(available + 4 + 2 * (device.seen % device.size), 2);
		const uint8_t *desc[3];
		uint8_t *part[3];

		for (unsigned i = 0; i < 3; i++) {
			desc[i] = ram(device.desc, 16 * device.size) + 16 * head;
			part[i] = ram(le(desc[i], 8), le(desc[i] + 8, 4));
			assert_int_equal(le(desc[i] + 12, 2) & 1, i < 2);
			head = (unsigned)le(desc[i] + 14, 2);
			if (!part[i]) {
				device.status |= 64;
				return;
			}
		}
		assert_int_equal(le(desc[0] + 8, 4), 16);
		assert_int_equal(le(desc[0] + 12, 2) & 2, 0);
		assert_int_equal(le(desc[1] + 12, 2) & 2, le(part[0], 4) == 0 ? 2 : 0);
		assert_int_equal(le(desc[2] + 12, 2) & 2, 2);
		*part[2] = transfer((uint32_t)le(part[0], 4), le(part[0] + 8, 8), part[1],
				    (uint32_t)le(desc[1] + 8, 4));
		device.seen++;
		put_le(used + 2, 2, device.seen);
		requests++;
	}
}

static void set_half(uint64_t *address, bool high, uint64_t value)
{
	*address = high ? (*address & UINT32_MAX) | value << 32
			: (*address & ~(uint64_t)UINT32_MAX) | value;
}

static void set_status(uint8_t value)
{
	if (!value) {
		memset(&device, 0, sizeof(device));
		device.size = 256;
	}
	device.status = value;
	if (value & 8 && (fault == REJECTS_FEATURES || device.driver[0] || device.driver[1] != 3))
		device.status &= (uint8_t)~8;
}

void bare_mmio_write(uint64_t gpa, unsigned bytes, uint64_t value)
{
	uint64_t at = register_of(gpa);

	status_reads = 0;
	if (at == NOTIFY + NOTIFY_OFF * MULTIPLIER) {
		/* Acknowledged, driver, features, driver is ready. */
		assert_int_equal(device.status & 15, 15);
		assert_true(device.enabled);
		if (fault == NEEDS_RESET)
			device.status |= 64;
		else if (fault != NO_ANSWER && fault != LATE_ANSWER)
			serve();
		return;
	}
	if (at >= 32 && at < 56) {
		uint64_t *addresses[] = { &device.desc, &device.available, &device.used };

		assert_int_equal(bytes, 4);
		set_half(addresses[(at - 32) / 8], at % 8, value);
		return;
	}
	switch (at) {
	case COMMON + 0:
		device.feature_select = (uint32_t)value;
		break;
	case COMMON + 8:
		device.driver_select = (uint32_t)value;
		break;
	case COMMON + 12:
		assert_true(device.driver_select < 2);
		device.driver[device.driver_select] = (uint32_t)value;
		break;
	case COMMON + 20:
		set_status((uint8_t)value);
		break;
	case COMMON + 22:
		assert_int_equal(value, 0);
		break;
	case COMMON + 24:
		device.size = (uint16_t)value;
		break;
	case COMMON + 28:
		device.enabled = (uint16_t)value;
		break;
	default:
		fail_msg("register 0x%llx", (unsigned long long)at);
	}
}

static int use(uint64_t bytes, uint64_t *compared)
{
	*compared = 0;
	return guest_use_disk(NULL, BOUNCE, bytes, compared);
}

/* Everything behind the first sector comes back, in parts of any size, and is another pattern in
 * another kernel. */
static void test_pattern(void **state)
{
	static uint8_t first[sizeof(image)];
	uint64_t compared;

	for (uint64_t bytes = 0x2000; bytes <= BOUNCE_BYTES; bytes *= 2) {
		uint64_t part = bytes - 0x1000, parts = ((SECTORS - 1) * SECTOR + part - 1) / part;

		requests = 0;
		assert_int_equal(use(bytes, &compared), 0);
		/* The first sector is read, and each part is written and read. */
		assert_int_equal(requests, 1 + 2 * parts);
		assert_int_equal(compared, (SECTORS - 1) * SECTOR);
		assert_string_equal((char *)image, BOOT_WIRE_DISK);
		/* It has stopped. */
		assert_int_equal(device.status, 0);
	}
	assert_int_equal(outside, 0);
	for (unsigned at = SECTOR; at < sizeof(image); at += 8)
		assert_true(le(&image[at], 8) && le(&image[at], 8) != le(&image[at - 8], 8));
	memcpy(first, image, sizeof(image));
	bare_moved = 0x200000;
	assert_int_equal(use(BOUNCE_BYTES, &compared), 0);
	assert_memory_not_equal(first + SECTOR, image + SECTOR, sizeof(image) - SECTOR);
	assert_int_equal(use(0x1000, &compared), CVM_EINVAL);
}

/* Firmware has given it an address above 4 GiB, which it keeps. */
static void test_placed(void **state)
{
	const uint64_t placed = 0xc000000000;
	uint64_t compared;

	put_le(&config_space[0x10 + 4 * BAR], 8, placed | 0xc);
	assert_int_equal(use(BOUNCE_BYTES, &compared), 0);
	assert_int_equal(compared, (SECTORS - 1) * SECTOR);
	assert_int_equal(le(&config_space[0x10 + 4 * BAR], 8), placed | 0xc);
}

/* Another disk is not written to. */
static void test_other_disk(void **state)
{
	uint64_t compared;

	memset(image, 0x55, sizeof(image));
	assert_int_equal(use(BOUNCE_BYTES, &compared), CVM_ENODEV);
	for (unsigned i = 0; i < sizeof(image); i++)
		assert_int_equal(image[i], 0x55);
	assert_int_equal(device.status, 0);
}

/* The driver's own fault: the device cannot reach that, and says so. */
static void test_private(void **state)
{
	uint64_t compared;

	private_dma = true;
	assert_int_equal(use(BOUNCE_BYTES, &compared), CVM_EIO);
	assert_int_equal(outside, 1);
	assert_int_equal(longest, 4096);
	assert_int_equal(compared, 0);
}

static void test_faults(void **state)
{
	static const struct {
		int fault, error;
	} cases[] = {
		{ NO_DEVICE, CVM_ENODEV },	   { NO_CAPABILITIES, CVM_EIO },
		{ ENDLESS_CAPABILITIES, CVM_EIO }, { OTHER_BAR, CVM_EIO },
		{ FAR_OFFSET, CVM_EIO },	   { IO_BAR, CVM_EIO },
		{ NO_ACCESS_PLATFORM, CVM_EIO },   { NO_VERSION_1, CVM_EIO },
		{ REJECTS_FEATURES, CVM_EIO },	   { SMALL_QUEUE, CVM_EIO },
		{ FAILS_WRITES, CVM_EIO },	   { LOSES_WRITES, CVM_EIO },
		{ READS_NOTHING, CVM_EIO },	   { NEEDS_RESET, CVM_EIO },
		{ NO_CAPACITY, CVM_EIO },	   { EMPTY, CVM_ENODEV },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t compared;

		fault = cases[i].fault;
		set_up(NULL);
		if (use(BOUNCE_BYTES, &compared) != cases[i].error)
			fail_msg("fault %d", cases[i].fault);
		assert_int_equal(compared, 0);
		assert_int_equal(outside, 0);
	}
	fault = NOTHING;
}

/* A host that is slow is waited for, and one that never answers is not waited for for ever. */
static void test_host_that_waits(void **state)
{
	static const struct {
		int fault, error;
		const char *says;
	} cases[] = {
		{ LATE_ANSWER, 0, "" },
		{ SLOW_RESET, 0, "" },
		{ NO_ANSWER, CVM_EIO, "virtio: the device does not answer a request\n" },
		{ NO_RESET, CVM_EIO, "virtio: the device does not reset\n" },
		{ NO_RESET_AT_END, CVM_EIO, "virtio: the device does not reset\n" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t compared;

		fault = cases[i].fault;
		set_up(NULL);
		assert_int_equal(use(BOUNCE_BYTES, &compared), cases[i].error);
		assert_string_equal(console, cases[i].says);
		assert_int_equal(outside, 0);
		assert_int_equal(device.status, 0);
	}
	fault = NOTHING;
}

/* Where the driver has shared memory in its address space. */
static bool make_bounce(void)
{
	void *wanted = (void *)(uintptr_t)(BARE_SHARED_MAP + BOUNCE);
	void *memory = mmap(wanted, BOUNCE_BYTES, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	return memory == wanted;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_pattern, set_up),
		cmocka_unit_test_setup(test_placed, set_up),
		cmocka_unit_test_setup(test_other_disk, set_up),
		cmocka_unit_test_setup(test_private, set_up),
		cmocka_unit_test_setup(test_faults, set_up),
		cmocka_unit_test_setup(test_host_that_waits, set_up),
	};

	if (!make_bounce()) {
		fprintf(stderr, "SKIP: this process cannot have memory at that address\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
