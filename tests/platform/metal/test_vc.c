/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include <cvmem/metal.h>

#include "tests/platform/fake_cpu.h"

/* GHCB specification 2.03: offsets in the page, in units of 8 bytes. */
enum {
	RAX = 0x1f8 / 8,
	RCX = 0x308 / 8,
	RDX = 0x310 / 8,
	EXIT_CODE = 0x390 / 8,
	EXIT_INFO1 = 0x398 / 8,
	EXIT_INFO2 = 0x3a0 / 8,
	VALID = 0x3f0 / 8,
	BUFFER = 0x800 / 8,
};

static _Alignas(4096) uint64_t page[512], seen[512];
static const struct cvm_snp_ghcb ghcb = { page, 0x77000 };
static struct cvm_snp snp;
static unsigned exits;
static bool rejects;

static void on_vmgexit(void *ctx, struct cvm_snp_regs *regs)
{
	exits++;
	memcpy(seen, page, sizeof(seen));
	page[VALID] = page[VALID + 1] = UINT64_MAX;
	page[EXIT_INFO1] = rejects;
	page[RAX] = 0xa1a2a3a4;
	page[RDX] = 0xd1;
	page[BUFFER] = UINT64_C(0x8182838485868788);
}

static const struct cvm_snp_ghcb *get(void *ctx, struct cvm_snp_ghcb_state *state)
{
	return &ghcb;
}

static void put(void *ctx, const struct cvm_snp_ghcb *used, struct cvm_snp_ghcb_state *state)
{
}

/* One page is unaccepted. */
static uint64_t unaccepted, faulted;
static int verdict;

static bool is_unaccepted(void *ctx, uint64_t gpa)
{
	return gpa / 4096 == unaccepted / 4096;
}

static int not_accepted(void *ctx, uint64_t gpa)
{
	faulted = gpa;
	return verdict;
}

static uint64_t gpa_of(void *ctx, uint64_t va)
{
	return va - 0x10000000;
}

/* All memory is shared but one page. */
static uint64_t private_page;

static bool is_shared(void *ctx, uint64_t va)
{
	return va / 4096 != private_page / 4096;
}

static void cpuid(uint32_t leaf, uint32_t subleaf, struct cvm_cpuid *out)
{
	*out = (struct cvm_cpuid){ leaf + 1, 2, subleaf + 3, 4 };
}

static struct cvm_exception_config checked;

static struct cvm_exception_frame frame;

static int take(uint64_t error, const uint8_t *code)
{
	const struct cvm_snp_config config = { .evict = CVM_SNP_EVICT_NEVER,
					       .ghcb_get = get,
					       .ghcb_put = put,
					       .vmgexit = on_vmgexit };

	fake_cpu_begin();
	assert_int_equal(cvm_snp_init(&snp, &config), 0);
	exits = 0;
	faulted = 0;
	frame.error = error;
	frame.rip = (uintptr_t)code;
	return cvm_snp_handle_vc(&snp, &checked, &frame);
}

static void begin(void)
{
	memset(&frame, 0, sizeof(frame));
	for (unsigned i = 0; i < 16; i++)
		frame.gpr[i] = UINT64_C(0x20000000) + 0x10000 * i;
	checked = (struct cvm_exception_config){
		.not_accepted = not_accepted,
		.is_unaccepted = is_unaccepted,
		.gpa_of = gpa_of,
		.is_shared = is_shared,
		.cpuid = cpuid,
	};
	rejects = false;
	verdict = 0;
	unaccepted = 0;
	private_page = 0;
}

/* Nobody is asked, and the context stays as it was. */
static void refuses(uint64_t error, const uint8_t *code)
{
	struct cvm_exception_frame before = frame;

	before.error = error;
	before.rip = (uintptr_t)code;
	assert_int_equal(take(error, code), CVM_EINVAL);
	assert_int_equal(exits, 0);
	assert_int_equal(faulted, 0);
	assert_memory_equal(&frame, &before, sizeof(frame));
}

static const uint8_t code_cpuid[] = { 0x0f, 0xa2 }, code_rdmsr[] = { 0x0f, 0x32 },
		     code_wrmsr[] = { 0x0f, 0x30 };

