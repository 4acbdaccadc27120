/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "qemu/guest/guest.h"
#include "qemu/host/devices.h"
#include "qemu/host/memory_map.h"
#include "qemu/host/origin.h"
#include "qemu/host/vcpu.h"
#include "qemu/memory/memory_trace.h"
#include "qemu/memory/view.h"
#include "qemu/memory/violation.h"

/*
 * Trapped intervals against a list of blocked pages that is kept beside them, a byte for each page.
 * QEMU is replaced by an array of intervals for each view.
 */
#define PAGE	     UINT64_C(4096)
#define LOW	     UINT64_C(0x20005000) /* RAM below the hole, and above it: that of AMD's */
#define HIGH	     UINT64_C(0x10000000000)
#define WINDOW	     UINT64_C(0x10001c00000) /* RAM that is plugged in */
#define END	     UINT64_C(0x10002000000)
#define LEGACY	     UINT64_C(0xa0000)
#define LEGACY_END   UINT64_C(0x100000)
#define PRIVATE_BASE (UINT64_C(1) << 51)

struct qemu_traps {
	bool of_devices;
	uint64_t base;
	const struct qemu_trap_ops *ops;
	void *opaque;
	struct emu_ram range[QEMU_MAX_TRAPS];
	size_t count;
};

static struct qemu_traps created[3];
static size_t traps_count;
static unsigned transactions, locks;
static bool in_transaction;
static struct emu_ram opened[8];
static size_t opened_count;
static uint8_t ram[PAGE];
static unsigned touches, violations;
static bool carry_out, is_vcpu;
static enum qemu_origin origin;

const char *qemu_ram_open(const struct emu_ram *list, size_t count, const struct emu_ram *window)
{
	memcpy(opened, list, count * sizeof(*list));
	opened_count = count;
	assert_int_equal(window->start, WINDOW);
	assert_int_equal(window->end, END);
	return NULL;
}

const char *qemu_view_create(unsigned vcpus, uint64_t shared_bit)
{
	return NULL;
}

struct qemu_traps *qemu_traps_create(bool of_devices, uint64_t base, uint64_t end,
				     const struct qemu_trap_ops *ops, void *opaque)
{
	struct qemu_traps *traps = &created[traps_count++];

	*traps = (struct qemu_traps){
		.of_devices = of_devices, .base = base, .ops = ops, .opaque = opaque
	};
	assert_int_equal(end, END);
	return traps;
}

void qemu_traps_begin(void)
{
	assert_false(in_transaction);
	in_transaction = true;
}

void qemu_trap_set(struct qemu_traps *traps, size_t index, uint64_t start, uint64_t end)
{
	assert_true(in_transaction && index < QEMU_MAX_TRAPS && start < end);
	traps->range[index] = (struct emu_ram){ start, end };
	if (index >= traps->count)
		traps->count = index + 1;
}

void qemu_traps_truncate(struct qemu_traps *traps, size_t count)
{
	assert_true(in_transaction);
	traps->count = count;
}

void qemu_traps_commit(void)
{
	assert_true(in_transaction);
	in_transaction = false;
	transactions++;
}

void qemu_lock(void)
{
	locks++;
}

void qemu_unlock(void)
{
	locks--;
}

bool qemu_ram_read(uint64_t gpa, void *buffer, size_t size)
{
	memcpy(buffer, &ram[gpa % PAGE], size);
	return true;
}

bool qemu_ram_write(uint64_t gpa, const void *buffer, size_t size)
{
	memcpy(&ram[gpa % PAGE], buffer, size);
	return true;
}

void memory_trace(enum memory_event event, uint64_t gpa, uint64_t size)
{
	assert_int_equal(event, MEMORY_EVENT_TOUCH);
	assert_int_equal(gpa % PAGE, 0);
	assert_int_equal(size, PAGE);
	touches++;
}

bool qemu_is_vcpu(void)
{
	return is_vcpu;
}

enum qemu_origin qemu_origin(void)
{
	return origin;
}

bool memory_violation(enum memory_initiator initiator, uint64_t gpa, bool write)
{
	violations++;
	return carry_out;
}

