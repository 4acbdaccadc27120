/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "qemu/tdx/tdx.h"

/* TDG.MR.RTMR.EXTEND and TDG.MR.REPORT with the plugin's hash. Expected values are from Python's
 * hashlib, offsets from the ABI specification's tables. */

static const struct emu_ram ram[] = { { 0, 0x400000 } };
static unsigned char memory[0x3000]; /* of GPA 0x1000 to 0x4000, the pages that are accepted */

static void ignore(void *ctx, uint64_t gpa, uint64_t size)
{
}

static void map_private(void *ctx, uint64_t gpa, uint64_t size, bool zero)
{
}

static void read_private(void *ctx, uint64_t gpa, void *buffer, size_t size)
{
	assert_in_range(gpa, 0x1000, 0x4000 - size);
	memcpy(buffer, memory + gpa - 0x1000, size);
}

static void write_private(void *ctx, uint64_t gpa, const void *buffer, size_t size)
{
	assert_in_range(gpa, 0x1000, 0x4000 - size);
	memcpy(memory + gpa - 0x1000, buffer, size);
}

static struct emu_tdx *start(void)
{
	const struct emu_backend engine = { .map_private = map_private,
					    .unmap_private = ignore,
					    .map_shared = ignore,
					    .unmap_shared = ignore,
					    .read_private = read_private,
					    .write_private = write_private };
	const struct emu_tdx_config config = { .vcpus = 1,
					       .gpa_width = 52,
					       .ram = ram,
					       .ram_count = 1,
					       .attributes = 0x10000000,
					       .sha384 = tdx_sha384 };
	struct emu_tdx *tdx = emu_tdx_create(&config, &engine);

	assert_non_null(tdx);
	emu_machine_launch(emu_tdx_machine(tdx), 0x1000, 0x4000);
	memset(memory, 0, sizeof(memory));
	for (unsigned i = 0; i < 48; i++)
		memory[0x40 + i] = (unsigned char)i;
	return tdx;
}

static uint64_t call(struct emu_tdx *tdx, uint64_t leaf, uint64_t rcx, uint64_t rdx, uint64_t r8)
{
	uint64_t gpr[EMU_GPRS] = {
		[EMU_RAX] = leaf, [EMU_RCX] = rcx, [EMU_RDX] = rdx, [EMU_R8] = r8
	};

	assert_int_equal(emu_tdx_tdcall(tdx, 0, gpr), EMU_NEXT);
	return gpr[EMU_RAX];
}

static const unsigned char zeros[512];
/* sha384(sha384(48 zeros, 0..47), 0..47) */
static const unsigned char extended_twice[] = { 0x80, 0xe8, 0xe1, 0x9c, 0x7a, 0xb3, 0x9d, 0x81,
						0xcd, 0x40, 0x22, 0xd3, 0x17, 0x07, 0x87, 0xb7,
						0x2a, 0x97, 0xd4, 0xdb, 0x30, 0xc8, 0xfd, 0x56,
						0xbc, 0xb1, 0xb7, 0x43, 0xa1, 0x89, 0x80, 0x93,
						0x9d, 0x6a, 0xe5, 0x05, 0x7d, 0xd4, 0xc9, 0x47,
						0x07, 0x39, 0xac, 0x48, 0x52, 0xd8, 0xf5, 0x9d };
/* sha384(239 zeros) */
static const unsigned char tcb_info_hash[] = { 0x70, 0xfa, 0x2d, 0x4b, 0x4a, 0x97, 0x24, 0x9d,
					       0xb1, 0x78, 0x9e, 0x4b, 0x19, 0x64, 0xb1, 0xee,
					       0xc6, 0xc3, 0xf7, 0xce, 0x1f, 0xf8, 0x7b, 0xad,
					       0x80, 0x83, 0x3b, 0xb0, 0x78, 0xd2, 0xf9, 0xa4,
					       0xc1, 0xdd, 0x7d, 0xcc, 0xcc, 0xab, 0xc8, 0x51,
					       0x1f, 0xd2, 0x21, 0x03, 0x24, 0x53, 0x38, 0xb7 };
/* sha384 of TDINFO_STRUCT with the attributes, XFAM 3 and RTMR 0 */
static const unsigned char td_info_hash[] = { 0x4a, 0x20, 0x71, 0x96, 0xfb, 0xad, 0x41, 0x18,
					      0x44, 0x2e, 0x1a, 0xa6, 0x88, 0x30, 0xeb, 0xbc,
					      0xe8, 0x56, 0x89, 0xe0, 0x8f, 0x57, 0x07, 0xe7,
					      0x02, 0xf2, 0x28, 0x3b, 0x15, 0x78, 0x5b, 0xf8,
					      0x27, 0xd7, 0xde, 0xcc, 0xe5, 0x02, 0x40, 0x05,
					      0x1f, 0xa1, 0x52, 0xa8, 0xef, 0xd1, 0xff, 0xff };

