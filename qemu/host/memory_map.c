/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/host/memory_map.h"

#include <stdlib.h>

#include "qemu/host/devices.h"
#include "qemu/host/exports.h"

/* hw/core/machine.c: a container in the system's memory, and a child of the machine by its name. */
static void *plug_region(void)
{
	return q.resolve_path("/machine/device-memory[0]", NULL);
}

bool qemu_plug_window(struct emu_ram *window)
{
	void *region = plug_region();

	if (!region)
		return false;
	window->start = q.property(region, "addr", NULL);
	window->end = window->start + q.property(region, "size", NULL);
	return window->start < window->end;
}

/* MEMTX_OK, MEMTX_ERROR. */
enum { RESULT_OK = 0, RESULT_ERROR = 1 };

/* At least the size of MemoryRegion in any version. */
#define REGION_BYTES 4096

struct region_ops {
	void *without_result[2];
	/* MemTxResult; MemTxAttrs is the last argument. */
	uint32_t (*read)(void *opaque, uint64_t address, uint64_t *value, unsigned size);
	uint32_t (*write)(void *opaque, uint64_t address, uint64_t value, unsigned size);
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
	const struct qemu_trap_ops *handler;
	void *opaque;
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

void qemu_add_alias(void *container, const char *name, uint64_t base, void *original,
		    uint64_t offset, uint64_t size, int priority)
{
	void *alias = new_region();

	q.mr_init_alias(alias, NULL, name, original, offset, size);
	q.mr_add(container, base, alias, priority);
}

/* RAM may consist of several regions of QEMU, one for each NUMA node. */
static bool add_ram(const struct emu_ram *ram)
{
	uint64_t start = ram->start;

	while (start < ram->end) {
		struct section found = q.find(q.system_memory(), start, ram->end - start);

		if (!found.mr || found.gpa != start)
			return false;
		qemu_add_alias(ram_root, "cvmem-ram", start, found.mr, found.offset,
			       (uint64_t)found.size, 0);
		start += (uint64_t)found.size;
	}
	return true;
}

const char *qemu_ram_open(const struct emu_ram *ram, size_t count, const struct emu_ram *window)
{
	bool ok = true;

	ram_root = new_region();
	ram_space = new_region();
	q.mr_init(ram_root, NULL, "cvmem-ram", UINT64_MAX);
	qemu_lock();
	q.begin();
	for (size_t i = 0; i < count && ok; i++)
		ok = add_ram(&ram[i]);
	if (window->start < window->end)
		qemu_add_alias(ram_root, "cvmem-plugged", window->start, plug_region(), 0,
			       window->end - window->start, 0);
	q.space_init(ram_space, ram_root, "cvmem-ram");
	q.commit();
	qemu_unlock();
	return ok ? NULL
		  : "RAM is not where the E820 map says: start QEMU with -machine q35,smm=off";
}

/* The first members of MemoryListener, which is longer; the rest may be zeros. */
struct listener {
	void (*begin)(struct listener *listener);
	void (*commit)(struct listener *listener);
	void (*add)(struct listener *listener, struct section *section);
	void (*del)(struct listener *listener, struct section *section);
	uint64_t more[64];
};

static const struct qemu_plug_ops *plug_ops;
static struct emu_ram plug_window;
static size_t heard;

static bool is_plugged(const struct section *section)
{
	return section->gpa >= plug_window.start && section->gpa < plug_window.end;
}

static void heard_of(struct listener *listener, struct section *section)
{
	heard++;
	if (is_plugged(section))
		plug_ops->plugged(section->gpa, section->gpa + (uint64_t)section->size);
}

static void lost(struct listener *listener, struct section *section)
{
	if (is_plugged(section))
		plug_ops->unplugged(section->gpa, section->gpa + (uint64_t)section->size);
}

const char *qemu_ram_watch(const struct qemu_plug_ops *ops)
{
	static struct listener listener = { .add = heard_of, .del = lost };

	plug_ops = ops;
	if (!qemu_plug_window(&plug_window))
		return NULL;
	qemu_lock();
	q.listen(&listener, ram_space);
	qemu_unlock();
	/* RAM that was there from the start. */
	return heard ? NULL : "QEMU does not tell of memory that is plugged";
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
	qemu_add_alias(view_root, "cvmem-system", base, q.system_memory(), 0, size, ABOVE_NOTHING);
	qemu_add_alias(view_root, "cvmem-ram", base, ram_root, 0, size, ABOVE_SYSTEM);
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

static uint32_t trap_read(void *opaque, uint64_t address, uint64_t *value, unsigned size)
{
	const struct qemu_traps *traps = opaque;

	*value = 0;
	return traps->handler->read(traps->opaque, address, value, size) ? RESULT_OK : RESULT_ERROR;
}

static uint32_t trap_write(void *opaque, uint64_t address, uint64_t value, unsigned size)
{
	const struct qemu_traps *traps = opaque;

	return traps->handler->write(traps->opaque, address, value, size) ? RESULT_OK
									  : RESULT_ERROR;
}

struct qemu_traps *qemu_traps_create(bool of_devices, uint64_t base, uint64_t end,
				     const struct qemu_trap_ops *ops, void *opaque)
{
	struct qemu_traps *traps = calloc(1, sizeof(*traps));

	if (!traps)
		abort();
	traps->root = of_devices ? q.system_memory() : view_root;
	traps->base = base;
	traps->handler = ops;
	traps->opaque = opaque;
	traps->ops.read = trap_read;
	traps->ops.write = trap_write;
	traps->ops.endian = 0;
	traps->ops.valid.min = traps->ops.impl.min = 1;
	traps->ops.valid.max = traps->ops.impl.max = 8;
	traps->ops.valid.unaligned = traps->ops.impl.unaligned = true;
	traps->all = new_region();
	q.mr_init_io(traps->all, NULL, &traps->ops, traps, "cvmem-trap", end);
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
