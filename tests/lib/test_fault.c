/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <cvmem/fault.h>

#include "convert.h"

/* Acceptance on fault: what is served, how far ahead, what is refused and what is an attack. */

#define BASE  GIB
#define UNIT  (2 * MIB)
#define UNITS 64
#define AT(n) (BASE + (uint64_t)(n)*UNIT)

struct setup {
	struct convert *convert;
	struct cvm_range ranges[4];
	struct cvm_map map;
	struct cvm_fault_cpu cpu[3];
	struct cvm_span declared[2];
	struct cvm_fault_config config;
	struct cvm_fault fault;
	enum cvm_verdict verdict;
	uint64_t attacked;
	unsigned attacks;
};

static enum cvm_verdict on_attack(void *ctx, enum cvm_attack what, uint64_t gpa, uint64_t status)
{
	struct setup *setup = ctx;

	assert_int_equal(what, CVM_ATTACK_PAGE_GONE);
	setup->attacked = gpa;
	setup->attacks++;
	return setup->verdict;
}

/* All but the first two units is unaccepted; after the 40th there is a hole in RAM. */
static int begin(void **state)
{
	static struct setup setup;
	uint64_t bits = ~UINT64_C(3) & ~(UINT64_C(1) << 40);

	setup = (struct setup){ 0 };
	setup.convert = convert_new(BASE, UNITS, &bits, 8);
	cvm_map_init(&setup.map, setup.ranges, 4);
	assert_int_equal(cvm_map_add(&setup.map, AT(0), 40 * UNIT, CVM_MEM_RAM, 0), 0);
	assert_int_equal(cvm_map_add(&setup.map, AT(40), UNIT, CVM_MEM_RESERVED, 0), 0);
	assert_int_equal(cvm_map_add(&setup.map, AT(41), 23 * UNIT, CVM_MEM_UNACCEPTED, 0), 0);
	setup.convert->world->acceptor.host.on_attack = on_attack;
	setup.convert->world->acceptor.host.ctx = &setup;
	setup.config = (struct cvm_fault_config){
		.acceptor = &setup.convert->world->acceptor,
		.map = &setup.map,
		.share = &setup.convert->share,
		.cpu = setup.cpu,
		.cpus = 3,
		.declared = setup.declared,
		.max_declared = 2,
	};
	*state = &setup;
	return 0;
}

static void start(struct setup *setup, unsigned max_batch)
{
	setup->config.max_batch = max_batch;
	assert_int_equal(cvm_fault_init(&setup->fault, &setup->config), 0);
	assert_int_equal(cvm_fault_declare(&setup->fault, AT(0), AT(1)), 0);
	assert_int_equal(cvm_fault_start(&setup->fault), 0);
}

static int end(void **state)
{
	convert_free(((struct setup *)*state)->convert);
	return 0;
}

static uint64_t bitmap(struct setup *setup)
{
	return setup->convert->world->table->bitmap[0];
}

static void test_declarations(void **state)
{
	struct setup *setup = *state;
	struct cvm_fault *fault = &setup->fault;

	assert_int_equal(cvm_fault_init(fault, &setup->config), 0);
	/* No handler runs without a stack. */
	assert_int_equal(cvm_fault_start(fault), CVM_EINVAL);
	assert_int_equal(cvm_fault_handle(fault, 0, AT(9), 0), CVM_EINVAL);
	assert_int_equal(cvm_fault_declare(fault, AT(5), AT(5)), CVM_EINVAL);
	assert_int_equal(cvm_fault_declare(fault, AT(5) - 8, AT(5) + 8), 0);
	assert_int_equal(cvm_fault_declare(fault, AT(9) + 3 * PAGE, AT(9) + 4 * PAGE), 0);
	assert_int_equal(cvm_fault_declare(fault, AT(1), AT(2)), CVM_ENOSPC);
	/* Not before all of it is accepted. */
	fake_mood(setup->convert->world->fake, AT(9) + PAGE, FAKE_REFUSE);
	assert_int_equal(cvm_fault_start(fault), CVM_EIO);
	assert_int_equal(cvm_fault_handle(fault, 0, AT(10), 0), CVM_EINVAL);
	assert_int_equal(cvm_fault_init(fault, &setup->config), 0);
	assert_int_equal(cvm_fault_declare(fault, AT(11) - 8, AT(11) + 8), 0);
	assert_int_equal(cvm_fault_start(fault), 0);
	assert_true(fake_all_accepted(setup->convert->world->fake, AT(10), AT(12)));
	assert_int_equal(cvm_fault_declare(fault, AT(1), AT(2)), CVM_EINVAL);
	assert_int_equal(cvm_fault_handle(fault, 3, AT(20), 0), CVM_EINVAL);
	assert_int_equal(cvm_fault_handle(fault, 2, AT(20), 0), 0);
	cvm_fault_stop(fault);
	assert_int_equal(cvm_fault_handle(fault, 2, AT(21), 0), CVM_EINVAL);
}