static void test_report(void **state)
{
	struct emu_tdx *tdx = start();

	assert_int_equal(call(tdx, 2, 0x1040, 0, 0), 0);
	assert_int_equal(call(tdx, 2, 0x1040, 0, 0), 0);
	memset(memory + 0x1000, 0xee, 0x1000);
	assert_int_equal(call(tdx, 4, 0x2400, 0x1040, 0), 0);

	const unsigned char *report = memory + 0x1400;

	assert_memory_equal(report - 4, "\xee\xee\xee\xee\x81\0\0", 7);
	assert_memory_equal(report + 32, tcb_info_hash, 48);
	assert_memory_equal(report + 80, td_info_hash, 48);
	assert_memory_equal(report + 128, memory + 0x40, 64);
	assert_memory_equal(report + 256, zeros, 239);
	assert_memory_equal(report + 512, "\0\0\0\x10\0\0\0\0\3\0\0\0\0\0\0\0", 16);
	assert_memory_equal(report + 512 + 208, extended_twice, 48);
	assert_memory_equal(report + 512 + 256, zeros, 256);
	assert_int_equal(report[1024], 0xee);
	emu_tdx_destroy(tdx);
}

static void test_mrtd(void **state)
{
	struct emu_tdx *tdx = start();
	uint8_t mrtd[48];

	memset(mrtd, 0x5a, sizeof(mrtd));
	emu_tdx_set_mrtd(tdx, mrtd);
	assert_int_equal(call(tdx, 4, 0x2400, 0x1040, 0), 0);
	assert_memory_equal(memory + 0x1400 + 512 + 16, mrtd, 48);
	assert_memory_equal(memory + 0x1400 + 512 + 64, zeros, 48);
	emu_tdx_destroy(tdx);
}

static void test_operands(void **state)
{
	struct emu_tdx *tdx = start();
	const uint64_t invalid = 0xC000010000000000, shared = UINT64_C(1) << 51;

	assert_int_equal(call(tdx, 2, 0x1020, 0, 0), invalid | 1);
	assert_int_equal(call(tdx, 2, 0x1040 | shared, 0, 0), invalid | 1);
	assert_int_equal(call(tdx, 2, 0x1040, 4, 0), invalid | 2);
	assert_int_equal(call(tdx, 4, 0x2200, 0x1040, 0), invalid | 1);
	assert_int_equal(call(tdx, 4, 0x2400, 0x1020, 0), invalid | 2);
	assert_int_equal(call(tdx, 4, 0x2400, 0x1040, 1), invalid | 8);
	emu_tdx_destroy(tdx);
}

/* The module's own access to memory that is not accepted is an EPT violation: the host adds the
 * page, which is PENDING then. */
static void test_not_accepted(void **state)
{
	uint64_t gpr[EMU_GPRS] = { [EMU_RAX] = 2, [EMU_RCX] = 0x4000 };
	struct emu_tdx *tdx = start();
	struct emu_stop why;

	assert_int_equal(emu_tdx_tdcall(tdx, 0, gpr), EMU_AGAIN);
	assert_int_equal(emu_tdx_tdcall(tdx, 0, gpr), EMU_STOP);
	emu_stop_get(emu_tdx_machine(tdx), &why);
	assert_int_equal(why.cause, EMU_STOP_HOST_FAULT);
	assert_int_equal(why.gpa, 0x4000);
	emu_tdx_destroy(tdx);
}

static void test_ve(void **state)
{
	const struct emu_ve ve = { 48, 2, 0, 0x123000, 3, 0 };
	uint64_t gpr[EMU_GPRS] = { [EMU_RAX] = 3 };
	struct emu_tdx *tdx = start();

	assert_true(emu_tdx_ve(tdx, 0, &ve));
	assert_false(emu_tdx_ve(tdx, 0, &ve));
	assert_int_equal(emu_tdx_tdcall(tdx, 0, gpr), EMU_NEXT);
	assert_int_equal(gpr[EMU_RAX], 0);
	assert_int_equal(gpr[EMU_RCX], 48);
	assert_int_equal(gpr[EMU_RDX], 2);
	assert_int_equal(gpr[EMU_R9], 0x123000);
	assert_int_equal(gpr[EMU_R10], 3);
	assert_int_equal(call(tdx, 3, 0, 0, 0), 0xC000070400000000);
	assert_true(emu_tdx_ve(tdx, 0, &ve));
	emu_tdx_destroy(tdx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_report),	 cmocka_unit_test(test_mrtd),
		cmocka_unit_test(test_operands), cmocka_unit_test(test_not_accepted),
		cmocka_unit_test(test_ve),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
