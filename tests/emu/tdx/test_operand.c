/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emu/tdx/tdx.h"

/*
 * Operands in memory, of TDG.MR.RTMR.EXTEND and TDG.MR.REPORT: what Intel's TDX module 1.5.01 does,
 * recorded by running it. 8 MiB of RAM: page 1 is accepted, page 2 shared, page 3 PENDING, the
 * rest FREE.
 */

#define SHARED	      (UINT64_C(1) << 47)
#define ACCEPTED_PAGE 0x1000
#define SHARED_PAGE   0x2000
#define PENDING_PAGE  0x3000
#define FREE_PAGE     0x4000

#define INVALID UINT64_C(0xC000010000000000)

static const struct emu_ram ram[] = { { 0, 0x800000 } };
static unsigned char memory[0x3000]; /* from GPA 0 on */

static void ignore(void *ctx, uint64_t gpa, uint64_t size)
{
}

static void map_private(void *ctx, uint64_t gpa, uint64_t size, bool zero)
{
}

static void read_private(void *ctx, uint64_t gpa, void *buffer, size_t size)
{
	assert_in_range(gpa, ACCEPTED_PAGE, ACCEPTED_PAGE + 0x1000 - size);
	memcpy(buffer, memory + gpa, size);
}

static void write_private(void *ctx, uint64_t gpa, const void *buffer, size_t size)
{
	assert_in_range(gpa, ACCEPTED_PAGE, ACCEPTED_PAGE + 0x1000 - size);
	memcpy(memory + gpa, buffer, size);
}

static bool read_shared(void *ctx, uint64_t gpa, void *buffer, size_t size)
{
	assert_in_range(gpa, SHARED_PAGE, SHARED_PAGE + 0x1000 - size);
	memcpy(buffer, memory + gpa, size);
	return true;
}

static bool write_shared(void *ctx, uint64_t gpa, const void *buffer, size_t size)
{
	assert_in_range(gpa, SHARED_PAGE, SHARED_PAGE + 0x1000 - size);
	memcpy(memory + gpa, buffer, size);
	return true;
}

/* No hash, but it shows that all bytes were read. */
static void sum(const void *data, size_t size, uint8_t digest[SHA384_BYTES])
{
	uint8_t total = 0;

	for (size_t i = 0; i < size; i++)
		total = (uint8_t)(total + ((const uint8_t *)data)[i]);
	memset(digest, total, SHA384_BYTES);
}

static enum emu_action call(struct emu_tdx *tdx, uint64_t *rax, uint64_t rcx, uint64_t rdx,
			    uint64_t r8)
{
	uint64_t gpr[EMU_GPRS] = {
		[EMU_RAX] = *rax, [EMU_RCX] = rcx, [EMU_RDX] = rdx, [EMU_R8] = r8
	};
	enum emu_action action = emu_tdx_tdcall(tdx, 0, gpr);

	*rax = gpr[EMU_RAX];
	return action;
}

static uint64_t status(struct emu_tdx *tdx, uint64_t leaf, uint64_t rcx, uint64_t rdx, uint64_t r8)
{
	assert_int_equal(call(tdx, &leaf, rcx, rdx, r8), EMU_NEXT);
	return leaf;
}

static struct emu_tdx *start(uint64_t attributes, uint64_t xfam)
{
	const struct emu_backend engine = { .map_private = map_private,
					    .unmap_private = ignore,
					    .map_shared = ignore,
					    .unmap_shared = ignore,
					    .read_private = read_private,
					    .write_private = write_private,
					    .read_shared = read_shared,
					    .write_shared = write_shared };
	const struct emu_tdx_config config = { .vcpus = 1,
					       .gpa_width = 48,
					       .ram = ram,
					       .ram_count = 1,
					       .attributes = attributes,
					       .xfam = xfam,
					       .sha384 = sum };
	struct emu_tdx *tdx = emu_tdx_create(&config, &engine);
	uint64_t map_gpa[EMU_GPRS] = { [EMU_RCX] = 0xfc00,
				       [EMU_R11] = 0x10001,
				       [EMU_R12] = SHARED_PAGE | SHARED,
				       [EMU_R13] = 0x1000 };

