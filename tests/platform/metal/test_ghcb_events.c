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
	RBX = 0x318 / 8,
	EXIT_CODE = 0x390 / 8,
	EXIT_INFO1 = 0x398 / 8,
	EXIT_INFO2 = 0x3a0 / 8,
	SCRATCH = 0x3a8 / 8,
	XCR0 = 0x3e8 / 8,
	VALID = 0x3f0 / 8,
	BUFFER = 0x800 / 8,
};
#define GHCB_GPA UINT64_C(0x77000)

static _Alignas(4096) uint64_t page[512], seen[512];
static const struct cvm_snp_ghcb ghcb = { page, GHCB_GPA };
static struct cvm_snp snp;

/* What the host writes. */
static struct {
	uint64_t info1;
	bool rax, rbx, rcx, rdx; /* is said to be valid */
	unsigned exits, gets, puts;
	bool no_ghcb;
} host;

static void set_valid(unsigned field)
{
	page[VALID + field / 64] |= UINT64_C(1) << field % 64;
}

static void on_vmgexit(void *ctx, struct cvm_snp_regs *regs)
{
	assert_int_equal(fake_cpu.ghcb_msr, GHCB_GPA);
	assert_null(regs);
	host.exits++;
	memcpy(seen, page, sizeof(seen));
	page[VALID] = page[VALID + 1] = 0;
	page[EXIT_INFO1] = host.info1;
	page[RAX] = UINT64_C(0xa1a2a3a4a5a6a7a8);
	page[RBX] = 0xb1;
	page[RCX] = 0xc1;
	page[RDX] = 0xd1;
	page[BUFFER] = UINT64_C(0x8182838485868788);
	if (host.rax)
		set_valid(RAX);
	if (host.rbx)
		set_valid(RBX);
	if (host.rcx)
		set_valid(RCX);
	if (host.rdx)
		set_valid(RDX);
}

static const struct cvm_snp_ghcb *get(void *ctx, struct cvm_snp_ghcb_state *state)
{
	host.gets++;
	return host.no_ghcb ? NULL : &ghcb;
}

static void put(void *ctx, const struct cvm_snp_ghcb *used, struct cvm_snp_ghcb_state *state)
{
	host.puts++;
}

static void begin(void)
{
	const struct cvm_snp_config config = { .evict = CVM_SNP_EVICT_NEVER,
					       .ghcb_get = get,
					       .ghcb_put = put,
					       .vmgexit = on_vmgexit };

	fake_cpu_begin();
	assert_int_equal(cvm_snp_init(&snp, &config), 0);
	memset(&host, 0, sizeof(host));
	host.rax = host.rbx = host.rcx = host.rdx = true;
	/* What an earlier request has left. */
	memset(page, 0xff, sizeof(page));
}

/* What the host was asked, and which fields were said to be valid. */
static void check(uint64_t code, uint64_t info1, uint64_t info2, size_t count,
		  const unsigned *valid)
{
	uint64_t expected[2] = { 0 };

	assert_int_equal(seen[EXIT_CODE], code);
	assert_int_equal(seen[EXIT_INFO1], info1);
	assert_int_equal(seen[EXIT_INFO2], info2);
	for (unsigned field = EXIT_CODE; field <= EXIT_INFO2; field++)
		expected[field / 64] |= UINT64_C(1) << field % 64;
	for (size_t i = 0; i < count; i++)
		expected[valid[i] / 64] |= UINT64_C(1) << valid[i] % 64;
	assert_int_equal(seen[VALID], expected[0]);
	assert_int_equal(seen[VALID + 1], expected[1]);
	assert_int_equal(((const uint16_t *)seen)[0xffa / 2], 2);
	assert_int_equal(((const uint32_t *)seen)[0xffc / 4], 0);
	assert_int_equal(host.gets, host.puts);
}

#define CHECK(code, info1, info2, ...)                                                             \
	do {                                                                                       \
		const unsigned fields[] = { __VA_ARGS__ };                                         \
		check(code, info1, info2, sizeof(fields) / sizeof(fields[0]), fields);             \
	} while (0)

static void test_ports(void **state)
{
	uint32_t value;

	begin();
	assert_int_equal(cvm_snp_in(&snp, 0x3fd, 1, &value), 0);
	check(0x7b, 0x03fd0011, 0, 0, NULL);
	assert_int_equal(value, 0xa8);
	assert_int_equal(cvm_snp_in(&snp, 0xcfc, 4, &value), 0);
	check(0x7b, 0x0cfc0041, 0, 0, NULL);
	assert_int_equal(value, 0xa5a6a7a8);
	assert_int_equal(cvm_snp_out(&snp, 0x604, 2, 0x2000), 0);
	CHECK(0x7b, 0x06040020, 0, RAX);
	assert_int_equal(seen[RAX], 0x2000);
	assert_int_equal(cvm_snp_in(&snp, 0, 3, &value), CVM_EINVAL);
	assert_int_equal(cvm_snp_out(&snp, 0, 8, 0), CVM_EINVAL);
}

