/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <cvmem/fault.h>

#include "convert.h"
#include "machine.h"

/*
 * The host's hooks around the library's spinlocks: interrupts are masked and restored in pairs,
 * never masked during a call of the platform, and a held lock is waited for by relax().
 */

#define BASE  GIB
#define UNIT  (2 * MIB)
#define FLAGS 0x5a5aul

static struct {
	bool masked;
	unsigned pairs, platform_calls, relaxed;
	struct cvm_spinlock *held; /* released by the second relax() */
	int (*accept)(struct cvm_platform *platform, uint64_t start, uint64_t end,
		      struct cvm_accept_result *result);
} seen;

static unsigned long irq_save(void *ctx)
{
	assert_ptr_equal(ctx, &seen);
	assert_false(seen.masked);
	seen.masked = true;
	return FLAGS;
}

static void irq_restore(void *ctx, unsigned long flags)
{
	assert_ptr_equal(ctx, &seen);
	assert_true(seen.masked);
	assert_int_equal(flags, FLAGS);
	seen.masked = false;
	seen.pairs++;
}

static void relax(void *ctx, enum cvm_wait what, uint64_t gpa)
{
	assert_int_equal(what, CVM_WAIT_LOCK);
	assert_int_equal(gpa, 0);
	if (++seen.relaxed == 2)
		__atomic_store_n(&seen.held->held, 0, __ATOMIC_RELEASE);
}

static int accept(struct cvm_platform *platform, uint64_t start, uint64_t end,
		  struct cvm_accept_result *result)
{
	assert_false(seen.masked);
	seen.platform_calls++;
	return seen.accept(platform, start, end, result);
}

static const struct cvm_host host = {
	.relax = relax, .irq_save = irq_save, .irq_restore = irq_restore, .ctx = &seen
};

static void begin(struct cvm_platform *platform)
{
	seen.masked = false;
	seen.pairs = seen.platform_calls = seen.relaxed = 0;
	seen.accept = platform->accept;
	platform->accept = accept;
}

/* How often interrupts were masked since the last time; they are not now. */
static unsigned pairs(void)
{
	unsigned count = seen.pairs;

	assert_false(seen.masked);
	seen.pairs = 0;
	return count;
}

static void test_pages(void **state)
{
	const struct cvm_range range = { BASE, BASE + 16 * UNIT, 0, CVM_MEM_UNACCEPTED };
	struct machine *machine = machine_new(BASE, BASE + 16 * UNIT, UNIT, true, &range, 1);
	struct cvm_pages_stats stats;
	struct cvm_cache cache;
	uint64_t gpa[2], bytes;

	begin(&machine->fake->platform);
	machine->pages.host = host;
	assert_int_equal(cvm_pages_add(&machine->pages, BASE, BASE + 16 * UNIT), 0);
	assert_int_equal(pairs(), 1);
	/* The first allocation populates: the lock is dropped for the platform's call. */
	assert_int_equal(cvm_pages_alloc(&machine->pages, 0, &gpa[0]), 0);
	assert_true(pairs() > 1);
	assert_int_equal(seen.platform_calls, 1);
	assert_int_equal(cvm_pages_alloc_nowait(&machine->pages, 0, &gpa[1]), 0);
	assert_int_equal(pairs(), 1);
	assert_int_equal(cvm_pages_free(&machine->pages, gpa[0], 0), 0);
	assert_int_equal(cvm_pages_free(&machine->pages, gpa[1], 0), 0);
	assert_int_equal(pairs(), 2);
	assert_int_equal(cvm_pages_populate(&machine->pages, CVM_CAUSE_BACKGROUND, &bytes), 0);
	assert_true(pairs() > 1);
	/* A cache takes the lock when it is empty, and not again. */
	cvm_cache_init(&cache, &machine->pages);
	assert_int_equal(cvm_cache_alloc(&cache, 0, &gpa[0]), 0);
	assert_int_equal(pairs(), 1);
	assert_int_equal(cvm_cache_alloc(&cache, 0, &gpa[1]), 0);
	assert_int_equal(cvm_cache_free(&cache, gpa[0], 0), 0);
	assert_int_equal(pairs(), 0);
	cvm_pages_get_stats(&machine->pages, &stats);
	assert_int_equal(pairs(), 1);
	machine_free(machine);
}

