/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdlib.h>

#include <cvmem/accept.h>

#include "fake.h"

/* The event ring, alone and behind an acceptor. */

#define THREADS 4
#define ROUNDS	20000

static uint64_t ticks;

static uint64_t tick(void *ctx)
{
	return __atomic_add_fetch(&ticks, 1, __ATOMIC_RELAXED);
}

static unsigned cpu_seven(void *ctx)
{
	return 7;
}

static void keeps_the_latest(void **state)
{
	struct cvm_event storage[11], event;
	struct cvm_events events;
	uint64_t sequence = 1;

	assert_int_equal(cvm_events_init(&events, storage, sizeof(storage)), 0);
	assert_int_equal(events.slots, 8);
	assert_false(cvm_events_next(&events, &sequence, &event));
	for (uint64_t i = 1; i <= 20; i++)
		cvm_events_add(&events, &(const struct cvm_event){ .sequence = 99,
								   .time = 3 * i,
								   .duration = i + 1,
								   .start = i * 4096,
								   .end = (i + 1) * 4096,
								   .cause = i % 5,
								   .level = 1,
								   .cpu = 7 });
	for (uint64_t i = 13; i <= 20; i++) {
		assert_true(cvm_events_next(&events, &sequence, &event));
		assert_int_equal(event.sequence, i);
		assert_int_equal(event.start, i * 4096);
		assert_int_equal(event.end, (i + 1) * 4096);
		assert_int_equal(event.cause, i % 5);
		assert_int_equal(event.level, 1);
		assert_int_equal(event.cpu, 7);
		assert_int_equal(event.time, 3 * i);
		assert_int_equal(event.duration, i + 1);
	}
	assert_false(cvm_events_next(&events, &sequence, &event));
	assert_int_equal(sequence, 21);
}

static void refuses_bad_storage(void **state)
{
	struct cvm_event storage[2];
	struct cvm_events events;

	assert_int_equal(cvm_events_init(&events, storage, sizeof(storage[0]) - 1), CVM_EINVAL);
	assert_int_equal(cvm_events_init(&events, (char *)storage + 4, sizeof(storage[0])),
			 CVM_EINVAL);
}

/* Recording needs a clock. */
static void needs_a_clock(void **state)
{
	struct cvm_platform platform = fake_calls;
	const struct cvm_host host = { .cpu = cpu_seven };
	struct cvm_event storage[2];
	struct cvm_events events;
	struct cvm_acceptor_config config = { .platform = &platform, .events = &events };
	struct cvm_acceptor acceptor;

	assert_int_equal(cvm_events_init(&events, storage, sizeof(storage)), 0);
	assert_int_equal(cvm_acceptor_init(&acceptor, &config), CVM_EINVAL);
	config.host = &host;
	assert_int_equal(cvm_acceptor_init(&acceptor, &config), CVM_EINVAL);
	config.events = NULL;
	assert_int_equal(cvm_acceptor_init(&acceptor, &config), 0);
}

static struct cvm_events shared;

/* Every field of an event says which thread and round it is from. */
static void *write_many(void *arg)
{
	uint64_t thread = (uint64_t)(uintptr_t)arg;

	for (uint64_t i = 0; i < ROUNDS; i++) {
		uint64_t mark = thread << 32 | i;
		const struct cvm_event event = { .time = mark,
						 .start = mark,
						 .end = mark,
						 .cause = (uint8_t)thread,
						 .level = (uint8_t)thread };

		cvm_events_add(&shared, &event);
	}
	return NULL;
}

static void readers_never_see_half_an_event(void **state)
{
	static struct cvm_event storage[64];
	pthread_t thread[THREADS];
	uint64_t sequence = 1, seen = 0;
	struct cvm_event event;

	assert_int_equal(cvm_events_init(&shared, storage, sizeof(storage)), 0);
	for (uintptr_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, write_many, (void *)i), 0);
	while (sequence <= (uint64_t)THREADS * ROUNDS) {
		if (!cvm_events_next(&shared, &sequence, &event))
			continue;
		seen++;
		assert_true(event.time == event.start && event.start == event.end);
		assert_int_equal(event.cause, event.time >> 32);
		assert_int_equal(event.level, event.time >> 32);
	}
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	assert_true(seen >= 64);
}

static void acceptor_records_what_it_accepts(void **state)
{
	struct fake *fake = fake_new(0, 16 * MIB, false);
	struct cvm_event storage[16], event;
	const struct cvm_table_plan plan = { 0, 16 * MIB, 2 * MIB, 32 };
	uint64_t words[4];
	struct cvm_table *table = (struct cvm_table *)words;
	struct cvm_claim claims[1];
	const struct cvm_host host = { .now_ns = tick, .cpu = cpu_seven };
	struct cvm_acceptor acceptor;
	struct cvm_events events;
	struct cvm_acceptor_config config = {

		.table = table,
		.claims = claims,
		.platform = &fake->platform,
		.host = &host,
		.events = &events
	};
	uint64_t sequence = 1;

	fake_set(fake, 0, 16 * MIB, FAKE_UNACCEPTED);
	assert_int_equal(cvm_table_init(table, sizeof(words), &plan), 0);
	table->bitmap[0] = 0xff;
	cvm_events_init(&events, storage, sizeof(storage));
	assert_int_equal(cvm_acceptor_init(&acceptor, &config), 0);
	assert_int_equal(cvm_accept(&acceptor, 5 * MIB, 7 * MIB, CVM_CAUSE_KEXEC), 0);
	assert_int_equal(cvm_accept(&acceptor, 5 * MIB, 7 * MIB, CVM_CAUSE_PAGES), 0);
	assert_int_equal(cvm_accept(&acceptor, 12 * MIB, 14 * MIB, CVM_CAUSE_KEXEC), 0);
	/* A run is one event. */
	for (unsigned run = 0; run < 2; run++) {
		assert_true(cvm_events_next(&events, &sequence, &event));
		assert_int_equal(event.start, run ? 12 * MIB : 4 * MIB);
		assert_int_equal(event.end, run ? 14 * MIB : 8 * MIB);
		assert_int_equal(event.cause, CVM_CAUSE_KEXEC);
		assert_int_equal(event.level, CVM_LEVEL_2M);
		assert_int_equal(event.cpu, 7);
		assert_int_equal(event.duration, 1);
	}
	assert_false(cvm_events_next(&events, &sequence, &event));
	fake_free(fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_the_latest),
		cmocka_unit_test(refuses_bad_storage),
		cmocka_unit_test(needs_a_clock),
		cmocka_unit_test(readers_never_see_half_an_event),
		cmocka_unit_test(acceptor_records_what_it_accepts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
