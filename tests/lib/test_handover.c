/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <cvmem/handover.h>

#include "convert.h"

/* Freezing: what prevents it, what has failed, and the map for the next kernel. */

#define BASE  GIB
#define UNIT  (2 * MIB)
#define UNITS 70
#define AT(n) (BASE + (uint64_t)(n)*UNIT)

struct setup {
	struct convert *convert;
	struct cvm_range ranges[8], room[64];
	struct cvm_map map, out;
	struct cvm_handover handover;
};

/* Units 0 to 3 and 64 to 69 are accepted; RAM has a hole of another type behind it. */
static int begin(void **state)
{
	static struct setup setup;
	uint64_t bits[2] = { ~UINT64_C(0xf), 0 };

	setup = (struct setup){ 0 };
	setup.convert = convert_new(BASE, UNITS, bits, 16);
	cvm_map_init(&setup.map, setup.ranges, 8);
	assert_int_equal(cvm_map_add(&setup.map, AT(0), 4 * UNIT, CVM_MEM_RAM, 0xf), 0);
	assert_int_equal(cvm_map_add(&setup.map, AT(4), 66 * UNIT, CVM_MEM_UNACCEPTED, 0xf), 0);
	assert_int_equal(cvm_map_add(&setup.map, AT(70), UNIT, CVM_MEM_ACPI, 3), 0);
	cvm_map_init(&setup.out, setup.room, 64);
	setup.handover.acceptor = &setup.convert->world->acceptor;
	setup.handover.share = &setup.convert->share;
	setup.handover.map = &setup.map;
	*state = &setup;
	return 0;
}

static int end(void **state)
{
	convert_free(((struct setup *)*state)->convert);
	return 0;
}

static int accept_at(struct setup *setup, unsigned unit)
{
	return cvm_accept(&setup->convert->world->acceptor, AT(unit), AT(unit) + PAGE,
			  CVM_CAUSE_PAGES);
}

static void lose(struct setup *setup, unsigned unit)
{
	fake_mood(setup->convert->world->fake, AT(unit) + 9 * PAGE, FAKE_REFUSE);
	assert_int_equal(accept_at(setup, unit), CVM_EIO);
	fake_mood(setup->convert->world->fake, AT(unit) + 9 * PAGE, 0);
}

/* The expected map, unit by unit, from the platform's truth alone. */
static void check_map(struct setup *setup)
{
	struct fake *fake = setup->convert->world->fake;

	for (unsigned n = 0; n < UNITS; n++) {
		uint64_t accepted = fake_count(fake, AT(n), AT(n + 1), FAKE_ACCEPTED);
		enum cvm_mem_type type = accepted == UNIT / PAGE ? CVM_MEM_RAM
					 : accepted		 ? CVM_MEM_UNUSABLE
								 : CVM_MEM_UNACCEPTED;
		const struct cvm_range *first = cvm_map_find(&setup->out, AT(n));
		const struct cvm_range *last = cvm_map_find(&setup->out, AT(n + 1) - 1);

		assert_non_null(first);
		assert_ptr_equal(first, last);
		assert_int_equal(first->type, type);
		assert_int_equal(first->attr, 0xf);
	}
	assert_int_equal(cvm_map_find(&setup->out, AT(70))->type, CVM_MEM_ACPI);
	assert_null(cvm_map_find(&setup->out, AT(71)));
	assert_null(cvm_map_find(&setup->out, BASE - 1));
}

