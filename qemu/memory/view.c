/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/memory/view.h"

#include <stdlib.h>
#include <string.h>

#include "qemu/guest/guest.h"
#include "qemu/host/devices.h"
#include "qemu/host/memory_map.h"
#include "qemu/host/origin.h"
#include "qemu/host/vcpu.h"
#include "qemu/memory/memory_trace.h"
#include "qemu/memory/violation.h"

#define PAGE_SHIFT 12

/* VGA memory, and the windows to ROM and RAM below 1 MiB: QEMU maps more than RAM there. */
#define LEGACY_START 0xa0000
#define LEGACY_END   0x100000

/* Most of memory is blocked or accepted in large pieces, which a search need not look at. */
#define BLOCK_WORDS 64
#define BLOCK_PAGES (BLOCK_WORDS * 64)

/* What is known of a block. A change of its bits makes it UNKNOWN. */
enum { ALL_BLOCKED, UNKNOWN, IN_SEARCH, MIXED, ALL_OPEN };

/* Zero means blocked in both arrays: nothing is written, nor allocated by the kernel, for the
 * memory that a guest has not accepted yet. */

struct memory_view {
	enum memory_initiator initiator;
	bool dirty;	  /* atomic: the trapped intervals differ from the bits */
	bool dirty_now;	  /* atomic: and some blocked pages may not be trapped */
	uint64_t *open;	  /* atomic, by page: not blocked */
	uint8_t *summary; /* atomic, by BLOCK_WORDS words of open */
	struct qemu_traps *traps;
};

struct memory_view memory_private = { .initiator = MEMORY_VCPU_PRIVATE };
struct memory_view memory_shared = { .initiator = MEMORY_VCPU_SHARED };
struct memory_view memory_devices = { .initiator = MEMORY_DEVICE };

/* RAM, and where it may be plugged in. */
static struct emu_ram ranges[GUEST_MAX_RAM + 1];
static size_t range_count;
static uint64_t end_of_ram, rebuilds;

uint64_t memory_views_rebuilds(void)
{
	return rebuilds;
}

static bool is_blocked(const struct memory_view *view, uint64_t page)
{
	return !(__atomic_load_n(&view->open[page / 64], __ATOMIC_ACQUIRE) >> page % 64 & 1);
}

/* The bits of one word that belong to pages [first, last). */
static uint64_t mask(uint64_t word, uint64_t first, uint64_t last)
{
	uint64_t bits = UINT64_MAX;

	if (first >= (word + 1) * 64 || last <= word * 64)
		return 0;
	if (first > word * 64)
		bits &= UINT64_MAX << (first - word * 64);
	if (last < (word + 1) * 64)
		bits &= UINT64_MAX >> ((word + 1) * 64 - last);
	return bits;
}

/* Pages [first, last). True: a bit has changed. */
static bool set_pages(struct memory_view *view, uint64_t first, uint64_t last, bool open)
{
	bool changed = false;

	for (uint64_t word = first / 64; word * 64 < last; word++) {
		uint64_t bits = mask(word, first, last), *place = &view->open[word];
		uint64_t now = __atomic_load_n(place, __ATOMIC_ACQUIRE);

		if ((open ? ~now : now) & bits)
			changed = true;
		else
			continue;
		if (open)
			__atomic_fetch_or(place, bits, __ATOMIC_RELEASE);
		else
			__atomic_fetch_and(place, ~bits, __ATOMIC_RELEASE);
		__atomic_store_n(&view->summary[word / BLOCK_WORDS], UNKNOWN, __ATOMIC_RELEASE);
	}
	return changed;
}

/* For the RAM in [gpa, gpa + size); the firmware is not QEMU's RAM, but ROM. False: nothing has
 * changed. Most of the ranges that a guest converts are device memory. */
static bool set_bits(struct memory_view *view, uint64_t gpa, uint64_t size, bool open)
{
	bool changed = false;

	for (size_t i = 0; i < range_count; i++) {
		const struct emu_ram *ram = &ranges[i];
		uint64_t first = (gpa > ram->start ? gpa : ram->start) >> PAGE_SHIFT;
		uint64_t last = (gpa + size < ram->end ? gpa + size : ram->end) >> PAGE_SHIFT;

		changed |= set_pages(view, first, last, open);
	}
	if (changed)
		__atomic_store_n(&view->dirty, true, __ATOMIC_RELEASE);
	return changed;
}

void memory_view_block(struct memory_view *view, uint64_t gpa, uint64_t size)
{
	if (set_bits(view, gpa, size, false))
		__atomic_store_n(&view->dirty_now, true, __ATOMIC_RELEASE);
}

void memory_view_unblock(struct memory_view *view, uint64_t gpa, uint64_t size)
{
	if (set_bits(view, gpa, size, true) && view->initiator == MEMORY_DEVICE)
		__atomic_store_n(&view->dirty_now, true, __ATOMIC_RELEASE);
}