static void test_share(void **state)
{
	const uint64_t none = 0;
	struct convert *c = convert_new(BASE, 2, &none, 4);

	begin(&c->platform);
	c->world->acceptor.host = host;
	assert_int_equal(cvm_set_shared(&c->share, BASE, BASE + PAGE, NULL), 0);
	assert_true(pairs() > 1);
	assert_true(cvm_is_shared(&c->share, BASE, BASE + 1));
	assert_int_equal(pairs(), 1);
	assert_int_equal(cvm_set_private(&c->share, BASE, BASE + PAGE, NULL), 0);
	assert_true(pairs() > 1);
	assert_int_equal(seen.platform_calls, 1);
	assert_int_equal(cvm_set_shared(&c->share, BASE + PAGE, BASE, NULL), CVM_EINVAL);
	assert_int_equal(pairs(), 0);
	convert_free(c);
}

/* A fault does not wait for the lock, and leaves interrupts as they were. */
static void test_fault(void **state)
{
	const uint64_t second = 2;
	struct convert *c = convert_new(BASE, 2, &second, 4);
	struct cvm_fault_cpu cpu;
	struct cvm_span declared[1];
	struct cvm_fault_config config = {
		.acceptor = &c->world->acceptor,
		.share = &c->share,
		.cpu = &cpu,
		.cpus = 1,
		.declared = declared,
		.max_declared = 1,
	};
	struct cvm_fault fault;

	begin(&c->platform);
	assert_int_equal(cvm_fault_init(&fault, &config), 0);
	assert_int_equal(cvm_fault_declare(&fault, BASE, BASE + PAGE), 0);
	assert_int_equal(cvm_fault_start(&fault), 0);
	c->world->acceptor.host = host;
	assert_int_equal(cvm_fault_handle(&fault, 0, BASE, 0), 0);
	assert_int_equal(pairs(), 1);
	c->share.lock.held = 1;
	assert_int_equal(cvm_fault_handle(&fault, 0, BASE, 0), CVM_EBUSY);
	assert_int_equal(pairs(), 1);
	assert_int_equal(seen.relaxed, 0);
	assert_int_equal(c->share.lock.held, 1);
	convert_free(c);
}

static void test_wait(void **state)
{
	const uint64_t none = 0;
	struct convert *c = convert_new(BASE, 2, &none, 4);

	begin(&c->platform);
	c->world->acceptor.host = host;
	seen.held = &c->share.lock;
	c->share.lock.held = 1;
	assert_false(cvm_is_shared(&c->share, BASE, BASE + 1));
	assert_int_equal(seen.relaxed, 2);
	assert_int_equal(c->share.lock.held, 0);
	assert_int_equal(pairs(), 1);
	convert_free(c);
}

/* Both of a pair, or neither. */
static void test_half_a_host(void **state)
{
	struct cvm_platform platform = fake_calls;
	struct cvm_host half = { .irq_save = irq_save };
	const struct cvm_acceptor_config config = { .platform = &platform, .host = &half };
	struct cvm_acceptor acceptor;

	assert_int_equal(cvm_acceptor_init(&acceptor, &config), CVM_EINVAL);
	half.irq_restore = irq_restore;
	assert_int_equal(cvm_acceptor_init(&acceptor, &config), 0);
	half.irq_save = NULL;
	assert_int_equal(cvm_acceptor_init(&acceptor, &config), CVM_EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages),	    cmocka_unit_test(test_share),
		cmocka_unit_test(test_fault),	    cmocka_unit_test(test_wait),
		cmocka_unit_test(test_half_a_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
