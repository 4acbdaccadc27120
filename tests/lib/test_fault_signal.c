/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include <cvmem/fault.h>

#include "fake.h"
#include "job.h"

/*
 * Real faults: memory that this process may not touch until the platform has accepted it, and a
 * signal handler in the place of #VE. Four CPUs touch all of it, each in an order of its own.
 */

#define BASE	GIB
#define UNIT	(256 * KIB)
#define UNITS	64
#define THREADS 4

static struct cvm_fault fault;
static struct fake *fake;
static _Thread_local unsigned this_cpu;

static void on_fault(int signal, siginfo_t *info, void *context)
{
	uintptr_t at = (uintptr_t)info->si_addr, memory = (uintptr_t)fake->memory;
	int error;

	if (at < memory || at >= memory + UNITS * UNIT)
		abort();
	error = cvm_fault_handle(&fault, this_cpu, fake->base + (at - memory), 0);
	/* Busy: the instruction faults again, until the other CPU has finished. */
	if (error && error != CVM_EBUSY)
		abort();
}

struct worker {
	struct job job;
	unsigned cpu;
};

static int work(struct job *job)
{
	struct worker *worker = (struct worker *)job;
	uint64_t seed = worker->cpu;

	this_cpu = worker->cpu;
	for (unsigned i = 0; i < UNITS * 8; i++) {
		/* Two in ascending order, two at random. */
		uint64_t at =
			worker->cpu % 2 ? i * (UNIT / 8) : below(&seed, UNITS * UNIT / 64) * 64;
		uint8_t *byte = fake_memory(fake, BASE + at);

		__atomic_fetch_add(byte, 1, __ATOMIC_RELAXED);
	}
	return 0;
}

static void run(unsigned max_batch)
{
	static uint64_t room[CVM_TABLE_HEADER / 8 + 1];
	struct cvm_table *table = (struct cvm_table *)room;
	struct cvm_claim claims[1];
	struct cvm_fault_cpu cpu[THREADS];
	struct cvm_span declared[1];
	struct cvm_acceptor acceptor;
	struct worker workers[THREADS] = { 0 };
	struct cvm_acceptor_config config = { .table = table, .claims = claims };
	const struct cvm_fault_config fault_config = { .acceptor = &acceptor,
						       .cpu = cpu,
						       .cpus = THREADS,
						       .max_batch = max_batch,
						       .declared = declared,
						       .max_declared = 1 };
	uint64_t touched = 0;

	table->version = CVM_TABLE_VERSION;
	table->unit_size = UNIT;
	table->phys_base = BASE;
	table->size = UNITS / 8;
	table->bitmap[0] = UINT64_MAX;
	fake = fake_new(BASE, BASE + UNITS * UNIT, true);
	fake_set(fake, fake->base, fake->end, FAKE_UNACCEPTED);
	config.platform = &fake->platform;
	assert_int_equal(cvm_acceptor_init(&acceptor, &config), 0);
	assert_int_equal(cvm_fault_init(&fault, &fault_config), 0);
	assert_int_equal(cvm_fault_declare(&fault, BASE, BASE + PAGE), 0);
	assert_int_equal(cvm_fault_start(&fault), 0);
	for (unsigned i = 0; i < THREADS; i++) {
		workers[i].job.run = work;
		workers[i].cpu = i;
		job_start(&workers[i].job);
	}
	for (unsigned i = 0; i < THREADS; i++)
		job_join(&workers[i].job);
	assert_int_equal(cvm_unaccepted_bytes(&acceptor), 0);
	assert_true(fake_clean(fake));
	assert_int_equal(fake->pages, UNITS * UNIT / PAGE);
	for (uint64_t at = 0; at < UNITS * UNIT; at++)
		touched += *(uint8_t *)fake_memory(fake, BASE + at);
	assert_int_equal(touched, THREADS * UNITS * 8);
	fake_free(fake);
}

static void test_touch_everything(void **state)
{
	struct sigaction action = { .sa_flags = SA_SIGINFO }, before;

	action.sa_sigaction = on_fault;
	sigemptyset(&action.sa_mask);
	assert_int_equal(sigaction(SIGSEGV, &action, &before), 0);
	run(0);
	run(4);
	assert_int_equal(sigaction(SIGSEGV, &before, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_touch_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
