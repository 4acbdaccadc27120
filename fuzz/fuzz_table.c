/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <cvmem/accept.h>

#include "map_check.h"

/*
 * An input is a control byte, and a hostile table of unaccepted memory.
 * What cvm_table_check() lets pass is then used: nothing that the map does not call memory may
 * be accepted, and no page twice (I2, I6).
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As in an ordinary machine with 4 GiB: low memory, a hole, high memory. */
static struct cvm_range ranges[] = {
	{ 0, 0x9f000, 0, CVM_MEM_RAM },
	{ 0x100000, 0x8000000, 0, CVM_MEM_RAM },
	{ 0x8000000, 0x7c000000, 0, CVM_MEM_UNACCEPTED },
	{ 0x7c000000, 0x7c800000, 0, CVM_MEM_ACPI },
	{ 0xfee00000, 0xfee01000, 0, CVM_MEM_MMIO },
	{ 0x100000000, 0x140000000, 0, CVM_MEM_UNACCEPTED },
	{ 0x140000000, 0x180000000, 0, CVM_MEM_RAM },
	{ 0x180001000, 0x200000000, 0, CVM_MEM_UNACCEPTED },
	{ 0xfffffc0000000, 0x10000000000000, 0, CVM_MEM_UNACCEPTED },
};

static const struct cvm_map map = {
	.range = ranges,
	.count = sizeof(ranges) / sizeof(*ranges),
	.capacity = sizeof(ranges) / sizeof(*ranges),
};

/* The platform wants ascending ranges, each in memory; only then can no page come twice. */
struct guest {
	struct cvm_platform platform;
	uint64_t next, bytes;
};

static int guest_accept(struct cvm_platform *platform, uint64_t start, uint64_t end,
			struct cvm_accept_result *result)
{
	struct guest *guest = (struct guest *)platform;

	CHECK(start < end && !((start | end) % 4096) && end <= CVM_PHYS_END);
	CHECK(start >= guest->next);
	for (uint64_t at = start; at < end;) {
		const struct cvm_range *range = cvm_map_find(&map, at);

		CHECK(range && (range->type == CVM_MEM_RAM || range->type == CVM_MEM_UNACCEPTED));
		at = range->end;
	}
	guest->next = end;
	guest->bytes += end - start;
	result->done = end - start;
	return 0;
}

static void guest_stop(struct cvm_platform *platform, enum cvm_terminate_reason reason,
		       uint64_t gpa)
{
	CHECK(!"stopped");
}

/* Runs of set and of clear units take turns from 0 to the end. */
static uint64_t check_queries(const struct cvm_table *table)
{
	uint64_t bytes = 0, at = 0;

	while (at < UINT64_MAX) {
		uint64_t start = at, end = UINT64_MAX, other = at, other_end = UINT64_MAX;
		bool found = cvm_table_next(table, &start, &end, false);
		bool clear = cvm_table_next(table, &other, &other_end, true);

		CHECK(found || clear);
		CHECK(!found || (start >= at && start < end));
		CHECK(!clear || (other >= at && other < other_end));
		CHECK((found && start == at) != (clear && other == at));
		if (found && start == at) {
			CHECK(cvm_table_any(table, start, end));
			CHECK(cvm_table_count(table, start, end) == end - start);
			CHECK(end <= CVM_PHYS_END);
			bytes += end - start;
			at = end;
		} else {
			CHECK(!cvm_table_any(table, other, other_end));
			at = other_end;
		}
	}
	CHECK(cvm_table_count(table, 0, UINT64_MAX) == bytes);
	return bytes;
}

static void check_accept(struct cvm_table *table, bool guard)
{
	struct guest guest = { .platform = { .accept = guest_accept, .terminate = guest_stop } };
	struct cvm_acceptor_config config = { .table = table,
					      .platform = &guest.platform,
					      .guard = guard };
	uint64_t bytes = check_queries(table), top = cvm_table_end(table);
	uint64_t middle = table->phys_base + (top - table->phys_base) / 2;
	struct cvm_acceptor acceptor;

	config.claims = malloc(cvm_claims_bytes(table) + 1);
	CHECK(config.claims);
	CHECK(!cvm_acceptor_init(&acceptor, &config));
	CHECK(!cvm_accept(&acceptor, 0, middle, CVM_CAUSE_FAULT));
	CHECK(!cvm_is_unaccepted(&acceptor, 0, middle));
	CHECK(cvm_unaccepted_bytes(&acceptor) + guest.bytes == bytes);
	CHECK(!cvm_accept_nowait(&acceptor, 0, UINT64_MAX, CVM_CAUSE_EAGER));
	CHECK(guest.bytes == bytes);
	CHECK(!cvm_unaccepted_bytes(&acceptor));
	CHECK(!cvm_table_check(table, CVM_TABLE_HEADER + table->size, &map));
	free(config.claims);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cvm_table *table, *exact;
	bool guard;
	int error;

	if (!size)
		return 0;
	guard = *data++ & 1;
	size--;
	/* Exactly as many bytes as the input has: one more is an error that ASan reports. */
	exact = malloc(size);
	CHECK(exact || !size);
	if (size)
		memcpy(exact, data, size);
	error = cvm_table_check(exact, size, &map);
	free(exact);
	/* Whole words are used then, of which the last may have bytes of others. */
	table = malloc(size + 7);
	CHECK(table);
	memset(table, 0xff, size + 7);
	memcpy(table, data, size);
	CHECK(cvm_table_check(table, size, &map) == error);
	CHECK(error == 0 || error == CVM_EINVAL || error == CVM_EVERSION);
	if (!error) {
		CHECK(!cvm_table_check(table, size, NULL));
		check_accept(table, guard);
	} else if (!cvm_table_check(table, size, NULL)) {
		check_queries(table);
	}
	free(table);
	return 0;
}