static void test_seal_refuses_claims(void **state)
{
	struct setup *setup = *state;
	struct world *world = setup->convert->world;

	assert_int_equal(accept_at(setup, 10), 0);
	assert_int_equal(cvm_handover_freeze(&setup->handover), 0);
	assert_int_equal(accept_at(setup, 10), 0);
	assert_int_equal(accept_at(setup, 11), CVM_EIO);
	assert_int_equal(cvm_accept_nowait(&world->acceptor, AT(11), AT(12), CVM_CAUSE_FAULT),
			 CVM_EIO);
	assert_int_equal(world->fake->calls, 1);
	/* Freezing itself changes no bit. */
	assert_int_equal(world->table->bitmap[0], ~UINT64_C(0xf) & ~(UINT64_C(1) << 10));
	assert_int_equal(cvm_handover_freeze(&setup->handover), 0);
	cvm_handover_cancel(&setup->handover);
	assert_int_equal(accept_at(setup, 11), 0);
	assert_int_equal(world->fake->calls, 2);
	assert_true(world_exact(world));
}

static void test_map(void **state)
{
	struct setup *setup = *state;

	assert_int_equal(cvm_handover_map(&setup->handover, &setup->out), CVM_EINVAL);
	for (unsigned n = 5; n < 64; n += 7)
		assert_int_equal(accept_at(setup, n), 0);
	lose(setup, 20);
	lose(setup, 21);
	lose(setup, 63);
	assert_int_equal(cvm_handover_freeze(&setup->handover), 0);
	assert_int_equal(cvm_handover_map(&setup->handover, &setup->out), 0);
	check_map(setup);
	assert_int_equal(cvm_handover_map(&setup->handover, &setup->out), CVM_EINVAL);
	/* With just as much room as it said, whatever there was. */
	cvm_map_init(&setup->out, setup->room, 3);
	assert_int_equal(cvm_handover_map(&setup->handover, &setup->out), CVM_ENOSPC);
	assert_in_range(setup->out.needed, 4, 64);
	cvm_map_init(&setup->out, setup->room, setup->out.needed);
	assert_int_equal(cvm_handover_map(&setup->handover, &setup->out), 0);
	check_map(setup);
}

/* What is counted as accepted, whatever sealing does to the bits. */
static void check_counted(struct setup *setup, uint64_t units)
{
	struct cvm_accept_stats stats;

	cvm_acceptor_get_stats(&setup->convert->world->acceptor, &stats);
	assert_int_equal(stats.units, units);
	assert_int_equal(stats.bytes[CVM_CAUSE_PAGES], units * UNIT);
	assert_int_equal(stats.accepted[CVM_LEVEL_2M], units);
}

/* Failed units: listed, out of the table, and back in it if there is no hand-over. */
static void test_lost(void **state)
{
	struct setup *setup = *state;
	struct world *world = setup->convert->world;
	uint64_t start = 0, stop = CVM_PHYS_END, before;

	assert_int_equal(cvm_handover_freeze(&setup->handover), 0);
	assert_false(cvm_handover_failed(&setup->handover, &start, &stop));
	cvm_handover_cancel(&setup->handover);
	lose(setup, 20);
	lose(setup, 21);
	lose(setup, 63);
	assert_int_equal(accept_at(setup, 19), 0);
	check_counted(setup, 1);
	before = world->table->bitmap[0];
	assert_int_equal(before >> 20 & 3, 3);
	assert_int_equal(cvm_handover_freeze(&setup->handover), 0);
	assert_int_equal(world->table->bitmap[0],
			 before & ~(UINT64_C(3) << 20) & ~(UINT64_C(1) << 63));
	check_counted(setup, 1);
	assert_true(cvm_handover_failed(&setup->handover, &start, &stop));
	assert_int_equal(start, AT(20));
	assert_int_equal(stop, AT(22));
	start = AT(21) + 5;
	assert_true(cvm_handover_failed(&setup->handover, &start, &stop));
	assert_int_equal(start, AT(21) + 5);
	start = stop;
	stop = CVM_PHYS_END;
	assert_true(cvm_handover_failed(&setup->handover, &start, &stop));
	assert_int_equal(start, AT(63));
	assert_int_equal(stop, AT(64));
	start = stop;
	stop = CVM_PHYS_END;
	assert_false(cvm_handover_failed(&setup->handover, &start, &stop));
	cvm_handover_cancel(&setup->handover);
	assert_int_equal(world->table->bitmap[0], before);
	assert_int_equal(accept_at(setup, 20), CVM_EIO);
	check_counted(setup, 1);
	assert_int_equal(accept_at(setup, 22), 0);
	check_counted(setup, 2);
}

