/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include <cvmem/tdx.h>

#include "tests/platform/fake_cpu.h"

/* TDX completion status, TDX module 1.5 ABI specification. */
#define ALREADY_ACCEPTED UINT64_C(0x00000b0a00000000)
#define SIZE_MISMATCH	 UINT64_C(0xc0000b0b00000000)
#define OPERAND_INVALID	 UINT64_C(0xc000010000000000)
#define OPERAND_BUSY	 UINT64_C(0x8000020000000000)
#define HOST_HINT	 (UINT64_C(1) << 60)
#define PAGE_2M		 UINT64_C(0x200000)
#define PAGE_1G		 UINT64_C(0x40000000)
#define SHARED		 (UINT64_C(1) << 47)

/* The requests, and the answers: the last answer is repeated for all further requests. */
struct call {
	uint64_t rax, rcx, r10, r11, r12, r13, r14;
};
static struct {
	struct call calls[2048];
	unsigned count;
	struct {
		uint64_t rax, rcx, r10, r11;
	} answers[1200];
	unsigned answers_count;
	unsigned leave_after;
	sigjmp_buf leave;
} host;

static struct cvm_tdx tdx;

static void on_tdcall(greg_t *regs)
{
	unsigned i = host.count < host.answers_count ? host.count : host.answers_count - 1;

	host.calls[host.count % 2048] = (struct call){
		.rax = (uint64_t)regs[REG_RAX],
		.rcx = (uint64_t)regs[REG_RCX],
		.r10 = (uint64_t)regs[REG_R10],
		.r11 = (uint64_t)regs[REG_R11],
		.r12 = (uint64_t)regs[REG_R12],
		.r13 = (uint64_t)regs[REG_R13],
		.r14 = (uint64_t)regs[REG_R14],
	};
	host.count++;
	if (host.leave_after && host.count == host.leave_after)
		siglongjmp(host.leave, 1);
	regs[REG_RAX] = (greg_t)host.answers[i].rax;
	regs[REG_RCX] = (greg_t)host.answers[i].rcx;
	regs[REG_R10] = (greg_t)host.answers[i].r10;
	regs[REG_R11] = (greg_t)host.answers[i].r11;
}

static void answer(uint64_t rax)
{
	host.answers[host.answers_count++].rax = rax;
}

static void answer_map_gpa(uint64_t r10, uint64_t r11)
{
	host.answers[host.answers_count].r10 = r10;
	host.answers[host.answers_count++].r11 = r11;
}

static void forget(void)
{
	memset(&host, 0, sizeof(host));
}

static void begin(void)
{
	fake_cpu_begin();
	fake_cpu.tdcall = on_tdcall;
	forget();
	host.answers[0].rcx = 48;
	host.answers_count = 1;
	assert_int_equal(cvm_tdx_init(&tdx), 0);
	forget();
}

static int accept(uint64_t start, uint64_t end, struct cvm_accept_result *result)
{
	*result = (struct cvm_accept_result){ 0 };
	return tdx.platform.accept(&tdx.platform, start, end, result);
}

static void test_init(void **state)
{
	const struct {
		uint64_t rax, rcx;
		int expected;
	} cases[] = {
		{ 0, 48, 0 },	       { 0, 52 | 0xffff00, 0 }, { 0, 40, CVM_EINVAL },
		{ 0, 53, CVM_EINVAL }, { 0, 0, CVM_EINVAL },	{ OPERAND_INVALID, 48, CVM_EIO },
	};

	begin();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		forget();
		answer(cases[i].rax);
		host.answers[0].rcx = cases[i].rcx;
		assert_int_equal(cvm_tdx_init(&tdx), cases[i].expected);
		if (cases[i].expected)
			continue;
		assert_int_equal(host.calls[0].rax, 1);
		assert_int_equal(tdx.gpa_width, cases[i].rcx & 63);
		assert_int_equal(tdx.shared_mask, UINT64_C(1) << (tdx.gpa_width - 1));
	}
}

/* Neither accepted nor converted: the bit that means shared is no address bit. */
static void test_beyond_width(void **state)
{
	struct cvm_accept_result result;
	uint64_t done;

	begin();
	assert_int_equal(tdx.platform.gpa_end, SHARED);
	assert_int_equal(accept(SHARED - PAGE_2M, SHARED + PAGE_2M, &result), CVM_EINVAL);
	assert_int_equal(tdx.platform.set_shared(&tdx.platform, SHARED, SHARED + 4096, &done),
			 CVM_EINVAL);
	assert_int_equal(tdx.platform.set_private(&tdx.platform, SHARED, SHARED + 4096, &done),
			 CVM_EINVAL);
	assert_int_equal(host.count, 0);
	answer(0);
	assert_int_equal(accept(SHARED - PAGE_2M, SHARED, &result), 0);
}