	assert_non_null(tdx);
	emu_machine_launch(emu_tdx_machine(tdx), ACCEPTED_PAGE, ACCEPTED_PAGE + 0x1000);
	assert_int_equal(emu_tdx_tdcall(tdx, 0, map_gpa), EMU_NEXT);
	assert_int_equal(map_gpa[EMU_R10], 0);
	memset(memory, 1, sizeof(memory));
	return tdx;
}

static uint64_t stopped_at(struct emu_tdx *tdx)
{
	struct emu_stop why;

	emu_stop_get(emu_tdx_machine(tdx), &why);
	assert_int_equal(why.cause, EMU_STOP_HOST_FAULT);
	return why.gpa;
}

/* A page that the host has added after an EPT violation is PENDING. */
static void make_pending(struct emu_tdx *tdx, uint64_t gpa)
{
	uint64_t rax = 2;

	assert_int_equal(call(tdx, &rax, gpa, 0, 0), EMU_AGAIN);
	assert_int_equal(rax, 2);
	assert_int_equal(emu_machine_state(emu_tdx_machine(tdx), gpa), EMU_PAGE_PENDING);
}

static void check_ve(struct emu_tdx *tdx, uint64_t leaf, uint64_t rcx, uint64_t rdx,
		     uint64_t qualification, uint64_t gpa)
{
	uint64_t rax = leaf, gpr[EMU_GPRS] = { [EMU_RAX] = 3 };

	assert_int_equal(call(tdx, &rax, rcx, rdx, 0), EMU_VE);
	assert_int_equal(rax, leaf);
	/* The next one before this has been read is a double fault. */
	assert_int_equal(call(tdx, &rax, rcx, rdx, 0), EMU_DF);
	assert_int_equal(emu_tdx_tdcall(tdx, 0, gpr), EMU_NEXT);
	assert_int_equal(gpr[EMU_RAX], 0);
	assert_int_equal(gpr[EMU_RCX], 48);
	assert_int_equal(gpr[EMU_RDX], qualification);
	assert_int_equal(gpr[EMU_R9], gpa);
}

static void test_ve(void **state)
{
	struct emu_tdx *tdx = start(0, 0);

	make_pending(tdx, PENDING_PAGE);
	check_ve(tdx, 2, PENDING_PAGE + 0x40, 0, 1, PENDING_PAGE + 0x40);
	check_ve(tdx, 4, ACCEPTED_PAGE, PENDING_PAGE + 0x40, 1, PENDING_PAGE + 0x40);
	check_ve(tdx, 4, PENDING_PAGE + 0x400, ACCEPTED_PAGE, 3, PENDING_PAGE + 0x400);
	/* Accepted, the same call succeeds. */
	assert_int_equal(status(tdx, 6, PENDING_PAGE, 0, 0), 0);
	emu_tdx_destroy(tdx);
}

/* With PENDING_VE_DISABLE it is an exit, and the host ends the TD. */
static void test_no_ve(void **state)
{
	struct emu_tdx *tdx = start(0x10000000, 0);
	uint64_t rax = 2;

	make_pending(tdx, PENDING_PAGE);
	assert_int_equal(call(tdx, &rax, PENDING_PAGE, 0, 0), EMU_STOP);
	assert_int_equal(stopped_at(tdx), PENDING_PAGE);
	emu_tdx_destroy(tdx);
}

/* The guest may change that. */
static void test_ve_on_request(void **state)
{
	uint64_t gpr[EMU_GPRS] = { [EMU_RAX] = 8, [EMU_RDX] = 0x1110000300000017, [EMU_R9] = 1 };
	struct emu_tdx *tdx = start(0x10000000, 0);

	assert_int_equal(emu_tdx_tdcall(tdx, 0, gpr), EMU_NEXT);
	assert_int_equal(gpr[EMU_RAX], 0);
	make_pending(tdx, FREE_PAGE);
	check_ve(tdx, 2, FREE_PAGE, 0, 1, FREE_PAGE);
	emu_tdx_destroy(tdx);
}