static struct job job_for(struct setup *setup, unsigned unit)
{
	struct job job = { .run = world_accept, .ctx = setup->convert->world };

	job.start = AT(unit);
	job.end = AT(unit) + PAGE;
	return job;
}

static int freeze(struct job *job)
{
	return cvm_handover_freeze(job->ctx);
}

static void test_in_flight(void **state)
{
	struct setup *setup = *state;
	struct fake *fake = setup->convert->world->fake;
	struct job job = job_for(setup, 30), sealer = { .run = freeze, .ctx = &setup->handover };

	fake_mood(fake, AT(30) + PAGE, FAKE_GATE);
	job_start(&job);
	assert_int_equal(job_settle(&job), JOB_AT_GATE);
	assert_int_equal(cvm_handover_freeze(&setup->handover), CVM_EBUSY);
	assert_int_equal(setup->handover.where, AT(30));
	/* Nothing was changed by that. */
	assert_int_equal(accept_at(setup, 31), 0);
	setup->handover.flags = CVM_HANDOVER_WAIT;
	job_start(&sealer);
	assert_int_equal(job_settle(&sealer), JOB_WAITING);
	assert_false(setup->handover.frozen);
	fake_open(fake, AT(30) + PAGE);
	assert_int_equal(job_join(&job), 0);
	assert_int_equal(job_join(&sealer), 0);
	assert_true(setup->handover.frozen);
	assert_int_equal(cvm_handover_map(&setup->handover, &setup->out), 0);
	check_map(setup);
}

/* The unit in flight fails while the freeze and another CPU wait for it. */
static void test_in_flight_fails(void **state)
{
	struct setup *setup = *state;
	struct fake *fake = setup->convert->world->fake;
	struct job job = job_for(setup, 30), waiter = job_for(setup, 30);
	struct job sealer = { .run = freeze, .ctx = &setup->handover };

	setup->handover.flags = CVM_HANDOVER_WAIT;
	fake_mood(fake, AT(30) + 2 * PAGE, FAKE_GATE);
	fake_mood(fake, AT(30) + 9 * PAGE, FAKE_REFUSE);
	job_start(&job);
	assert_int_equal(job_settle(&job), JOB_AT_GATE);
	job_start(&waiter);
	assert_int_equal(job_settle(&waiter), JOB_WAITING);
	job_start(&sealer);
	assert_int_equal(job_settle(&sealer), JOB_WAITING);
	fake_open(fake, AT(30) + 2 * PAGE);
	assert_int_equal(job_join(&job), CVM_EIO);
	assert_int_equal(job_join(&waiter), CVM_EIO);
	assert_int_equal(job_join(&sealer), 0);
	assert_int_equal(cvm_handover_map(&setup->handover, &setup->out), 0);
	check_map(setup);
}

static struct setup *relaxing;
static struct job holder;

/* While this CPU waits for the unit: it fails, and the table is sealed without it. */
static void lose_and_seal(void *ctx, enum cvm_wait what, uint64_t gpa)
{
	assert_int_equal(what, CVM_WAIT_UNIT);
	assert_int_equal(gpa, AT(30));
	if (relaxing->handover.frozen)
		return;
	fake_open(relaxing->convert->world->fake, AT(30));
	job_join(&holder);
	if (cvm_handover_freeze(&relaxing->handover))
		relaxing->handover.where = UINT64_MAX;
}

