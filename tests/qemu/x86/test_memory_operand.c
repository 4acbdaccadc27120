/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/guest/platform.h"
#include "qemu/host/vcpu.h"
#include "qemu/x86/memory_operand.h"
#include "tests/qemu/fake_tables.h"

/*
 * Which linear address an instruction accesses, from its code, its registers and the page tables.
 * One page of code, one of data, which is mapped twice: private, and shared.
 */
#define CODE	UINT64_C(0x400000)
#define PRIVATE UINT64_C(0x601000)
#define SHARED	UINT64_C(0x602000)
#define DATA	UINT64_C(0x9000) /* its GPA */

static uint64_t gpr[16], rip;
static uint64_t fs_base;
static unsigned bits;

uint64_t *qemu_gpr(unsigned vcpu)
{
	return gpr;
}

uint64_t qemu_rip(unsigned vcpu)
{
	return rip;
}

unsigned qemu_code_bits(unsigned vcpu)
{
	return bits;
}

uint64_t qemu_segment_base(unsigned vcpu, unsigned which)
{
	return which == QEMU_FS ? fs_base : 0;
}

static int set_up(void **state)
{
	fake_reset();
	fake_entry(0x1000, 0, C_BIT | 0x2000 | 1);
	fake_entry(0x2000, 0, C_BIT | 0x3000 | 1);
	fake_entry(0x3000, 2, C_BIT | 0x4000 | 1);
	fake_entry(0x3000, 3, C_BIT | 0x5000 | 1);
	fake_entry(0x4000, 0, C_BIT | 0x8000 | 1);
	fake_entry(0x5000, 1, C_BIT | DATA | 1);
	fake_entry(0x5000, 2, DATA | 1);
	memset(gpr, 0, sizeof(gpr));
	fs_base = 0;
	rip = CODE;
	bits = 64;
	return 0;
}

static void code(const char *bytes, size_t size)
{
	memset(fake_memory + 0x8000, 0x90, 4096);
	memcpy(fake_memory + 0x8000 + (rip - CODE), bytes, size);
}

static bool finds(uint64_t gpa, bool shared, uint64_t expected)
{
	const struct platform_access access = { .gpa = gpa, .shared = shared };
	uint64_t address = 1;
	bool found = x86_operand_address(&access, &address);

	assert_true(!found || address == expected);
	assert_true(found || !address);
	return found;
}

static void test_views(void **state)
{
	code("\x48\x8b\x43\x10", 4); /* mov 0x10(%rbx), %rax */
	gpr[3] = PRIVATE;
	assert_true(finds(DATA + 0x10, false, PRIVATE + 0x10));
	/* The same page, through the view that this address does not lead to. */
	assert_false(finds(DATA + 0x10, true, 0));
	gpr[3] = SHARED;
	assert_true(finds(DATA + 0x10, true, SHARED + 0x10));
	assert_false(finds(DATA + 0x10, false, 0));
	/* Another page: an access of the page walk. */
	assert_false(finds(0x5000, true, 0));
}

static void test_segment(void **state)
{
	code("\x64\x8b\x04\x25\x08\x00\x00\x00", 8); /* mov %fs:8, %eax */
	fs_base = PRIVATE;
	assert_true(finds(DATA + 8, false, PRIVATE + 8));
}

/* An instruction that ends in a page that is not mapped cannot have been executed, but its first
 * bytes are enough here. */
static void test_end_of_code(void **state)
{
	rip = CODE + 0xffd;
	code("\x48\x8b\x03", 3); /* mov (%rbx), %rax */
	gpr[3] = PRIVATE;
	assert_true(finds(DATA, false, PRIVATE));
	rip = CODE + 0x1000;
	assert_false(finds(DATA, false, 0));
}

static void test_modes(void **state)
{
	code("\x48\x8b\x03", 3);
	gpr[3] = PRIVATE;
	bits = 32;
	assert_false(
		x86_operand_address(&(struct platform_access){ .gpa = DATA }, &(uint64_t){ 0 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_views, set_up),
		cmocka_unit_test_setup(test_segment, set_up),
		cmocka_unit_test_setup(test_end_of_code, set_up),
		cmocka_unit_test_setup(test_modes, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
