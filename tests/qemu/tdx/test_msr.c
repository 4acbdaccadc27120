/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "qemu/tdx/ve_policy.h"

/* TDX module 1.5 ABI specification, "MSR virtualization", MSR by MSR, by result. */
static const struct tdx_features nothing;

static void reads(enum tdx_msr_access access, const uint32_t *msrs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (tdx_msr_read(msrs[i], &nothing) != access)
			fail_msg("RDMSR of 0x%x", msrs[i]);
}

static void writes(enum tdx_msr_access access, const uint32_t *msrs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (tdx_msr_write(msrs[i], 0, 0, &nothing) != access)
			fail_msg("WRMSR of 0x%x", msrs[i]);
}

#define LIST(...)                                                                                  \
	(const uint32_t[]){ __VA_ARGS__ },                                                         \
		sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t)

static void test_rdmsr(void **state)
{
	reads(TDX_MSR_DONE, LIST(0x10, 0x48, 0x49, 0x10a, 0x10b, 0x174, 0x175, 0x176, 0x1a0, 0x1d9,
				 0x277, 0x345, 0x480, 0x492, 0x600, 0x808, 0x80b, 0x810, 0x827,
				 0x83f, 0xda0, 0xc0000080, 0xc0000081, 0xc0000082, 0xc0000084,
				 0xc0000100, 0xc0000101, 0xc0000102, 0xc0000103));
	reads(TDX_MSR_GP, LIST(0x8c, 0x8f, 0x9b, 0xc1, 0xc8, 0xe1, 0x122, 0x186, 0x18d, 0x1a6,
			       0x1c4, 0x309, 0x38d, 0x38f, 0x3f1, 0x4c1, 0x560, 0x570, 0x6a0, 0x6a2,
			       0x6a4, 0x6a8, 0x6e1, 0x800, 0x807, 0x829, 0x82e, 0x831, 0x840, 0x8ff,
			       0x985, 0xd90, 0xd93, 0x1200, 0x12ff, 0x14ce, 0x1500, 0x16ff));
	/* The APIC's base, its ID and timer, MTRRs, machine check, CSTAR, those of hypervisors. */
	reads(TDX_MSR_VE, LIST(0x0, 0x1b, 0x3a, 0x79, 0x8b, 0x87, 0xce, 0xfe, 0x140, 0x179, 0x200,
			       0x2ff, 0x400, 0x481, 0x484, 0x48a, 0x6e0, 0x802, 0x803, 0x80d, 0x80f,
			       0x828, 0x830, 0x838, 0x839, 0x83e, 0x981, 0x1fff, 0x2000, 0x4b564d00,
			       0xbfffffff, 0xc0000083, 0xc0000104, 0xc0011020, 0xffffffff));
}

static void test_wrmsr(void **state)
{
	writes(TDX_MSR_DONE, LIST(0x48, 0x49, 0x10b, 0x174, 0x175, 0x176, 0x1d9, 0x277, 0x600,
				  0x808, 0x80b, 0x83f, 0xda0, 0xc0000081, 0xc0000082, 0xc0000084,
				  0xc0000100, 0xc0000101, 0xc0000102, 0xc0000103));
	writes(TDX_MSR_GP, LIST(0xc1, 0x186, 0x345, 0x480, 0x481, 0x492, 0x829, 0x840));
	writes(TDX_MSR_VE, LIST(0x10, 0x1b, 0xbc, 0x1a0, 0x1ff, 0x6e0, 0x802, 0x830, 0x838, 0xc80,
				0x4b564d01, 0xc0000083));
}

/* MSRs of features: a #GP without them. CPUID 7.0: RTM, CET_SS, IBT, PKS, WAITPKG. */
static void test_features(void **state)
{
	const struct tdx_features shadow_stack = { .ecx = 1 << 7 }, ibt = { .edx = 1 << 20 };
	const struct tdx_features pks = { .ecx = 1u << 31 }, waitpkg = { .ecx = 1 << 5 };
	const struct tdx_features rtm = { .ebx = 1 << 11 };

	assert_int_equal(tdx_msr_read(0x6a2, &shadow_stack), TDX_MSR_DONE);
	assert_int_equal(tdx_msr_write(0x6a4, 0, 0, &ibt), TDX_MSR_DONE);
	assert_int_equal(tdx_msr_read(0x6e1, &pks), TDX_MSR_DONE);
	assert_int_equal(tdx_msr_write(0xe1, 0, 0, &waitpkg), TDX_MSR_DONE);
	assert_int_equal(tdx_msr_read(0x122, &rtm), TDX_MSR_DONE);
	assert_int_equal(tdx_msr_read(0x122, &pks), TDX_MSR_GP);
	assert_int_equal(tdx_msr_read(0x6e1, &shadow_stack), TDX_MSR_GP);
}

/* In EFER only SCE may change; LMA follows from the others. */
static void test_efer(void **state)
{
	static const struct {
		uint64_t value, previous;
		enum tdx_msr_access access;
	} rows[] = {
		{ 0xd01, 0xd01, TDX_MSR_DONE },
		{ 0xd00, 0xd01, TDX_MSR_DONE },
		{ 0x901, 0xd01, TDX_MSR_DONE },
		{ 0x501, 0xd01, TDX_MSR_VE },
		{ 0xc01, 0xd01, TDX_MSR_VE },
		{ 0x1d01, 0xd01, TDX_MSR_VE },
		{ UINT64_C(1) << 40 | 0xd01, 0xd01, TDX_MSR_VE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
			tdx_msr_write(TDX_MSR_EFER, rows[i].value, rows[i].previous, &nothing),
			rows[i].access);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rdmsr),
		cmocka_unit_test(test_wrmsr),
		cmocka_unit_test(test_features),
		cmocka_unit_test(test_efer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
