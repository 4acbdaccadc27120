/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/emu/snp/guest.h"

/* NAE event 0x80000013, GHCB specification 2.03, section 4.1.9. */

static void make_vmsa(struct guest *m)
{
	uint32_t eax;
	bool cf;

	assert_int_equal(emu_snp_pvalidate(m->snp, 0, VMSA, false, 0, 1, &eax, &cf), EMU_NEXT);
	assert_int_equal(emu_snp_rmpadjust(m->snp, 0, VMSA, false, 0, 1 | 1 << 16, &eax), EMU_NEXT);
	assert_int_equal(eax, 0);
}

static void test_ap_creation(void **state)
{
	static const struct {
		uint64_t info1, vmsa;
		uint64_t info2; /* of the answer; 0: done */
	} cases[] = {
		{ UINT64_C(1) << 32 | 1, VMSA, 0 },
		{ UINT64_C(0x12345678) << 32 | 0, VMSA, 0 },
		{ UINT64_C(1) << 32 | 3 << 16 | 1, VMSA, 0 },
		{ UINT64_C(1) << 32 | 2, 0, 0 },
		{ UINT64_C(1) << 32 | 1, VMSA + 8, 5 },
		{ UINT64_C(1) << 32 | 1, 0x6000, 5 },	/* no VMSA */
		{ UINT64_C(1) << 32 | 1, 0x900000, 5 }, /* no RAM */
		{ UINT64_C(1) << 32 | 4 << 16 | 1, VMSA, 5 },
		{ UINT64_C(1) << 32 | 3, VMSA, 5 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct guest m;

		guest_start_host(&m, true);
		make_vmsa(&m);
		guest_request(&m, 0x80000013, cases[i].info1, cases[i].vmsa);
		guest_field(&m, RAX, 1);
		guest_expect_answer(&m, cases[i].info2 ? 2 : 0, cases[i].info2);
		assert_int_equal(m.calls, cases[i].info2 ? 0 : 1);
		if (m.calls) {
			assert_int_equal(m.ap.apic_id, cases[i].info1 >> 32);
			assert_int_equal(m.ap.vmpl, cases[i].info1 >> 16 & 0xf);
			assert_int_equal(m.ap.on_init, (cases[i].info1 & 3) == 0);
			assert_int_equal(m.ap.destroy, (cases[i].info1 & 3) == 2);
			assert_int_equal(m.ap.vmsa, cases[i].vmsa);
			assert_int_equal(m.ap.sev_features, 1);
		}
		guest_finish(&m);
	}
}

static void test_ap_refused(void **state)
{
	struct guest m;

	guest_start_host(&m, true);
	make_vmsa(&m);
	guest_request(&m, 0x80000013, UINT64_C(1) << 32 | 1, VMSA);
	guest_expect_answer(&m, 2, 4); /* without SEV_FEATURES */
	guest_request(&m, 0x80000013, UINT64_C(1) << 32 | 2, 0);
	guest_expect_answer(&m, 0, 0); /* which DESTROY does not need */
	m.ap_refused = true;
	guest_request(&m, 0x80000013, UINT64_C(1) << 32 | 1, VMSA);
	guest_field(&m, RAX, 1);
	guest_expect_answer(&m, 2, 5);
	guest_finish(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ap_creation),
		cmocka_unit_test(test_ap_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
