/* SPDX-License-Identifier: MIT */
#include "tests/emu/fake_backend.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PAGE 4096

static void note(struct fake_backend *fake, const char *wrong)
{
	const char *none = NULL;

	__atomic_compare_exchange_n(&fake->wrong, &none, wrong, false, __ATOMIC_RELAXED,
				    __ATOMIC_RELAXED);
}

static void enter(struct fake_backend *fake, uint64_t first, uint64_t end)
{
	for (uint64_t i = first; i < end; i++)
		if (__atomic_exchange_n(&fake->inside[i], 1, __ATOMIC_ACQ_REL))
			note(fake, "two callbacks concern the same page at once");
}

static void leave(struct fake_backend *fake, uint64_t first, uint64_t end)
{
	for (uint64_t i = first; i < end; i++)
		__atomic_store_n(&fake->inside[i], 0, __ATOMIC_RELEASE);
}

static bool set(uint8_t *flag, uint8_t value)
{
	return __atomic_exchange_n(flag, value, __ATOMIC_ACQ_REL) != value;
}

/* Once only, because it may lead here again. */
static void do_meanwhile(struct fake_backend *fake)
{
	void (*meanwhile)(void *arg) = fake->meanwhile;

	if (fake->yield && __atomic_add_fetch(&fake->turns, 1, __ATOMIC_RELAXED) % 16 == 0)
		sched_yield();
	if (!meanwhile)
		return;
	fake->meanwhile = NULL;
	meanwhile(fake->meanwhile_arg);
}

static void change(struct fake_backend *fake, struct fake_call call)
{
	uint64_t first = call.gpa / PAGE, end = (call.gpa + call.size) / PAGE;
	bool is_private = call.what == 'P' || call.what == 'p';
	uint8_t value = call.what == 'P' || call.what == 'S';

	if (call.gpa % PAGE || call.size % PAGE || !call.size || end > FAKE_PAGES) {
		note(fake, "a callback with a bad range");
		return;
	}
	enter(fake, first, end);
	if (fake->log && fake->calls < 64)
		fake->call[fake->calls] = call;
	if (fake->log)
		fake->calls++;
	for (uint64_t i = first; i < end; i++) {
		if (!set(is_private ? &fake->private_ok[i] : &fake->shared_ok[i], value))
			note(fake, "a callback that changes nothing");
		if (value && __atomic_load_n(&fake->private_ok[i], __ATOMIC_ACQUIRE) &&
		    __atomic_load_n(&fake->shared_ok[i], __ATOMIC_ACQUIRE))
			note(fake, "a page in both views");
	}
	do_meanwhile(fake);
	leave(fake, first, end);
}

static void map_private(void *ctx, uint64_t gpa, uint64_t size, bool zero)
{
	change(ctx, (struct fake_call){ 'P', gpa, size, zero });
}

static void unmap_private(void *ctx, uint64_t gpa, uint64_t size)
{
	change(ctx, (struct fake_call){ 'p', gpa, size, false });
}

static void map_shared(void *ctx, uint64_t gpa, uint64_t size)
{
	change(ctx, (struct fake_call){ 'S', gpa, size, false });
}

static void unmap_shared(void *ctx, uint64_t gpa, uint64_t size)
{
	change(ctx, (struct fake_call){ 's', gpa, size, false });
}

static bool is_shared(struct fake_backend *fake, uint64_t gpa, size_t size)
{
	for (uint64_t i = gpa / PAGE; i <= (gpa + size - 1) / PAGE; i++)
		if (i >= FAKE_PAGES || !__atomic_load_n(&fake->shared_ok[i], __ATOMIC_ACQUIRE))
			return false;
	return true;
}

static bool read_shared(void *ctx, uint64_t gpa, void *buffer, size_t size)
{
	struct fake_backend *fake = ctx;

	do_meanwhile(fake);
	if (!is_shared(fake, gpa, size))
		return false;
	memcpy(buffer, fake->shared + gpa, size);
	return true;
}

static bool write_shared(void *ctx, uint64_t gpa, const void *buffer, size_t size)
{
	struct fake_backend *fake = ctx;

	if (!is_shared(fake, gpa, size))
		return false;
	memcpy(fake->shared + gpa, buffer, size);
	return true;
}

struct fake_backend *fake_create(void)
{
	struct fake_backend *fake = calloc(1, sizeof(*fake));

	assert_non_null(fake);
	fake->shared = calloc(FAKE_PAGES, PAGE);
	assert_non_null(fake->shared);
	fake->backend = (struct emu_backend){ .map_private = map_private,
					      .unmap_private = unmap_private,
					      .map_shared = map_shared,
					      .unmap_shared = unmap_shared,
					      .read_shared = read_shared,
					      .write_shared = write_shared,
					      .ctx = fake };
	return fake;
}

void fake_destroy(struct fake_backend *fake)
{
	if (fake->wrong)
		fail_msg("%s", fake->wrong);
	free(fake->shared);
	free(fake);
}

void fake_clear_log(struct fake_backend *fake)
{
	fake->log = true;
	fake->calls = 0;
}

void fake_expect(struct fake_backend *fake, size_t index, char what, uint64_t gpa, uint64_t size)
{
	assert_true(index < fake->calls);
	assert_int_equal(fake->call[index].what, what);
	assert_int_equal(fake->call[index].gpa, gpa);
	assert_int_equal(fake->call[index].size, size);
}

uint64_t fake_unaccepted(const struct emu_machine *machine)
{
	struct emu_stats stats;

	emu_machine_stats(machine, &stats);
	return stats.unaccepted_bytes;
}
