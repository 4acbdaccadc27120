/* SPDX-License-Identifier: MIT */
#include "tests/hosted/guest.h"

#include <cvmem/accept.h>
#include <cvmem/share.h>

/* The library's conversions on both platforms: contents gone, the wrong view caught. */

#define START (MIB(8) - KIB(8))
#define END   (MIB(12) + KIB(4))

enum touch { TOUCH_NOTHING, TOUCH_PRIVATE, TOUCH_SHARED };

struct run {
	struct guest *guest;
	enum touch touch;
	int shared, unshared;
	unsigned survived, wrong;
	struct cvm_share_result result;
	struct cvm_accept_stats stats;
	bool was_shared, is_shared, returned;
};

/* How many pages of the range hold what was written into them. */
static unsigned count(volatile uint8_t *(*view)(const struct guest *, uint64_t),
		      const struct guest *guest, uint8_t value)
{
	unsigned n = 0;

	for (uint64_t gpa = START; gpa < END; gpa += KIB(4))
		n += *view(guest, gpa) == value;
	return n;
}

static void fill(volatile uint8_t *(*view)(const struct guest *, uint64_t),
		 const struct guest *guest, uint8_t value)
{
	for (uint64_t gpa = START; gpa < END; gpa += KIB(4))
		*view(guest, gpa) = value;
}

static void convert(unsigned vcpu, void *arg)
{
	struct run *run = arg;
	struct guest *guest = run->guest;
	uint64_t room[CVM_TABLE_HEADER / 8 + 1] = { 0 };
	struct cvm_table *table = (struct cvm_table *)room;
	struct cvm_claim claims[1];
	struct cvm_shared storage[4];
	struct cvm_acceptor_config accept = { .table = table, .claims = claims };
	struct cvm_share_config config = { .storage = storage, .capacity = 4 };
	struct cvm_acceptor acceptor;
	struct cvm_share share;

	table->version = CVM_TABLE_VERSION;
	table->unit_size = CVM_UNIT_DEFAULT;
	table->phys_base = MIB(4);
	table->size = 1;
	table->bitmap[0] = 0xff;
	guest_begin(guest);
	accept.platform = guest->platform;
	config.acceptor = &acceptor;
	if (cvm_acceptor_init(&acceptor, &accept) || cvm_share_init(&share, &config))
		return;
	if (cvm_accept(&acceptor, MIB(8), END, CVM_CAUSE_RESERVED))
		return;
	/* The unit below is accepted by the conversion itself. */
	run->shared = cvm_set_shared(&share, START, END, &run->result);
	run->was_shared = cvm_is_shared(&share, START, START + KIB(4));
	if (run->touch == TOUCH_PRIVATE)
		*guest_private(guest, MIB(9)) = 1;
	fill(guest_shared, guest, 0x5a);
	run->wrong += count(guest_shared, guest, 0x5a) != (END - START) / KIB(4);

	run->unshared = cvm_set_private(&share, START, END, &run->result);
	run->is_shared = cvm_is_shared(&share, START, END);
	run->survived = count(guest_private, guest, 0x5a);
	if (run->touch == TOUCH_SHARED)
		*guest_shared(guest, MIB(9)) = 1;
	fill(guest_private, guest, 0xa5);
	run->wrong += count(guest_private, guest, 0xa5) != (END - START) / KIB(4);
	cvm_acceptor_get_stats(&acceptor, &run->stats);
	run->returned = true;
}

static void test_there_and_back(void **state)
{
	const enum hosted_kind kind = *(enum hosted_kind *)*state;
	struct run run = { .guest = guest_create(kind, MIB(64), NULL) };
	const struct hosted_stats *stats = &run.guest->stats;

	assert_int_equal(guest_run(run.guest, convert, &run, 1), 0);
	assert_true(run.returned);
	/* MapGPA there and back, of which the host does 2 MiB at a time. On SNP every accept asks
	 * for a page state change as well. */
	if (kind == HOSTED_TDX) {
		assert_int_equal(stats->exits, 6);
		assert_int_equal(stats->conversions, 6);
	} else {
		assert_in_range(stats->exits, 3, stats->conversions);
	}
	assert_int_equal(run.shared, 0);
	assert_int_equal(run.unshared, 0);
	assert_true(run.was_shared);
	assert_false(run.is_shared);
	assert_int_equal(run.result.left, 0);
	assert_int_equal(run.survived, 0);
	assert_int_equal(run.wrong, 0);
	assert_int_equal(run.stats.bytes[CVM_CAUSE_UNSHARE], END - START);
	assert_int_equal(run.guest->stats.emu.already_accepted, 0);
	guest_destroy(run.guest);
}

static void check_caught(enum hosted_kind kind, enum touch touch, bool shared_view)
{
	struct run run = { .guest = guest_create(kind, MIB(64), NULL), .touch = touch };

	assert_int_equal(guest_run(run.guest, convert, &run, 1), -1);
	assert_false(run.returned);
	assert_true(run.guest->report.violation);
	assert_int_equal(run.guest->report.gpa, MIB(9));
	assert_int_equal(run.guest->report.shared_view, shared_view);
	guest_destroy(run.guest);
}

static void test_wrong_view(void **state)
{
	check_caught(*(enum hosted_kind *)*state, TOUCH_PRIVATE, false);
	check_caught(*(enum hosted_kind *)*state, TOUCH_SHARED, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(test_there_and_back),
		BOTH(test_wrong_view),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