static void test_busy(void **state)
{
	struct cvm_accept_result result;

	begin();
	for (unsigned i = 0; i < 5; i++)
		answer(OPERAND_BUSY | 1);
	answer(0);
	assert_int_equal(accept(PAGE_2M, 2 * PAGE_2M, &result), 0);
	assert_int_equal(host.count, 6);
	assert_int_equal(result.accepted[CVM_LEVEL_2M], 1);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(host.calls[i].rcx, PAGE_2M | 1);

	/* With the hint that the host caused it, as after a lock's time-out. */
	forget();
	answer(OPERAND_BUSY | HOST_HINT | 1);
	answer(SIZE_MISMATCH | HOST_HINT | 1);
	answer(0);
	assert_int_equal(accept(PAGE_2M, 2 * PAGE_2M, &result), 0);
	assert_int_equal(host.count, 2 + 512);
	assert_int_equal(result.fallbacks[CVM_LEVEL_2M], 1);
	assert_int_equal(result.accepted[CVM_LEVEL_4K], 512);
	forget();
	answer(ALREADY_ACCEPTED | HOST_HINT);
	assert_int_equal(accept(PAGE_2M, 2 * PAGE_2M, &result), CVM_EALREADY);
	assert_int_equal(result.status, ALREADY_ACCEPTED | HOST_HINT);

	forget();
	answer(OPERAND_BUSY | 1);
	tdx.busy_retries = 7;
	assert_int_equal(accept(PAGE_2M, 2 * PAGE_2M, &result), CVM_EIO);
	assert_int_equal(host.count, 8);
	assert_int_equal(result.status, OPERAND_BUSY | 1);
	assert_int_equal(result.where, PAGE_2M);
	assert_int_equal(result.done, 0);
}

/* 2M, refused; 512 times 4K; then 2M again in the next block. */
static void test_falls_back_in_one_block_only(void **state)
{
	struct cvm_accept_result result;

	begin();
	answer(SIZE_MISMATCH | 1);
	answer(0);
	assert_int_equal(accept(PAGE_2M, 3 * PAGE_2M, &result), 0);
	assert_int_equal(host.count, 1 + 512 + 1);
	assert_int_equal(host.calls[0].rcx, PAGE_2M | 1);
	for (unsigned i = 0; i < 512; i++)
		assert_int_equal(host.calls[1 + i].rcx, PAGE_2M + 4096 * i);
	assert_int_equal(host.calls[513].rcx, 2 * PAGE_2M | 1);
	assert_int_equal(result.accepted[CVM_LEVEL_4K], 512);
	assert_int_equal(result.accepted[CVM_LEVEL_2M], 1);
	assert_int_equal(result.fallbacks[CVM_LEVEL_2M], 1);
	assert_int_equal(result.done, 2 * PAGE_2M);
}

static void test_gigabytes(void **state)
{
	struct cvm_accept_result result;

	begin();
	/* A module that can do it. */
	answer(0);
	assert_int_equal(accept(PAGE_1G, 3 * PAGE_1G, &result), 0);
	assert_int_equal(host.count, 2);
	assert_int_equal(host.calls[1].rcx, 2 * PAGE_1G | 2);
	assert_int_equal(result.accepted[CVM_LEVEL_1G], 2);
	assert_int_equal(result.done, 2 * PAGE_1G);

	/* One that knows the level, but has smaller pages in the first GiB. */
	forget();
	answer(SIZE_MISMATCH | 2);
	answer(0);
	assert_int_equal(accept(PAGE_1G, 3 * PAGE_1G, &result), 0);
	assert_int_equal(host.count, 1 + 512 + 1);
	assert_int_equal(host.calls[513].rcx, 2 * PAGE_1G | 2);
	assert_int_equal(result.fallbacks[CVM_LEVEL_1G], 1);
	assert_int_equal(result.accepted[CVM_LEVEL_2M], 512);

	/* One that does not know the level is asked once. */
	forget();
	answer(OPERAND_INVALID | 1);
	answer(0);
	assert_int_equal(accept(PAGE_1G, 3 * PAGE_1G, &result), 0);
	assert_int_equal(host.count, 1 + 1024);
	assert_int_equal(result.fallbacks[CVM_LEVEL_1G], 1);
	assert_int_equal(result.accepted[CVM_LEVEL_2M], 1024);
}

static void test_status(void **state)
{
	const struct {
		uint64_t status, bytes;
		int expected;
	} cases[] = {
		{ ALREADY_ACCEPTED, 4096, CVM_EALREADY },
		{ ALREADY_ACCEPTED | 1, 4096, CVM_EALREADY },
		{ ALREADY_ACCEPTED | 1, PAGE_2M, CVM_EALREADY },
		{ SIZE_MISMATCH, 4096, CVM_EIO },
		{ OPERAND_INVALID | 1, 4096, CVM_EIO },
		{ OPERAND_INVALID | 1, PAGE_2M, CVM_EIO },
		{ OPERAND_INVALID | 2, PAGE_1G, CVM_EIO },
		/* The class is no success and no other case, whatever the low half says. */
		{ UINT64_C(0x0000000100000000), 4096, CVM_EIO },
		{ 1, 4096, CVM_EIO },
	};

	begin();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cvm_accept_result result;
		uint64_t start = 4 * PAGE_1G;

		forget();
		answer(cases[i].status);
		assert_int_equal(accept(start, start + cases[i].bytes, &result), cases[i].expected);
		assert_int_equal(host.count, 1);
		assert_int_equal(result.where, start);
		assert_int_equal(result.where_bytes, cases[i].bytes);
		assert_int_equal(result.status, cases[i].status);
		assert_int_equal(result.done, 0);
	}
}