static uint8_t look_at(const uint64_t *words)
{
	uint64_t first = __atomic_load_n(words, __ATOMIC_ACQUIRE);

	for (unsigned i = 0; i < BLOCK_WORDS; i++)
		if (__atomic_load_n(&words[i], __ATOMIC_ACQUIRE) != first)
			return MIXED;
	return first == 0 ? ALL_BLOCKED : first == UINT64_MAX ? ALL_OPEN : MIXED;
}

/* QEMU's device lock is held. A change of the bits meanwhile makes the block UNKNOWN again. */
static uint8_t summary_of(const struct memory_view *view, uint64_t block)
{
	uint8_t *place = &view->summary[block], now = __atomic_load_n(place, __ATOMIC_ACQUIRE);
	uint8_t found, expected = IN_SEARCH;

	if (now != UNKNOWN)
		return now;
	__atomic_exchange_n(place, IN_SEARCH, __ATOMIC_SEQ_CST);
	found = look_at(&view->open[block * BLOCK_WORDS]);
	__atomic_compare_exchange_n(place, &expected, found, false, __ATOMIC_SEQ_CST,
				    __ATOMIC_ACQUIRE);
	return found;
}

/* The first page from `page` on that is blocked, or is not, else `end`. */
static uint64_t find(const struct memory_view *view, uint64_t page, uint64_t end, bool blocked)
{
	const uint8_t skipped = blocked ? ALL_OPEN : ALL_BLOCKED;
	const uint8_t wanted = blocked ? ALL_BLOCKED : ALL_OPEN;

	while (page < end) {
		uint8_t known = page % BLOCK_PAGES ? MIXED : summary_of(view, page / BLOCK_PAGES);
		uint64_t word;

		if (known == wanted)
			return page;
		if (known == skipped) {
			page += BLOCK_PAGES;
			continue;
		}
		word = __atomic_load_n(&view->open[page / 64], __ATOMIC_ACQUIRE);
		word = (blocked ? ~word : word) & UINT64_MAX << page % 64;
		if (word) {
			page = page / 64 * 64 + (uint64_t)__builtin_ctzll(word);
			return page < end ? page : end;
		}
		page = page / 64 * 64 + 64;
	}
	return end;
}

/* Collects the blocked pages as intervals; gaps of less than `gap` pages are trapped as well.
 * Returns the number of intervals. */
static size_t collect(const struct memory_view *view, struct emu_ram *list, size_t max,
		      uint64_t gap)
{
	uint64_t end = end_of_ram >> PAGE_SHIFT, start, stop, next;
	size_t count = 0;

	for (start = find(view, 0, end, true); start < end; start = next) {
		stop = find(view, start, end, false);
		next = find(view, stop, end, true);
		while (next < end && next - stop < gap && (stop > 0x100 || next <= 0xa0)) {
			stop = find(view, next, end, false);
			next = find(view, stop, end, true);
		}
		if (count < max) {
			list[count].start = start << PAGE_SHIFT;
			list[count].end = stop << PAGE_SHIFT;
		}
		count++;
	}
	return count;
}

/* Between begin and commit; QEMU's device lock is held. */
static void trap_blocked(struct memory_view *view)
{
	static struct emu_ram list[QEMU_MAX_TRAPS];
	uint64_t gap = 1;
	size_t count;

	__atomic_store_n(&view->dirty_now, false, __ATOMIC_RELEASE);
	__atomic_store_n(&view->dirty, false, __ATOMIC_RELEASE);
	/* Every access to a gap costs a trap, but too many intervals are an error. */
	while ((count = collect(view, list, QEMU_MAX_TRAPS, gap)) > QEMU_MAX_TRAPS)
		gap *= 4;
	for (size_t i = 0; i < count; i++)
		qemu_trap_set(view->traps, i, list[i].start, list[i].end);
	qemu_traps_truncate(view->traps, count);
}

static void rebuild(struct memory_view *view)
{
	qemu_traps_begin();
	trap_blocked(view);
	qemu_traps_commit();
	rebuilds++;
}

static bool is_due(const struct memory_view *view)
{
	return view->traps && __atomic_load_n(&view->dirty_now, __ATOMIC_ACQUIRE);
}

/* In one transaction: at its end QEMU computes all of its memory maps again. */
void memory_views_commit(void)
{
	struct memory_view *views[] = { &memory_private, &memory_shared, &memory_devices };

	if (!is_due(views[0]) && !is_due(views[1]) && !is_due(views[2]))
		return;
	qemu_lock();
	qemu_traps_begin();
	for (unsigned i = 0; i < 3; i++)
		if (is_due(views[i]))
			trap_blocked(views[i]);
	qemu_traps_commit();
	rebuilds++;
	qemu_unlock();
}