/* Converted memory, and what is not RAM: the host has no page to add. */
static void test_no_page(void **state)
{
	static const uint64_t where[] = { SHARED_PAGE, 0x800000, ACCEPTED_PAGE | SHARED,
					  FREE_PAGE | SHARED };

	for (size_t i = 0; i < sizeof(where) / sizeof(where[0]); i++) {
		struct emu_tdx *tdx = start(0, 0);
		uint64_t rax = 4;

		assert_int_equal(call(tdx, &rax, ACCEPTED_PAGE, where[i], 0), EMU_STOP);
		assert_int_equal(stopped_at(tdx), where[i] & ~SHARED);
		emu_tdx_destroy(tdx);
	}
}

/* RTMR.EXTEND looks at the operand before the register's number. */
static void test_extend_order(void **state)
{
	struct emu_tdx *tdx = start(0, 0);
	uint64_t rax = 2;

	assert_int_equal(status(tdx, 2, ACCEPTED_PAGE + 0x20, 9, 0), INVALID | 1);
	assert_int_equal(status(tdx, 2, SHARED_PAGE | SHARED, 9, 0), INVALID | 1);
	assert_int_equal(status(tdx, 2, ACCEPTED_PAGE, 4, 0), INVALID | 2);
	make_pending(tdx, PENDING_PAGE);
	assert_int_equal(call(tdx, &rax, PENDING_PAGE, 4, 0), EMU_VE);
	emu_tdx_destroy(tdx);
}

/* REPORT: both alignments, RDX's walk, R8, RCX. */
static void test_report_order(void **state)
{
	const uint64_t beyond = UINT64_C(1) << 50;
	struct emu_tdx *tdx = start(0, 0);
	uint64_t rax = 4;

	assert_int_equal(status(tdx, 4, ACCEPTED_PAGE + 0x200, ACCEPTED_PAGE + 1, 1), INVALID | 1);
	assert_int_equal(status(tdx, 4, beyond, ACCEPTED_PAGE + 1, 1), INVALID | 2);
	assert_int_equal(status(tdx, 4, beyond, beyond, 1), INVALID | 2);
	assert_int_equal(status(tdx, 4, beyond, ACCEPTED_PAGE, 1), INVALID | 8);
	assert_int_equal(status(tdx, 4, beyond, ACCEPTED_PAGE, 0), INVALID | 1);
	make_pending(tdx, PENDING_PAGE);
	assert_int_equal(call(tdx, &rax, beyond, PENDING_PAGE, 1), EMU_VE);
	emu_tdx_destroy(tdx);
}

/* Data and report may be in shared memory. */
static void test_report_shared(void **state)
{
	struct emu_tdx *tdx = start(0, 0);

	memset(memory + SHARED_PAGE + 0x40, 7, 64);
	assert_int_equal(
		status(tdx, 4, (SHARED_PAGE + 0x400) | SHARED, (SHARED_PAGE + 0x40) | SHARED, 0),
		0);
	assert_int_equal(memory[SHARED_PAGE + 0x400], 0x81);
	assert_memory_equal(memory + SHARED_PAGE + 0x400 + 128, memory + SHARED_PAGE + 0x40, 64);
	emu_tdx_destroy(tdx);
}

/* TDINFO_STRUCT.XFAM: the TD's, in which x87 and SSE are always set (TDX module ABI, XFAM_FIXED1).
 */
static void test_report_xfam(void **state)
{
	static const struct {
		uint64_t configured, reported;
	} xfams[] = { { 0, 3 }, { 3, 3 }, { 0xe7, 0xe7 }, { 0x602e4, 0x602e7 } };

	for (size_t i = 0; i < sizeof(xfams) / sizeof(xfams[0]); i++) {
		struct emu_tdx *tdx = start(0, xfams[i].configured);
		uint64_t reported;

		assert_int_equal(status(tdx, 4, ACCEPTED_PAGE + 0x400, ACCEPTED_PAGE + 0x40, 0), 0);
		memcpy(&reported, memory + ACCEPTED_PAGE + 0x400 + 512 + 8, sizeof(reported));
		assert_int_equal(reported, xfams[i].reported);
		emu_tdx_destroy(tdx);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ve),
		cmocka_unit_test(test_no_ve),
		cmocka_unit_test(test_ve_on_request),
		cmocka_unit_test(test_no_page),
		cmocka_unit_test(test_extend_order),
		cmocka_unit_test(test_report_order),
		cmocka_unit_test(test_report_shared),
		cmocka_unit_test(test_report_xfam),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
