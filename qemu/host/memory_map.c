/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/host/memory_map.h"

#include <stdlib.h>

#include "qemu/host/devices.h"
#include "qemu/host/exports.h"

size_t qemu_ram(struct emu_ram *ram, size_t max)
{
	struct __attribute__((packed)) {
		uint64_t start, size;
		uint32_t type;
	} const *table;
	int entries = q.e820(&table);
	size_t count = 0;

	for (int i = 0; i < entries && count < max; i++) {
		if (table[i].type != 1)
			continue;
		ram[count].start = table[i].start;
		ram[count++].end = table[i].start + table[i].size;
	}
	return count;
}

uint64_t qemu_rom_start(void)
{
	const uint64_t last = (UINT64_C(1) << 32) - 4096;
	struct section found;

	qemu_lock();
	found = q.find(q.system_memory(), last, 4096);
	qemu_unlock();
	return last - found.offset;
}

/* At least the size of MemoryRegion in any version. */
#define REGION_BYTES 4096

struct region_ops {
	uint64_t (*read)(void *opaque, uint64_t address, unsigned size);
	void (*write)(void *opaque, uint64_t address, uint64_t value, unsigned size);
	void *with_attributes[2];
	int endian;
	struct {
		unsigned min, max;
		bool unaligned;
		void *accepts;
	} valid;
	struct {
		unsigned min, max;
		bool unaligned;
	} impl;
};

struct qemu_traps {
	struct region_ops ops;
	void *all; /* one I/O region; the windows are aliases of it */
	void *root;
	uint64_t base;
	void *window[QEMU_MAX_TRAPS];
	struct emu_ram range[QEMU_MAX_TRAPS]; /* start == end: off */
};

static void *view_root, *ram_root, *ram_space;

/* Priorities in the vCPUs' view; device regions in the system's memory have 0 and 1. */
enum { ABOVE_NOTHING, ABOVE_SYSTEM, ABOVE_RAM };

static void *new_region(void)
{
	void *region = calloc(1, REGION_BYTES);

	if (!region)
		abort();
	return region;
}

static void add_alias(void *container, const char *name, uint64_t base, void *original,
		      uint64_t offset, uint64_t size, int priority)
{
	void *alias = new_region();

	q.mr_init_alias(alias, NULL, name, original, offset, size);
	q.mr_add(container, base, alias, priority);
}

const char *qemu_ram_open(const struct emu_ram *ram, size_t count)
{
	ram_root = new_region();
	ram_space = new_region();
	q.mr_init(ram_root, NULL, "cvmem-ram", UINT64_MAX);
	qemu_lock();
	q.begin();
	for (size_t i = 0; i < count; i++) {
		uint64_t size = ram[i].end - ram[i].start;
		struct section found = q.find(q.system_memory(), ram[i].start, size);

		if (!found.mr || found.size != size || found.gpa != ram[i].start) {
			q.commit();
			qemu_unlock();
			return "RAM is not in one piece: start QEMU with -machine q35,smm=off";
		}
		add_alias(ram_root, "cvmem-ram", ram[i].start, found.mr, found.offset, size, 0);
	}
	q.space_init(ram_space, ram_root, "cvmem-ram");
	q.commit();
	qemu_unlock();
	return NULL;
}

bool qemu_ram_read(uint64_t gpa, void *buffer, size_t size)
{
	return q.access(ram_space, gpa, ATTRIBUTES, buffer, size, false) == 0;
}

bool qemu_ram_write(uint64_t gpa, const void *buffer, size_t size)
{
	return q.access(ram_space, gpa, ATTRIBUTES, (void *)(uintptr_t)buffer, size, true) == 0;
}

void qemu_ram_zero(uint64_t gpa, uint64_t size)
{
	q.set(ram_space, gpa, 0, size, ATTRIBUTES);
}

/* Replaces the root of a vCPU's address space. */
static bool set_root(void *space)
{
	void **words = space;

	for (unsigned i = 0; i < 16; i++) {
		if (words[i] != q.system_memory())
			continue;
		words[i] = view_root;
		return true;
	}
	return false;
}

static void add_view(uint64_t base, uint64_t size)
{
	add_alias(view_root, "cvmem-system", base, q.system_memory(), 0, size, ABOVE_NOTHING);
	add_alias(view_root, "cvmem-ram", base, ram_root, 0, size, ABOVE_SYSTEM);
}

const char *qemu_view_create(unsigned vcpus, uint64_t shared_bit)
{
	const char *error = NULL;

	view_root = new_region();
	q.mr_init(view_root, NULL, "cvmem-view", UINT64_MAX);
	qemu_lock();
	q.begin();
	for (unsigned i = 0; i < vcpus && !error; i++)
		if (!set_root(q.cpu_space(q.get_cpu((int)i), 0)))
			error = "a vCPU's memory is not the system's";
	add_view(0, shared_bit ? shared_bit : UINT64_C(1) << 52);
	if (shared_bit)
		add_view(shared_bit, shared_bit);
	q.commit();
	qemu_unlock();
	return error;
}

void qemu_view_add_ram(uint64_t gpa, uint64_t size, void *memory)
{
	void *region = new_region();

	qemu_lock();
	q.mr_init_ram_ptr(region, NULL, "cvmem-firmware", size, memory);
	q.mr_add(view_root, gpa, region, ABOVE_RAM);
	qemu_unlock();
}

struct qemu_traps *qemu_traps_create(bool of_devices, uint64_t base, uint64_t end,
				     const struct qemu_trap_ops *ops, void *opaque)
{
	struct qemu_traps *traps = calloc(1, sizeof(*traps));

	if (!traps)
		abort();
	traps->root = of_devices ? q.system_memory() : view_root;
	traps->base = base;
	traps->ops.read = ops->read;
	traps->ops.write = ops->write;
	traps->ops.endian = 0;
	traps->ops.valid.min = traps->ops.impl.min = 1;
	traps->ops.valid.max = traps->ops.impl.max = 8;
	traps->ops.valid.unaligned = traps->ops.impl.unaligned = true;
	traps->all = new_region();
	q.mr_init_io(traps->all, NULL, &traps->ops, opaque, "cvmem-trap", end);
	return traps;
}

void qemu_traps_begin(void)
{
	q.begin();
}

void qemu_trap_set(struct qemu_traps *traps, size_t index, uint64_t start, uint64_t end)
{
	struct emu_ram *range = &traps->range[index];
	void *window = traps->window[index];

	if (range->start == start && range->end == end)
		return;
	if (!window) {
		window = traps->window[index] = new_region();
		q.mr_init_alias(window, NULL, "cvmem-trapped", traps->all, start, end - start);
		q.mr_add(traps->root, traps->base + start, window, ABOVE_RAM);
	} else {
		q.mr_set_size(window, end - start);
		q.mr_set_offset(window, start);
		q.mr_set_address(window, traps->base + start);
		if (range->start == range->end)
			q.mr_enable(window, true);
	}
	range->start = start;
	range->end = end;
}

void qemu_traps_truncate(struct qemu_traps *traps, size_t count)
{
	for (size_t i = count; i < QEMU_MAX_TRAPS && traps->window[i]; i++) {
		if (traps->range[i].start == traps->range[i].end)
			continue;
		q.mr_enable(traps->window[i], false);
		traps->range[i].start = traps->range[i].end = 0;
	}
}

void qemu_traps_commit(void)
{
	q.commit();
}
