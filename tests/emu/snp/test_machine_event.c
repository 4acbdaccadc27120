/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/emu/snp/guest.h"

/*
 * Exits by the GHCB page that the machine answers. The fields that an event needs and returns are
 * those of GHCB specification 2.03, section 4.1.
 */

/* Each event with what it needs, without each part of that, and with what it brings back. */
static void test_fields(void **state)
{
	static const struct {
		uint64_t exitcode, info1;
		unsigned in[5], out[5];
	} events[] = {
		{ 0x72, 0, { RAX, RCX }, { RAX, RBX, RCX, RDX } }, /* CPUID */
		{ 0x7b, 0x00700011, { 0 }, { RAX } },		   /* IN */
		{ 0x7b, 0x00700010, { RAX }, { 0 } },		   /* OUT */
		{ 0x7b, 0x00700015, { SCRATCH }, { 0 } },	   /* INS */
		{ 0x7c, 0, { RCX }, { RAX, RDX } },		   /* RDMSR */
		{ 0x7c, 1, { RAX, RCX, RDX }, { 0 } },		   /* WRMSR */
		{ 0x6f, 0, { RCX }, { RAX, RDX } },		   /* RDPMC */
		{ 0x81, 0, { RAX, CPL }, { RAX } },		   /* VMMCALL */
		{ 0x27, 0, { 0 }, { RAX } },			   /* read of DR7 */
		{ 0x37, 0, { RAX }, { 0 } },			   /* write of DR7 */
		{ 0x6e, 0, { 0 }, { RAX, RDX } },		   /* RDTSC */
		{ 0x87, 0, { 0 }, { RAX, RCX, RDX } },		   /* RDTSCP */
		{ 0x76, 0, { 0 }, { 0 } },			   /* INVD */
		{ 0x8a, 0, { RAX, RCX, RDX }, { 0 } },		   /* MONITOR */
		{ 0x8b, 0, { RAX, RCX }, { 0 } },		   /* MWAIT */
		{ 0x89, 0, { 0 }, { 0 } },			   /* WBINVD */
		{ 0x80000001, 0xfee00000, { SCRATCH }, { 0 } },
		{ 0x80000002, 0xfee00000, { SCRATCH }, { 0 } },
		{ 0x80000017, 0, { RAX }, { RAX } },
		{ 0x80000012, 0, { RAX, RBX }, { RBX } },
	};
	static const unsigned all[] = { RAX, RBX, RCX, RDX, SCRATCH };

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		struct guest m;

		guest_start_host(&m, true);
		for (unsigned missing = 0; missing < 5; missing++) {
			guest_request(&m, events[i].exitcode, events[i].info1, 0);
			for (unsigned j = 0; j < 5 && events[i].in[j]; j++)
				if (j != missing)
					guest_field(&m, events[i].in[j],
						    events[i].in[j] == SCRATCH ? BUFFER
									       : 0x1111 * j);
			if (missing < 5 && events[i].in[missing]) {
				guest_expect_answer(&m, 2, 4);
				assert_int_equal(m.calls, 0);
			}
		}
		/* The last round had all of them. */
		m.answer = (struct emu_ghcb_event){
			.rax = 0xa, .rbx = 0xb, .rcx = 0xc, .rdx = 0xd, .info2 = 0x77
		};
		guest_expect_answer(&m, 0, 0x77);
		assert_int_equal(m.calls, 1);
		assert_int_equal(m.got.exitcode, events[i].exitcode);
		assert_int_equal(m.got.info1, events[i].info1);
		for (unsigned j = 0; j < 5; j++) {
			bool out = false;

			for (unsigned k = 0; k < 5; k++)
				out |= events[i].out[k] == all[j];
			assert_int_equal(guest_is_valid(&m, all[j]), out);
			if (out)
				assert_int_equal(guest_get(&m, GHCB + all[j]), all[j] == RAX   ? 0xa
									       : all[j] == RBX ? 0xb
									       : all[j] == RCX
										       ? 0xc
										       : 0xd);
		}
		guest_finish(&m);
	}
}

static void test_values(void **state)
{
	struct guest m;

	guest_start_host(&m, true);
	guest_request(&m, 0x72, 0, 0);
	guest_field(&m, RAX, 0xd);
	guest_field(&m, RCX, 1);
	guest_field(&m, 0x3e8, 7);
	guest_put(&m, GHCB + RBX, 0x5555); /* not valid: not seen */
	guest_expect_answer(&m, 0, 0);
	assert_int_equal(m.got.rax, 0xd);
	assert_int_equal(m.got.rcx, 1);
	assert_int_equal(m.got.xcr0, 7);
	assert_int_equal(m.got.rbx, 0);
	assert_int_equal(m.got.size, 0);
	guest_finish(&m);
}