/* A CPU that was waiting for it does not take the cleared bit for an accepted unit. */
static void test_wait_for_lost(void **state)
{
	struct setup *setup = *state;
	struct world *world = setup->convert->world;
	struct cvm_acceptor_config config = world->acceptor.config;
	const struct cvm_host host = { .relax = lose_and_seal };

	config.host = &host;
	world_reset(world, &config);
	relaxing = setup;
	holder = job_for(setup, 30);
	fake_mood(world->fake, AT(30), FAKE_GATE | FAKE_REFUSE);
	fake_mood(world->fake, AT(30) + PAGE, FAKE_REFUSE);
	job_start(&holder);
	assert_int_equal(job_settle(&holder), JOB_AT_GATE);
	assert_int_equal(accept_at(setup, 30), CVM_EIO);
	assert_true(setup->handover.frozen);
	assert_int_equal(setup->handover.where, 0);
	assert_int_equal(world->table->bitmap[0] >> 30 & 1, 0);
}

static void test_shared(void **state)
{
	struct setup *setup = *state;
	struct convert *c = setup->convert;
	uint64_t gpa = AT(2) + 5 * PAGE, start = 0, stop = CVM_PHYS_END;

	assert_int_equal(cvm_set_shared(&c->share, gpa, gpa + PAGE, NULL), 0);
	assert_int_equal(cvm_handover_freeze(&setup->handover), CVM_EBUSY);
	assert_int_equal(setup->handover.where, gpa);
	setup->handover.flags = CVM_HANDOVER_RESERVE_SHARED;
	assert_int_equal(cvm_handover_freeze(&setup->handover), 0);
	assert_int_equal(cvm_handover_map(&setup->handover, &setup->out), 0);
	assert_int_equal(cvm_map_bytes(&setup->out, CVM_MEM_RESERVED), PAGE);
	assert_int_equal(cvm_map_find(&setup->out, gpa)->type, CVM_MEM_RESERVED);
	/* Shared after the freeze. */
	setup->handover.flags = 0;
	cvm_map_init(&setup->out, setup->room, 64);
	assert_int_equal(cvm_handover_map(&setup->handover, &setup->out), CVM_EBUSY);
	cvm_handover_cancel(&setup->handover);
	/* Neither shared nor accepted: failed, for the next kernel as well. */
	fake_mood(c->world->fake, gpa, FAKE_REFUSE);
	assert_int_equal(cvm_set_private(&c->share, gpa, gpa + PAGE, NULL), CVM_EIO);
	assert_int_equal(cvm_handover_freeze(&setup->handover), 0);
	assert_true(cvm_handover_failed(&setup->handover, &start, &stop));
	assert_int_equal(start, gpa);
	assert_int_equal(stop, gpa + PAGE);
	cvm_map_init(&setup->out, setup->room, 64);
	assert_int_equal(cvm_handover_map(&setup->handover, &setup->out), 0);
	assert_int_equal(cvm_map_bytes(&setup->out, CVM_MEM_UNUSABLE), PAGE);
}

static void test_converting(void **state)
{
	struct setup *setup = *state;
	struct convert *c = setup->convert;
	struct job job = { .run = convert_share, .ctx = c };

	job.start = AT(1);
	job.end = AT(1) + 4 * PAGE;
	convert_mood(c, AT(1) + PAGE, CONVERT_GATE_SHARE);
	job_start(&job);
	assert_int_equal(job_settle(&job), JOB_AT_GATE);
	setup->handover.flags = CVM_HANDOVER_RESERVE_SHARED | CVM_HANDOVER_WAIT;
	assert_int_equal(cvm_handover_freeze(&setup->handover), CVM_EBUSY);
	assert_int_equal(setup->handover.where, AT(1));
	convert_open(c, AT(1) + PAGE);
	assert_int_equal(job_join(&job), 0);
	assert_int_equal(cvm_handover_freeze(&setup->handover), 0);
}