static void test_map_gpa(void **state)
{
	uint64_t done;

	begin();
	/* The host stops twice, once with and once without the shared bit in the address. */
	answer_map_gpa(1, SHARED | (PAGE_2M + 4096));
	answer_map_gpa(1, PAGE_2M + 3 * 4096);
	answer_map_gpa(0, 0);
	assert_int_equal(tdx.platform.set_shared(&tdx.platform, PAGE_2M, 2 * PAGE_2M, &done), 0);
	assert_int_equal(done, PAGE_2M);
	assert_int_equal(host.count, 3);
	assert_int_equal(host.calls[0].rax, 0);
	assert_int_equal(host.calls[0].r10, 0);
	assert_int_equal(host.calls[0].r11, 0x10001);
	assert_int_equal(host.calls[0].r12, SHARED | PAGE_2M);
	assert_int_equal(host.calls[0].r13, PAGE_2M);
	assert_int_equal(host.calls[1].r12, SHARED | (PAGE_2M + 4096));
	assert_int_equal(host.calls[1].r13, PAGE_2M - 4096);
	assert_int_equal(host.calls[2].r12, SHARED | (PAGE_2M + 3 * 4096));
	assert_int_equal(host.calls[2].r13, PAGE_2M - 3 * 4096);

	forget();
	answer_map_gpa(0, 0);
	assert_int_equal(tdx.platform.set_private(&tdx.platform, PAGE_2M, 2 * PAGE_2M, &done), 0);
	assert_int_equal(host.calls[0].r12, PAGE_2M);
}

static void test_hostile_map_gpa(void **state)
{
	const uint64_t start = PAGE_2M, end = 2 * PAGE_2M;
	const struct {
		uint64_t r10, r11;
	} cases[] = {
		{ 1, start - 4096 },
		{ 1, 0 },
		{ 1, end },
		{ 1, end + 4096 },
		{ 1, UINT64_MAX },
		{ 1, start + 4096 + 1 },
		/* Back to where it was before the first answer. */
		{ 1, start },
		{ UINT64_C(0x8000000000000000), 0 },
		{ UINT64_C(0x8000000000000002), 0 },
		{ 2, start + 8192 },
	};

	begin();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t done;

		forget();
		answer_map_gpa(1, SHARED | (start + 4096));
		answer_map_gpa(cases[i].r10, cases[i].r11);
		assert_int_equal(tdx.platform.set_shared(&tdx.platform, start, end, &done),
				 CVM_EIO);
		assert_int_equal(host.count, 2);
		assert_int_equal(done, 4096);
	}
}

static void test_map_gpa_without_progress(void **state)
{
	uint64_t done;

	begin();
	answer_map_gpa(1, SHARED | PAGE_2M);
	tdx.map_retries = 5;
	assert_int_equal(tdx.platform.set_shared(&tdx.platform, PAGE_2M, 2 * PAGE_2M, &done),
			 CVM_EIO);
	assert_int_equal(host.count, 6);
	assert_int_equal(done, 0);

	/* The module itself fails the call. */
	forget();
	answer(OPERAND_INVALID | 1);
	assert_int_equal(tdx.platform.set_shared(&tdx.platform, PAGE_2M, 2 * PAGE_2M, &done),
			 CVM_EIO);
	assert_int_equal(done, 0);
}

/* A host that resumes the guest is told again and again. */
static void test_stop_does_not_return(void **state)
{
	begin();
	answer(0);
	host.leave_after = 4;
	if (!sigsetjmp(host.leave, 1)) {
		tdx.platform.terminate(&tdx.platform, CVM_TERMINATE_ACCEPT_FAILED, 0xabcd000);
		fail();
	}
	assert_int_equal(host.count, 4);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(host.calls[i].r10, 0);
		assert_int_equal(host.calls[i].r11, 0x10003);
		assert_int_equal(host.calls[i].r12, (uint64_t)CVM_TERMINATE_ACCEPT_FAILED << 32);
		assert_memory_equal(&host.calls[i].r14, "cvmem: G", 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_init),
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_beyond_width),
		cmocka_unit_test(test_falls_back_in_one_block_only),
		cmocka_unit_test(test_gigabytes),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_map_gpa),
		cmocka_unit_test(test_hostile_map_gpa),
		cmocka_unit_test(test_map_gpa_without_progress),
		cmocka_unit_test(test_stop_does_not_return),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