static void test_declared_elsewhere(void **state)
{
	struct setup *setup = *state;
	struct cvm_fault *fault = &setup->fault;
	struct convert *c = setup->convert;

	assert_int_equal(cvm_fault_init(fault, &setup->config), 0);
	assert_int_equal(cvm_fault_declare(fault, AT(39), AT(40) + 1), 0);
	assert_int_equal(cvm_fault_start(fault), CVM_EINVAL);
	assert_int_equal(cvm_fault_init(fault, &setup->config), 0);
	assert_int_equal(cvm_set_shared(&c->share, AT(1), AT(1) + PAGE, NULL), 0);
	assert_int_equal(cvm_fault_declare(fault, AT(1), AT(2)), 0);
	assert_int_equal(cvm_fault_start(fault), CVM_EBUSY);
	assert_int_equal(cvm_set_private(&c->share, AT(1), AT(1) + PAGE, NULL), 0);
	assert_int_equal(cvm_fault_start(fault), 0);
}

static void test_one_unit(void **state)
{
	struct setup *setup = *state;
	struct cvm_accept_stats stats;

	start(setup, 0);
	assert_int_equal(cvm_fault_handle(&setup->fault, 1, AT(7) + 12345, 0), 0);
	assert_int_equal(cvm_fault_handle(&setup->fault, 1, AT(8), CVM_FAULT_MAY_WAIT), 0);
	assert_int_equal(bitmap(setup), ~UINT64_C(3) & ~(UINT64_C(0x10000000180)));
	assert_true(world_exact(setup->convert->world));
	cvm_acceptor_get_stats(&setup->convert->world->acceptor, &stats);
	assert_int_equal(stats.bytes[CVM_CAUSE_FAULT], 2 * UNIT);
}

/* How many units one fault accepts. */
static unsigned fault_at(struct setup *setup, unsigned cpu, unsigned unit)
{
	uint64_t before = bitmap(setup);

	assert_int_equal(cvm_fault_handle(&setup->fault, cpu, AT(unit) + 5, 0), 0);
	return (unsigned)__builtin_popcountll(before & ~bitmap(setup));
}

static void test_batches(void **state)
{
	struct setup *setup = *state;
	struct cvm_fault_stats stats;

	start(setup, 4);
	assert_int_equal(fault_at(setup, 0, 2), 1);
	assert_int_equal(fault_at(setup, 0, 3), 2);
	assert_int_equal(fault_at(setup, 0, 5), 3);
	/* Another CPU's faults are another sequence. */
	assert_int_equal(fault_at(setup, 1, 30), 1);
	assert_int_equal(fault_at(setup, 0, 8), 5);
	assert_int_equal(fault_at(setup, 0, 13), 5);
	/* It stops at what is accepted already only to step over it. */
	assert_int_equal(cvm_accept(setup->config.acceptor, AT(20), AT(21), CVM_CAUSE_PAGES), 0);
	assert_int_equal(fault_at(setup, 0, 18), 4);
	/* Out of order: back to one, and then up again. */
	assert_int_equal(fault_at(setup, 0, 26), 1);
	assert_int_equal(fault_at(setup, 0, 28), 1);
	assert_int_equal(fault_at(setup, 0, 29), 1);
	cvm_fault_get_stats(&setup->fault, &stats);
	assert_int_equal(stats.faults, 10);
	assert_int_equal(stats.accepted, 10);
	assert_int_equal(stats.ahead, (1 + 2 + 4 + 4 + 3) * UNIT);
	assert_true(world_exact(setup->convert->world));
}

/* Not into the hole, not past the table. */
static void test_batch_ends(void **state)
{
	struct setup *setup = *state;

	start(setup, 8);
	assert_int_equal(fault_at(setup, 0, 31), 1);
	assert_int_equal(fault_at(setup, 0, 32), 2);
	assert_int_equal(fault_at(setup, 0, 34), 3);
	assert_int_equal(fault_at(setup, 0, 37), 3);
	assert_int_equal(fault_at(setup, 0, 60), 1);
	assert_int_equal(fault_at(setup, 0, 61), 2);
	assert_int_equal(fault_at(setup, 0, 63), 1);
	assert_true(world_exact(setup->convert->world));
}