/* From the page that the guest has, not from the host. */
static void test_cpuid(void **state)
{
	begin();
	frame.gpr[0] = 7;
	frame.gpr[1] = 1;
	assert_int_equal(take(0x72, code_cpuid), 0);
	assert_int_equal(exits, 0);
	assert_int_equal(frame.gpr[0], 8);
	assert_int_equal(frame.gpr[3], 2);
	assert_int_equal(frame.gpr[1], 4);
	assert_int_equal(frame.gpr[2], 4);
	assert_int_equal(frame.rip, (uintptr_t)code_cpuid + 2);
}

static void test_msrs(void **state)
{
	begin();
	frame.gpr[1] = 0x1b;
	assert_int_equal(take(0x7c, code_rdmsr), 0);
	assert_int_equal(seen[EXIT_CODE], 0x7c);
	assert_int_equal(seen[EXIT_INFO1], 0);
	assert_int_equal(seen[RCX], 0x1b);
	assert_int_equal(frame.gpr[0], 0xa1a2a3a4);
	assert_int_equal(frame.gpr[2], 0xd1);
	assert_int_equal(take(0x7c, code_wrmsr), 0);
	assert_int_equal(seen[EXIT_INFO1], 1);
	assert_int_equal(seen[RDX], 0xd1);
	assert_int_equal(frame.rip, (uintptr_t)code_wrmsr + 2);
}

/* in %dx, %ax; out %eax, $0x80; in $0x71, %al. */
static void test_ports(void **state)
{
	static const uint8_t in_dx[] = { 0x66, 0xed }, out_number[] = { 0xe7, 0x80 },
			     in_number[] = { 0xe4, 0x71 }, outs[] = { 0xf3, 0x6e };

	begin();
	frame.gpr[0] = UINT64_C(0x1111111122222222);
	frame.gpr[2] = 0xffff03fd;
	assert_int_equal(take(0x7b, in_dx), 0);
	assert_int_equal(seen[EXIT_INFO1], 0x03fd0021);
	assert_int_equal(frame.gpr[0], UINT64_C(0x111111112222a3a4));
	assert_int_equal(frame.rip, (uintptr_t)in_dx + 2);
	assert_int_equal(take(0x7b, out_number), 0);
	assert_int_equal(seen[EXIT_INFO1], 0x00800040);
	assert_int_equal(seen[RAX], 0x2222a3a4);
	assert_int_equal(take(0x7b, in_number), 0);
	assert_int_equal(seen[EXIT_INFO1], 0x00710011);
	assert_int_equal(frame.gpr[0], UINT64_C(0x111111112222a3a4));
	assert_int_equal(take(0x7b, outs), CVM_EINVAL);
	assert_int_equal(exits, 0);
}

/* mov (%rdi), %ecx; movb %dl, 5(%rdi). */
static void test_device_memory(void **state)
{
	static const uint8_t load[] = { 0x8b, 0x0f }, store[] = { 0x88, 0x57, 0x05 },
			     add[] = { 0x01, 0x0f };

	begin();
	assert_int_equal(take(0x400, load), 0);
	assert_int_equal(seen[EXIT_CODE], 0x80000001);
	assert_int_equal(seen[EXIT_INFO1], 0x20070000 - 0x10000000);
	assert_int_equal(seen[EXIT_INFO2], 4);
	assert_int_equal(frame.gpr[1], 0x85868788);
	assert_int_equal(frame.rip, (uintptr_t)load + 2);
	frame.gpr[2] = 0x1234;
	assert_int_equal(take(0x400, store), 0);
	assert_int_equal(seen[EXIT_CODE], 0x80000002);
	assert_int_equal(seen[EXIT_INFO1], 0x20070005 - 0x10000000);
	assert_int_equal(seen[BUFFER], 0x34);
	refuses(0x400, add);
}

/* The host has injected the exception at an access to private memory, part of which is enough. */
static void test_private_memory(void **state)
{
	static const uint8_t load[] = { 0x8b, 0x0f }, store[] = { 0x88, 0x57, 0x05 };

	begin();
	private_page = 0x20070000;
	refuses(0x400, load);
	refuses(0x400, store);
	frame.gpr[7] = 0x2006fffe;
	refuses(0x400, load);
	frame.gpr[7] = 0x20070ffe;
	refuses(0x400, load);
	frame.gpr[7] = 0x20071000;
	assert_int_equal(take(0x400, load), 0);
	checked.is_shared = NULL;
	refuses(0x400, load);
}