static bool is_trapped(const struct qemu_traps *traps, uint64_t gpa)
{
	for (size_t i = 0; i < traps->count; i++)
		if (gpa >= traps->range[i].start && gpa < traps->range[i].end)
			return true;
	return false;
}

static struct qemu_traps *traps_of(const struct memory_view *view)
{
	for (size_t i = 0; i < traps_count; i++)
		if (created[i].opaque == view)
			return &created[i];
	return NULL;
}

static uint8_t *blocked; /* by page, and some behind the end */

/* RAM is [0, LOW) and [HIGH, END). */
static void mark(uint64_t gpa, uint64_t size, bool value)
{
	for (uint64_t at = gpa; at < gpa + size; at += PAGE) {
		if (at >= LOW && at < HIGH)
			at = HIGH;
		blocked[at / PAGE] = value && at < END ? 1 : 0;
	}
}

/* exact: no page is trapped that is not blocked. */
static void agrees(const struct memory_view *view, bool exact)
{
	const struct qemu_traps *traps = traps_of(view);

	for (size_t i = 1; i < traps->count; i++)
		assert_true(traps->range[i - 1].end < traps->range[i].start);
	for (size_t i = 0; i < traps->count; i++)
		assert_true(traps->range[i].end <= LOW || traps->range[i].start >= HIGH);
	for (uint64_t gpa = 0, i = 0; gpa < END; gpa += PAGE) {
		bool trapped;

		if (gpa == LOW)
			gpa = HIGH;
		while (i < traps->count && traps->range[i].end <= gpa)
			i++;
		trapped = i < traps->count && traps->range[i].start <= gpa;
		if (blocked[gpa / PAGE] && !trapped)
			fail_msg("0x%llx is blocked and not trapped", (unsigned long long)gpa);
		if (exact && !blocked[gpa / PAGE] && trapped)
			fail_msg("0x%llx is trapped and not blocked", (unsigned long long)gpa);
		if (gpa >= LEGACY && gpa < LEGACY_END)
			assert_false(trapped);
	}
}