/* Other threads than those of vCPUs use the vCPUs' views for a debugger alone, which sees all of
 * RAM. Its access is not the guest's. */
static bool is_debugger(const struct memory_view *view)
{
	if (view->initiator == MEMORY_DEVICE)
		return qemu_origin() == QEMU_BY_DEBUGGER;
	return !qemu_is_vcpu();
}

/* False: the access must not be performed. */
static bool check(struct memory_view *view, uint64_t gpa, bool write)
{
	bool blocked = is_blocked(view, gpa >> PAGE_SHIFT);

	if (!blocked && !__atomic_load_n(&view->dirty, __ATOMIC_ACQUIRE))
		return true;
	if (is_debugger(view))
		return true;
	if (blocked)
		return memory_violation(view->initiator, gpa, write);
	if (view->initiator != MEMORY_DEVICE)
		memory_trace(MEMORY_EVENT_TOUCH, gpa & -4096, 4096);
	rebuild(view);
	return true;
}

/* Of an access that is not performed: a device gets zeros, and no error. */
static bool is_ignored(const struct memory_view *view)
{
	return view->initiator == MEMORY_DEVICE;
}

static bool trap_read(void *opaque, uint64_t gpa, uint64_t *value, unsigned size)
{
	if (!check(opaque, gpa, false))
		return is_ignored(opaque);
	qemu_ram_read(gpa, value, size);
	return true;
}

static bool trap_write(void *opaque, uint64_t gpa, uint64_t value, unsigned size)
{
	if (!check(opaque, gpa, true))
		return is_ignored(opaque);
	qemu_ram_write(gpa, &value, size);
	return true;
}

/* Pages between two ranges of RAM, which are not trapped and whose bits never change: those of
 * whole blocks are not even written. QEMU leaves 1 TiB free below the RAM of large AMD machines. */
static void open_gap(struct memory_view *view, uint64_t first, uint64_t last)
{
	uint64_t block = (first + BLOCK_PAGES - 1) / BLOCK_PAGES, end = last / BLOCK_PAGES;

	if (block >= end) {
		set_pages(view, first, last, true);
		return;
	}
	set_pages(view, first, block * BLOCK_PAGES, true);
	memset(&view->summary[block], ALL_OPEN, end - block);
	set_pages(view, end * BLOCK_PAGES, last, true);
}

static bool init(struct memory_view *view)
{
	const uint64_t blocks = (end_of_ram >> PAGE_SHIFT) / BLOCK_PAGES + 1;
	uint64_t end = 0;

	view->open = calloc(blocks * BLOCK_WORDS, sizeof(uint64_t));
	view->summary = calloc(blocks, sizeof(uint8_t));
	if (!view->open || !view->summary)
		return false;
	for (size_t i = 0; i < range_count; i++) {
		open_gap(view, end >> PAGE_SHIFT, ranges[i].start >> PAGE_SHIFT);
		end = ranges[i].end;
	}
	memory_view_unblock(view, LEGACY_START, LEGACY_END - LEGACY_START);
	view->dirty = view->dirty_now = true;
	return true;
}

/* RAM except for the legacy range, where QEMU has more than RAM. */
static const char *open_ram(void)
{
	struct emu_ram ram[GUEST_MAX_RAM + 1];
	size_t count = 0;

	for (size_t i = 0; i < guest.ram_count; i++) {
		ram[count] = guest.ram[i];
		if (ram[count].start < LEGACY_START && ram[count].end > LEGACY_END) {
			ram[count++].end = LEGACY_START;
			ram[count].end = guest.ram[i].end;
			ram[count].start = LEGACY_END;
		}
		count++;
	}
	range_count = guest_ram_ranges(ranges);
	end_of_ram = range_count ? ranges[range_count - 1].end : 0;
	return qemu_ram_open(ram, count, &guest.window);
}

const char *memory_views_create(void)
{
	const char *error = open_ram();

	if (error)
		return error;
	return init(&memory_private) && init(&memory_shared) && init(&memory_devices)
		       ? NULL
		       : "out of memory";
}

const char *memory_views_install(void)
{
	static const struct qemu_trap_ops ops = { .read = trap_read, .write = trap_write };
	const char *error = qemu_view_create(guest.vcpus, guest.private_base | guest.shared_base);

	if (error)
		return error;
	memory_private.traps =
		qemu_traps_create(false, guest.private_base, end_of_ram, &ops, &memory_private);
	if (guest_is_separate())
		memory_shared.traps = qemu_traps_create(false, guest.shared_base, end_of_ram, &ops,
							&memory_shared);
	memory_devices.traps = qemu_traps_create(true, 0, end_of_ram, &ops, &memory_devices);
	memory_views_commit();
	return NULL;
}