static void test_segments(void **state)
{
	struct setup *setup = *state;
	struct world *world = setup->convert->world;
	struct cvm_span segment[3] = { { AT(6) + 1, AT(8) - 1 },
				       { AT(2), AT(5) + PAGE },
				       { AT(40), AT(40) + PAGE } };
	struct cvm_accept_stats stats;
	size_t which = 99;

	/* One bad segment, and none is accepted. */
	segment[2].end = AT(70) + PAGE;
	assert_int_equal(cvm_handover_segments(&setup->handover, segment, 3, &which), CVM_EINVAL);
	assert_int_equal(which, 2);
	segment[2].end = segment[2].start;
	assert_int_equal(cvm_handover_segments(&setup->handover, segment, 3, NULL), CVM_EINVAL);
	segment[2].end = AT(40) + PAGE;
	assert_int_equal(cvm_set_shared(&setup->convert->share, AT(2), AT(2) + PAGE, NULL), 0);
	assert_int_equal(cvm_handover_segments(&setup->handover, segment, 3, &which), CVM_EBUSY);
	assert_int_equal(which, 1);
	assert_int_equal(cvm_set_private(&setup->convert->share, AT(2), AT(2) + PAGE, NULL), 0);
	lose(setup, 40);
	world->fake->calls = 0;
	assert_int_equal(cvm_handover_segments(&setup->handover, segment, 3, &which), CVM_EIO);
	assert_int_equal(which, 2);
	assert_int_equal(world->fake->calls, 0);
	segment[2].start += UNIT;
	segment[2].end += UNIT;
	assert_int_equal(cvm_handover_segments(&setup->handover, segment, 3, &which), 0);
	for (unsigned i = 0; i < 3; i++)
		assert_true(fake_all_accepted(world->fake, segment[i].start, segment[i].end));
	cvm_acceptor_get_stats(&world->acceptor, &stats);
	assert_int_equal(stats.bytes[CVM_CAUSE_KEXEC], 5 * UNIT);
	/* Refused on the way. */
	segment[1] = (struct cvm_span){ AT(50), AT(51) };
	fake_mood(world->fake, AT(50), FAKE_REFUSE);
	assert_int_equal(cvm_handover_segments(&setup->handover, segment, 3, &which), CVM_EIO);
	assert_int_equal(which, 1);
}

/* The guard unit behind a segment has failed; the segment has not. */
static void test_segment_guard(void **state)
{
	struct setup *setup = *state;
	struct cvm_acceptor_config config = setup->convert->world->acceptor.config;
	struct cvm_span segment = { AT(12), AT(13) };

	config.guard = true;
	world_reset(setup->convert->world, &config);
	lose(setup, 13);
	assert_int_equal(cvm_handover_segments(&setup->handover, &segment, 1, NULL), 0);
	assert_true(fake_all_accepted(setup->convert->world->fake, AT(12), AT(13)));
}

/* Without a table all is RAM. */
static void test_no_table(void **state)
{
	struct setup *setup = *state;
	struct cvm_acceptor_config config = setup->convert->world->acceptor.config;
	struct cvm_span segment = { AT(12), AT(13) };

	config.table = NULL;
	config.claims = NULL;
	world_reset(setup->convert->world, &config);
	assert_int_equal(cvm_handover_segments(&setup->handover, &segment, 1, NULL), 0);
	assert_int_equal(cvm_handover_freeze(&setup->handover), 0);
	assert_int_equal(cvm_handover_map(&setup->handover, &setup->out), 0);
	assert_int_equal(cvm_map_bytes(&setup->out, CVM_MEM_RAM), UNITS * UNIT);
	assert_int_equal(cvm_map_bytes(&setup->out, CVM_MEM_UNACCEPTED), 0);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_seal_refuses_claims),
		TEST(test_map),
		TEST(test_lost),
		TEST(test_in_flight),
		TEST(test_in_flight_fails),
		TEST(test_wait_for_lost),
		TEST(test_shared),
		TEST(test_converting),
		TEST(test_segments),
		TEST(test_segment_guard),
		TEST(test_no_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