static uint64_t resident_bytes(void)
{
	unsigned long all, resident;
	FILE *file = fopen("/proc/self/statm", "r");

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%lu %lu", &all, &resident), 2);
	fclose(file);
	return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t resident_for_views;

static int create(void **state)
{
	uint64_t before;

	guest = (struct guest){ .vcpus = 1,
				.ram = { { 0, LOW }, { HIGH, WINDOW } },
				.ram_count = 2,
				.window = { WINDOW, END } };
	guest.private_base = PRIVATE_BASE;
	blocked = calloc(END / PAGE + 256, 1);
	assert_non_null(blocked);
	/* Else calloc() writes to memory that the kernel has cleared (MALLOC_PERTURB_). */
	mallopt(M_PERTURB, 0);
	before = resident_bytes();
	assert_null(memory_views_create());
	assert_null(memory_views_install());
	resident_for_views = resident_bytes() - before;
	return 0;
}

static int destroy(void **state)
{
	free(blocked);
	return 0;
}

/* All views as they are at the start. */
static int set_up(void **state)
{
	struct memory_view *const views[] = { &memory_private, &memory_shared, &memory_devices };

	for (size_t i = 0; i < 3; i++) {
		memory_view_block(views[i], 0, END);
		memory_view_unblock(views[i], LEGACY, LEGACY_END - LEGACY);
	}
	memory_views_commit();
	mark(0, END, true);
	mark(LEGACY, LEGACY_END - LEGACY, false);
	transactions = touches = violations = 0;
	carry_out = false;
	is_vcpu = true;
	origin = QEMU_BY_INSTRUCTION;
	return 0;
}

static int tear_down(void **state)
{
	assert_int_equal(locks, 0);
	return 0;
}

static void test_start(void **state)
{
	assert_int_equal(traps_count, 3);
	assert_int_equal(traps_of(&memory_private)->base, PRIVATE_BASE);
	assert_int_equal(traps_of(&memory_shared)->base, 0);
	assert_true(traps_of(&memory_devices)->of_devices);
	agrees(&memory_private, true);
	agrees(&memory_shared, true);
	agrees(&memory_devices, true);
	/* RAM is opened without the part where QEMU has more than RAM. */
	assert_int_equal(opened_count, 3);
	assert_int_equal(opened[0].end, LEGACY);
	assert_int_equal(opened[1].start, LEGACY_END);
	assert_int_equal(opened[2].end, WINDOW);
}

/* ThreadSanitizer keeps what it knows of memory beside it, also of memory that is not written. */
#if defined(__SANITIZE_THREAD__)
#define KEEPS_SHADOWS 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define KEEPS_SHADOWS 1
#endif
#endif

/* The hole of 1 TiB has 32 MiB of bits in each view, of which none is written. */
static void test_hole(void **state)
{
#ifdef KEEPS_SHADOWS
	skip();
#endif
	assert_in_range(resident_for_views, 0, 32 << 20);
}

/* Unblocking alone changes no interval of the vCPUs', and blocking does at the next commit. */
static void test_when(void **state)
{
	memory_view_unblock(&memory_private, 0x200000, 0x200000);
	memory_views_commit();
	assert_int_equal(transactions, 0);
	mark(0x200000, 0x200000, false);
	agrees(&memory_private, false);
	memory_view_block(&memory_private, 0x201000, PAGE);
	mark(0x201000, PAGE, true);
	memory_views_commit();
	assert_int_equal(transactions, 1);
	agrees(&memory_private, true);
	/* Devices get pointers to RAM, so theirs must change at once. */
	memory_view_unblock(&memory_devices, 0x200000, 0x200000);
	memory_views_commit();
	assert_int_equal(transactions, 2);
	assert_false(is_trapped(traps_of(&memory_devices), 0x200000));
}

/* A conversion of a page changes all views, in one transaction. */
static void test_one_transaction(void **state)
{
	memory_view_unblock(&memory_shared, 0x200000, PAGE);
	memory_views_commit();
	transactions = 0;
	memory_view_block(&memory_shared, 0x200000, PAGE);
	memory_view_unblock(&memory_devices, 0x200000, PAGE);
	memory_view_unblock(&memory_private, 0x200000, PAGE);
	memory_views_commit();
	assert_int_equal(transactions, 1);
	assert_true(is_trapped(traps_of(&memory_shared), 0x200000));
	assert_false(is_trapped(traps_of(&memory_devices), 0x200000));
}

/* What is blocked already, what is not blocked, and what is not RAM. */
static void test_no_change(void **state)
{
	memory_view_block(&memory_private, 0x200000, PAGE);
	memory_view_block(&memory_devices, LOW, HIGH - LOW);
	memory_view_unblock(&memory_devices, LOW, HIGH - LOW);
	memory_views_commit();
	memory_view_unblock(&memory_devices, 0x200000, PAGE);
	memory_views_commit();
	assert_int_equal(transactions, 1);
	memory_view_unblock(&memory_devices, 0x200000, PAGE);
	memory_views_commit();
	assert_int_equal(transactions, 1);
}

static uint64_t load(struct qemu_traps *traps, uint64_t gpa, unsigned size)
{
	uint64_t value = 0;

	traps->ops->read(traps->opaque, gpa, &value, size);
	return value;
}

static void test_accesses(void **state)
{
	struct qemu_traps *traps = traps_of(&memory_private);
	uint64_t rebuilds = memory_views_rebuilds();

	memcpy(ram, "12345678", 8);
	/* Blocked: what the violation's policy says. */
	assert_int_equal(load(traps, 0x400000, 4), 0);
	assert_int_equal(violations, 1);
	traps->ops->write(traps->opaque, 0x400000, 0x41414141, 4);
	assert_int_equal(violations, 2);
	assert_memory_equal(ram, "12345678", 8);
	carry_out = true;
	assert_int_equal(load(traps, 0x400000, 2), 0x3231);
	traps->ops->write(traps->opaque, 0x400000, 0x4142, 2);
	assert_memory_equal(ram, "BA345678", 8);
	assert_int_equal(violations, 4);
	assert_int_equal(touches, 0);

	/* Accepted: carried out, and the intervals are built again, once. */
	memory_view_unblock(&memory_private, 0x400000, PAGE);
	mark(0x400000, PAGE, false);
	traps->ops->write(traps->opaque, 0x400ffc, 0x43434343, 4);
	assert_memory_equal(&ram[0xffc], "CCCC", 4);
	assert_int_equal(violations, 4);
	assert_int_equal(touches, 1);
	assert_int_equal(memory_views_rebuilds(), rebuilds + 1);
	agrees(&memory_private, true);
	load(traps, 0x400000, 1);
	assert_int_equal(touches, 1);
	assert_int_equal(memory_views_rebuilds(), rebuilds + 1);
}

/* A device's access is no touch of the guest's. */
static void test_device(void **state)
{
	struct qemu_traps *traps = traps_of(&memory_devices);

	memory_view_unblock(&memory_devices, 0x400000, PAGE);
	load(traps, 0x400000, 4);
	assert_int_equal(touches, 0);
	assert_int_equal(violations, 0);
}

/* It sees what is blocked, and leaves everything as it is. */
static void test_debugger(void **state)
{
	struct qemu_traps *views[] = { traps_of(&memory_private), traps_of(&memory_shared),
				       traps_of(&memory_devices) };
	uint64_t rebuilds = memory_views_rebuilds();

	memcpy(ram, "12345678", 8);
	memory_view_unblock(&memory_private, 0x600000, PAGE);
	is_vcpu = false;
	origin = QEMU_BY_DEBUGGER;
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(load(views[i], 0x400000, 2), 0x3231);
		views[i]->ops->write(views[i]->opaque, 0x400000, 0x41 + i, 1);
		assert_int_equal(ram[0], 0x41 + i);
		ram[0] = '1';
	}
	load(views[0], 0x600000, 2);
	assert_int_equal(violations, 0);
	assert_int_equal(touches, 0);
	assert_int_equal(memory_views_rebuilds(), rebuilds);
	/* A device's access may come from any thread; a vCPU may serve a device. */
	origin = QEMU_BY_INSTRUCTION;
	load(views[2], 0x400000, 2);
	assert_int_equal(violations, 1);
}

