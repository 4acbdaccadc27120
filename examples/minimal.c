/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include <cvmem/cvmem.h>

/*
 * The library in an ordinary program, on a platform of one's own: a byte for each page says whether
 * it was accepted. The program checks that what the boot allocator hands out was, and only once.
 */

#define MIB  (UINT64_C(1) << 20)
#define PAGE UINT64_C(4096)
#define RAM  (64 * MIB)

static unsigned char accepted[RAM / PAGE];
static uint64_t table_storage[32], claim_storage[65];

static int bytes_accept(struct cvm_platform *platform, uint64_t start, uint64_t end,
			struct cvm_accept_result *result)
{
	(void)platform;
	for (uint64_t gpa = start; gpa < end; gpa += PAGE) {
		result->where = gpa;
		result->where_bytes = PAGE;
		if (gpa >= RAM)
			return CVM_EIO;
		if (accepted[gpa / PAGE])
			return CVM_EALREADY;
		accepted[gpa / PAGE] = 1;
		result->done += PAGE;
		result->accepted[CVM_LEVEL_4K]++;
	}
	return 0;
}

static void bytes_terminate(struct cvm_platform *platform, enum cvm_terminate_reason reason,
			    uint64_t gpa)
{
	fprintf(stderr, "%s: terminated for reason %d at 0x%llx\n", platform->name, (int)reason,
		(unsigned long long)gpa);
	exit(1);
}

/* What is smaller than two units or not aligned is accepted while the table is built. */
static int accept_now(void *ctx, uint64_t start, uint64_t end)
{
	struct cvm_accept_result result = { 0 };

	return bytes_accept((struct cvm_platform *)ctx, start, end, &result);
}

static void check(int error, const char *what)
{
	if (error) {
		fprintf(stderr, "%s: %s\n", what, cvm_strerror(error));
		exit(1);
	}
}

int main(void)
{
	struct cvm_platform platform = { "bytes", bytes_accept, NULL, NULL, bytes_terminate, 0 };
	struct cvm_table *table = (struct cvm_table *)table_storage;
	struct cvm_range ranges[8];
	struct cvm_map map;
	struct cvm_table_plan plan;
	struct cvm_acceptor acceptor;
	struct cvm_span reserved[8];
	struct cvm_early early;
	uint64_t gpa;

	cvm_map_init(&map, ranges, 8);
	check(cvm_map_add(&map, MIB, RAM - MIB, CVM_MEM_UNACCEPTED, 0), "cvm_map_add");
	check(cvm_table_plan(&map, CVM_UNIT_DEFAULT, &plan), "cvm_table_plan");
	check(cvm_table_init(table, sizeof(table_storage), &plan), "cvm_table_init");
	check(cvm_table_build(table, &map, accept_now, &platform), "cvm_table_build");

	const struct cvm_acceptor_config config = {
		.table = table,
		.claims = (struct cvm_claim *)claim_storage,
		.platform = &platform,
	};
	check(cvm_claims_bytes(table) <= sizeof(claim_storage) ? 0 : CVM_ENOSPC, "the claims");
	check(cvm_acceptor_init(&acceptor, &config), "cvm_acceptor_init");

	const struct cvm_early_request request = { .size = 5 * MIB, .align = PAGE };
	cvm_early_init(&early, &map, &acceptor, reserved, 8);
	for (int i = 0; i < 3; i++) {
		check(cvm_early_alloc(&early, &request, &gpa), "cvm_early_alloc");
		for (uint64_t page = gpa; page < gpa + 5 * MIB; page += PAGE)
			check(accepted[page / PAGE] ? 0 : CVM_EINVAL, "a page that was handed out");
		printf("5 MiB at 0x%llx; %llu of %llu MiB are unaccepted\n",
		       (unsigned long long)gpa,
		       (unsigned long long)(cvm_unaccepted_bytes(&acceptor) / MIB),
		       (unsigned long long)(RAM / MIB));
	}
	return 0;
}