/* The buffer goes to the host and comes back; it must lie in the GHCB's shared buffer. */
static void test_buffer(void **state)
{
	static const uint64_t bad[] = { 0, GHCB, GHCB + 0x7f8, GHCB + 0xff0, 0x9000 };
	struct guest m;

	guest_start_host(&m, true);
	guest_request(&m, 0x80000001, 0xfee00020, 4);
	guest_field(&m, SCRATCH, BUFFER + 0x10);
	guest_put(&m, BUFFER + 0x10, 0x1122334455667788);
	guest_put(&m, BUFFER + 0x08, 0x99);
	guest_put(&m, BUFFER + 0x18, 0xaa);
	memcpy(m.answer.buffer, "answered", 8);
	guest_expect_answer(&m, 0, 0);
	assert_int_equal(m.got.size, 0x7f0 - 0x10);
	assert_memory_equal(m.got.buffer, "\x88\x77\x66\x55\x44\x33\x22\x11\xaa", 9);
	assert_memory_equal(m.fake->shared + BUFFER + 0x10, "answered", 8);
	assert_int_equal(guest_get(&m, BUFFER + 0x08), 0x99);
	assert_int_equal(guest_get(&m, BUFFER + 0x18), 0xaa);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		guest_request(&m, 0x80000002, 0xfee00020, 4);
		guest_field(&m, SCRATCH, bad[i]);
		guest_expect_answer(&m, 2, 3);
	}
	assert_int_equal(m.calls, 1);
	/* What the host refuses leaves the buffer alone. */
	m.result = EMU_GHCB_INVALID;
	guest_request(&m, 0x80000001, 0xfee00020, 4);
	guest_field(&m, SCRATCH, BUFFER);
	guest_expect_answer(&m, 2, 5);
	assert_int_equal(guest_get(&m, BUFFER), 0);
	guest_finish(&m);
}

static void test_results(void **state)
{
	static const struct {
		enum emu_ghcb_result result;
		uint64_t info1, info2;
	} cases[] = {
		{ EMU_GHCB_UNKNOWN, 2, 6 },
		{ EMU_GHCB_INVALID, 2, 5 },
		{ EMU_GHCB_GP, 1, 0x80000b0d }, /* #GP with an error code of 0, EVENTINJ */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct guest m;

		guest_start_host(&m, true);
		m.result = cases[i].result;
		guest_request(&m, 0x7c, 0, 0);
		guest_field(&m, RCX, 0x1b);
		guest_expect_answer(&m, cases[i].info1, cases[i].info2);
		assert_false(guest_is_valid(&m, RAX));
		guest_finish(&m);
	}
}

static void test_no_host(void **state)
{
	struct guest m;

	guest_start_host(&m, false);
	assert_int_equal(guest_msr(&m, 0x080), 0x1081);
	assert_int_equal(guest_msr(&m, UINT64_C(0x8000001f00000004)), UINT64_C(0x8000001f00000004));
	assert_int_equal(emu_snp_wrmsr(m.snp, 0, 0xc0010130, GHCB), EMU_NEXT);
	guest_request(&m, 0x80000013, UINT64_C(1) << 32 | 1, VMSA);
	guest_field(&m, RAX, 1);
	guest_expect_answer(&m, 2, 6);
	guest_request(&m, 0x89, 0, 0);
	guest_expect_answer(&m, 2, 6);
	guest_request(&m, 0x8000fffd, 0, 0);
	guest_expect_answer(&m, 0, 1);
	guest_finish(&m);

	guest_start_host(&m, true);
	/* C-bit 47, versions 1 to 2; features SNP, AP creation and APIC IDs. */
	assert_int_equal(guest_msr(&m, 0x002), UINT64_C(0x000200012f000001));
	assert_int_equal(guest_msr(&m, 0x080), 0x13081);
	assert_int_equal(guest_msr(&m, UINT64_C(0x8000001f00000004)), UINT64_C(0x1234567800000005));
	assert_int_equal(emu_snp_wrmsr(m.snp, 0, 0xc0010130, GHCB), EMU_NEXT);
	guest_request(&m, 0x8000fffd, 0, 0);
	guest_expect_answer(&m, 0, 0x13);
	guest_request(&m, 0x12345, 0, 0);
	guest_expect_answer(&m, 2, 6);
	assert_int_equal(m.calls, 0);
	guest_finish(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),	cmocka_unit_test(test_values),
		cmocka_unit_test(test_buffer),	cmocka_unit_test(test_results),
		cmocka_unit_test(test_no_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