static void test_random(void **state)
{
	uint32_t seed = 1;

	for (unsigned i = 0; i < 2000; i++) {
		uint64_t gpa, size;
		bool block;

		seed = seed * 1103515245 + 12345;
		gpa = (seed >> 8) % ((END - HIGH) / PAGE) * PAGE + (seed & 1 ? HIGH : 0);
		size = (1 + (seed >> 3) % 200) * PAGE;
		block = seed >> 30 & 1;
		if (gpa < LEGACY_END)
			continue;
		if (block)
			memory_view_block(&memory_private, gpa, size);
		else
			memory_view_unblock(&memory_private, gpa, size);
		mark(gpa, size, block);
		if (i % 100 == 99) {
			memory_view_block(&memory_private, HIGH, PAGE);
			mark(HIGH, PAGE, true);
			memory_views_commit();
			agrees(&memory_private, true);
		}
	}
}

static void unblock(uint64_t start, uint64_t end)
{
	memory_view_unblock(&memory_private, start, end - start);
	mark(start, end - start, false);
}

static void is_within_limits(void)
{
	memory_view_block(&memory_private, LOW - PAGE, PAGE);
	mark(LOW - PAGE, PAGE, true);
	memory_views_commit();
	agrees(&memory_private, false);
	assert_true(traps_of(&memory_private)->count <= QEMU_MAX_TRAPS);
}

/* More intervals than there are traps: gaps are trapped as well, and nothing blocked is open. */
static void test_too_many(void **state)
{
	for (uint64_t gpa = LEGACY_END; gpa < LOW; gpa += 4 * PAGE)
		unblock(gpa, gpa + 2 * PAGE);
	for (uint64_t gpa = 0; gpa < LEGACY; gpa += 4 * PAGE)
		unblock(gpa, gpa + 2 * PAGE);
	is_within_limits();
}

/* The same with gaps as large as the legacy range, which is never trapped. */
static void test_large_gaps(void **state)
{
	for (uint64_t gpa = LEGACY_END; gpa < LOW; gpa += 80 * PAGE)
		unblock(gpa + PAGE, gpa + 80 * PAGE);
	is_within_limits();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_start, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_when, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_transaction, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_change, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_accesses, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_device, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_debugger, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_random, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_too_many, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_large_gaps, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, create, destroy);
}