/* Each reason is served for the instructions that can cause it, and for no other. */
static void test_other_instruction(void **state)
{
	static const uint8_t load[] = { 0x8b, 0x0f }, nop[] = { 0x90 }, in[] = { 0xec },
			     syscall[] = { 0x0f, 0x05 }, rdtsc[] = { 0x0f, 0x31 };
	static const uint8_t *const code[] = { code_cpuid, code_rdmsr, code_wrmsr, load,
					       nop,	   in,	       syscall,	   rdtsc };
	static const struct {
		uint64_t error;
		unsigned served; /* bits of code[] */
	} reasons[] = {
		{ 0x72, 1 << 0 }, { 0x7c, 3 << 1 }, { 0x400, 1 << 3 }, { 0x7b, 1 << 5 },
		{ 0x89, 0 },	  { 0x10072, 0 },   { 0, 0 },	       { UINT64_MAX, 0 },
	};

	begin();
	for (unsigned i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		for (unsigned j = 0; j < sizeof(code) / sizeof(code[0]); j++)
			if (!(reasons[i].served >> j & 1))
				refuses(reasons[i].error, code[j]);
			else
				assert_int_equal(take(reasons[i].error, code[j]), 0);
}

/* The guest's own registers, which no host can intercept. */
static void test_own_msrs(void **state)
{
	begin();
	frame.gpr[1] = 0xc0010130;
	refuses(0x7c, code_rdmsr);
	refuses(0x7c, code_wrmsr);
	frame.gpr[1] = 0xc0010131;
	refuses(0x7c, code_rdmsr);
	frame.gpr[1] = UINT64_C(0xffffffffc0010131);
	refuses(0x7c, code_rdmsr);
	frame.gpr[1] = 0xc0010132;
	assert_int_equal(take(0x7c, code_rdmsr), 0);
}

/* Which page an instruction is about: of two operands, and of one that reaches into the next. */
static void test_not_validated(void **state)
{
	static const uint8_t movs[] = { 0xf3, 0x48, 0xa5 }, store[] = { 0x48, 0x89, 0x07 },
			     none[] = { 0x90 };

	begin();
	unaccepted = 0x10070000;
	assert_int_equal(take(0x404, movs), 0);
	assert_int_equal(faulted, 0x10070000);
	unaccepted = 0x10060000;
	assert_int_equal(take(0x404, movs), 0);
	assert_int_equal(faulted, 0x10060000);
	frame.gpr[7] = 0x20070ffc;
	unaccepted = 0x10071000;
	assert_int_equal(take(0x404, store), 0);
	assert_int_equal(faulted, 0x10071003);
	/* Another CPU has accepted it. */
	unaccepted = 0;
	verdict = CVM_EALREADY;
	assert_int_equal(take(0x404, store), CVM_EALREADY);
	assert_int_equal(faulted, 0x10070ffc);
	assert_int_equal(frame.rip, (uintptr_t)store);
	/* The code itself. */
	unaccepted = (uintptr_t)none - 0x10000000;
	verdict = 0;
	assert_int_equal(take(0x404, none), 0);
	assert_int_equal(faulted, (uintptr_t)none - 0x10000000);
	unaccepted = 0;
	assert_int_equal(take(0x404, none), CVM_EINVAL);
	assert_int_equal(exits, 0);
}

static void test_rejected(void **state)
{
	struct cvm_exception_frame before;

	begin();
	rejects = true;
	before = frame;
	assert_int_equal(take(0x7c, code_rdmsr), CVM_EIO);
	assert_memory_equal(frame.gpr, before.gpr, sizeof(frame.gpr));
	assert_int_equal(frame.rip, (uintptr_t)code_rdmsr);
	assert_int_equal(take(0x89, code_rdmsr), CVM_EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cpuid),	       cmocka_unit_test(test_msrs),
		cmocka_unit_test(test_ports),	       cmocka_unit_test(test_device_memory),
		cmocka_unit_test(test_private_memory), cmocka_unit_test(test_other_instruction),
		cmocka_unit_test(test_own_msrs),       cmocka_unit_test(test_not_validated),
		cmocka_unit_test(test_rejected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