/* A rejection ahead of the fault is not reported. */
static void test_refused(void **state)
{
	struct setup *setup = *state;

	start(setup, 4);
	fake_mood(setup->convert->world->fake, AT(4), FAKE_REFUSE);
	fake_mood(setup->convert->world->fake, AT(10), FAKE_REFUSE);
	assert_int_equal(fault_at(setup, 0, 2), 1);
	assert_int_equal(fault_at(setup, 0, 3), 1);
	assert_int_equal(cvm_fault_handle(&setup->fault, 0, AT(4), 0), CVM_EIO);
	assert_int_equal(cvm_fault_handle(&setup->fault, 0, AT(10), CVM_FAULT_MAY_WAIT), CVM_EIO);
}

static void test_not_memory(void **state)
{
	struct setup *setup = *state;
	struct convert *c = setup->convert;
	unsigned calls;

	start(setup, 4);
	calls = c->world->fake->calls;
	assert_int_equal(cvm_fault_handle(&setup->fault, 0, AT(40) + 8, 0), CVM_ERANGE);
	assert_int_equal(cvm_fault_handle(&setup->fault, 0, AT(64), 0), CVM_ERANGE);
	assert_int_equal(cvm_fault_handle(&setup->fault, 0, BASE - 1, 0), CVM_ERANGE);
	assert_int_equal(cvm_fault_handle(&setup->fault, 0, UINT64_MAX, 0), CVM_ERANGE);
	/* The private address of a shared page: a bug, and no attack. */
	assert_int_equal(cvm_set_shared(&c->share, AT(1), AT(1) + PAGE, NULL), 0);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(cvm_fault_handle(&setup->fault, 0, AT(1) + 9, 0), CVM_EINVAL);
	assert_int_equal(setup->attacks, 0);
	/* Without a map the table says what memory is. */
	setup->config.map = NULL;
	start(setup, 0);
	assert_int_equal(cvm_fault_handle(&setup->fault, 0, AT(64), 0), CVM_ERANGE);
	assert_int_equal(cvm_fault_handle(&setup->fault, 0, BASE - 1, 0), CVM_ERANGE);
	assert_int_equal(c->world->fake->calls, calls);
	assert_int_equal(cvm_fault_handle(&setup->fault, 0, AT(63), 0), 0);
}

/* Once is another CPU's doing, twice is the host's. It is never accepted. */
static void test_attack(void **state)
{
	struct setup *setup = *state;
	struct fake *fake = setup->convert->world->fake;
	struct cvm_fault_stats stats;

	setup->verdict = CVM_VERDICT_CONTINUE;
	start(setup, 0);
	assert_int_equal(cvm_fault_handle(&setup->fault, 0, AT(1) + 9, 0), 0);
	assert_int_equal(cvm_fault_handle(&setup->fault, 1, AT(1) + 9, 0), 0);
	/* In between it made progress: it is another story then. */
	assert_int_equal(cvm_fault_handle(&setup->fault, 0, AT(9), 0), 0);
	assert_int_equal(cvm_fault_handle(&setup->fault, 0, AT(1) + 9, 0), 0);
	assert_int_equal(setup->attacks, 0);
	assert_int_equal(cvm_fault_handle(&setup->fault, 0, AT(1) + PAGE + 9, 0), CVM_EALREADY);
	assert_int_equal(setup->attacks, 1);
	assert_int_equal(setup->attacked, AT(1) + PAGE);
	assert_int_equal(fake->stops, 0);
	assert_int_equal(fake->calls, 1);
	cvm_fault_get_stats(&setup->fault, &stats);
	assert_int_equal(stats.spurious, 3);
	assert_int_equal(stats.attacks, 1);
}

static void test_attack_stops(void **state)
{
	struct setup *setup = *state;
	struct fake *fake = setup->convert->world->fake;

	setup->convert->world->acceptor.host.on_attack = NULL;
	start(setup, 0);
	assert_int_equal(cvm_fault_handle(&setup->fault, 0, AT(0) + 9, 0), 0);
	assert_int_equal(cvm_fault_handle(&setup->fault, 0, AT(0) + 9, 0), CVM_EALREADY);
	assert_int_equal(fake->stops, 1);
	assert_int_equal(fake->stop_reason, CVM_TERMINATE_PAGE_GONE);
	assert_int_equal(fake->stop_gpa, AT(0));
	assert_int_equal(fake->calls, 0);
}