static void test_cpuid(void **state)
{
	struct cvm_cpuid out;

	begin();
	assert_int_equal(cvm_snp_cpuid(&snp, 0x40000000, 7, &out), 0);
	CHECK(0x72, 0, 0, RAX, RCX);
	assert_int_equal(seen[RAX], 0x40000000);
	assert_int_equal(seen[RCX], 7);
	assert_int_equal(out.eax, 0xa5a6a7a8);
	assert_int_equal(out.ebx, 0xb1);
	assert_int_equal(out.ecx, 0xc1);
	assert_int_equal(out.edx, 0xd1);
	assert_int_equal(cvm_snp_cpuid(&snp, 0xd, 1, &out), 0);
	CHECK(0x72, 0, 0, RAX, RCX, XCR0);
	assert_int_equal(seen[XCR0], 1);
}

static void test_msrs(void **state)
{
	uint64_t value;

	begin();
	assert_int_equal(cvm_snp_rdmsr(&snp, 0x1b, &value), 0);
	CHECK(0x7c, 0, 0, RCX);
	assert_int_equal(seen[RCX], 0x1b);
	assert_int_equal(value, UINT64_C(0xd1a5a6a7a8));
	assert_int_equal(cvm_snp_wrmsr(&snp, 0x6e0, UINT64_C(0x1122334455)), 0);
	CHECK(0x7c, 1, 0, RCX, RAX, RDX);
	assert_int_equal(seen[RCX], 0x6e0);
	assert_int_equal(seen[RAX], 0x22334455);
	assert_int_equal(seen[RDX], 0x11);
}

static void test_mmio(void **state)
{
	uint64_t value;

	begin();
	assert_int_equal(cvm_snp_mmio_read(&snp, 0xfee00020, 4, &value), 0);
	CHECK(0x80000001, 0xfee00020, 4, SCRATCH);
	assert_int_equal(seen[SCRATCH], GHCB_GPA + 0x800);
	assert_int_equal(value, 0x85868788);
	assert_int_equal(cvm_snp_mmio_write(&snp, 0xfed00010, 8, 0x1234), 0);
	CHECK(0x80000002, 0xfed00010, 8, SCRATCH);
	assert_int_equal(seen[BUFFER], 0x1234);
	assert_int_equal(cvm_snp_mmio_read(&snp, 0, 5, &value), CVM_EINVAL);
}

static void test_rejected(void **state)
{
	struct cvm_cpuid out = { 9, 9, 9, 9 };
	uint64_t value = 9;
	uint32_t port = 9;

	/* The host asks for an exception. */
	begin();
	host.info1 = 1;
	assert_int_equal(cvm_snp_in(&snp, 0x3f8, 1, &port), CVM_EIO);
	assert_int_equal(cvm_snp_out(&snp, 0x3f8, 1, 0), CVM_EIO);
	assert_int_equal(cvm_snp_rdmsr(&snp, 0x1b, &value), CVM_EIO);
	assert_int_equal(cvm_snp_mmio_read(&snp, 0, 4, &value), CVM_EIO);
	/* It leaves out a register of the answer. */
	begin();
	host.rax = false;
	assert_int_equal(cvm_snp_in(&snp, 0x3f8, 1, &port), CVM_EIO);
	host.rax = true;
	host.rdx = false;
	assert_int_equal(cvm_snp_rdmsr(&snp, 0x1b, &value), CVM_EIO);
	assert_int_equal(cvm_snp_cpuid(&snp, 0, 0, &out), CVM_EIO);
	assert_int_equal(port, 9);
	assert_int_equal(value, 9);
	assert_int_equal(out.eax, 9);
	/* There is no page. */
	begin();
	host.no_ghcb = true;
	assert_int_equal(cvm_snp_out(&snp, 0x3f8, 1, 0), CVM_EINVAL);
	assert_int_equal(host.exits, 0);
	assert_int_equal(host.gets, host.puts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ports),	 cmocka_unit_test(test_cpuid),
		cmocka_unit_test(test_msrs),	 cmocka_unit_test(test_mmio),
		cmocka_unit_test(test_rejected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