/* Taking turns does not help the host for long. */
static void test_attack_in_turns(void **state)
{
	struct setup *setup = *state;
	unsigned resumed = 0;

	setup->verdict = CVM_VERDICT_CONTINUE;
	start(setup, 0);
	while (resumed < 1000 && !cvm_fault_handle(&setup->fault, 0, AT(resumed % 2), 0))
		resumed++;
	assert_int_equal(resumed, 63);
}

static int fault_job(struct job *job)
{
	struct setup *setup = job->ctx;

	return cvm_fault_handle(&setup->fault, 1, job->gpa, CVM_FAULT_MAY_WAIT);
}

static void test_busy(void **state)
{
	struct setup *setup = *state;
	struct fake *fake = setup->convert->world->fake;
	struct job other = { .run = world_accept, .ctx = setup->convert->world };
	struct job waiter = { .run = fault_job, .ctx = setup, .gpa = AT(9) + 77 };

	start(setup, 2);
	other.start = AT(9);
	other.end = AT(9) + PAGE;
	fake_mood(fake, AT(9) + PAGE, FAKE_GATE);
	job_start(&other);
	assert_int_equal(job_settle(&other), JOB_AT_GATE);
	assert_int_equal(cvm_fault_handle(&setup->fault, 0, AT(9) + 77, 0), CVM_EBUSY);
	/* Acceptance ahead of a fault does not wait, either. */
	assert_int_equal(fault_at(setup, 0, 7), 1);
	assert_int_equal(fault_at(setup, 0, 8), 1);
	job_start(&waiter);
	assert_int_equal(job_settle(&waiter), JOB_WAITING);
	fake_open(fake, AT(9) + PAGE);
	assert_int_equal(job_join(&other), 0);
	assert_int_equal(job_join(&waiter), 0);
	assert_true(world_exact(setup->convert->world));
}

/* A platform whose call faults on this very CPU, as a handler's undeclared data would. */
struct faulty {
	struct cvm_platform platform;
	struct setup *setup;
	uint64_t gpa;
	unsigned depth;
	int error;
};

static int faulty_accept(struct cvm_platform *platform, uint64_t start, uint64_t end,
			 struct cvm_accept_result *result)
{
	struct faulty *faulty = (struct faulty *)platform;
	struct cvm_platform *inner = &faulty->setup->convert->platform;

	if (!faulty->depth++)
		faulty->error =
			cvm_fault_handle(&faulty->setup->fault, 0, faulty->gpa, CVM_FAULT_MAY_WAIT);
	return inner->accept(inner, start, end, result);
}

static void nest(struct setup *setup, struct faulty *faulty, uint64_t gpa)
{
	struct cvm_acceptor_config config = setup->convert->world->acceptor.config;

	*faulty =
		(struct faulty){ .platform = setup->convert->platform, .setup = setup, .gpa = gpa };
	faulty->platform.accept = faulty_accept;
	config.platform = &faulty->platform;
	world_reset(setup->convert->world, &config);
	start(setup, 4);
}

static void test_nested(void **state)
{
	struct setup *setup = *state;
	struct faulty faulty;

	/* Of the unit that this CPU is accepting: waiting would last for ever. */
	nest(setup, &faulty, AT(9) + PAGE);
	assert_int_equal(cvm_fault_handle(&setup->fault, 0, AT(9), CVM_FAULT_MAY_WAIT), 0);
	assert_int_equal(faulty.error, CVM_EBUSY);
	/* Of another one: served, without going ahead. */
	nest(setup, &faulty, AT(21));
	assert_int_equal(fault_at(setup, 0, 20), 2);
	assert_int_equal(faulty.error, 0);
	assert_int_equal(bitmap(setup) >> 20 & 7, 4);
	assert_int_equal(setup->cpu[0].depth, 0);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_declarations), TEST(test_declared_elsewhere),
		TEST(test_one_unit),	 TEST(test_batches),
		TEST(test_batch_ends),	 TEST(test_refused),
		TEST(test_not_memory),	 TEST(test_attack),
		TEST(test_attack_stops), TEST(test_attack_in_turns),
		TEST(test_busy),	 TEST(test_nested),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
