/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/emu/snp/guest.h"

/* Where a request's buffer may lie. */

static void psc_header(struct guest *m, uint64_t scratch, uint16_t current, uint16_t end)
{
	guest_put(m, scratch, current | (uint64_t)end << 16);
}

static void test_scratch(void **state)
{
	static const struct {
		uint64_t scratch;
		unsigned version;
		uint64_t info1, info2;
	} cases[] = {
		{ 0, 2, 2, 3 },
		{ GHCB, 2, 2, 3 },
		{ GHCB + 0x7f8, 2, 2, 3 },
		{ GHCB + 0xff0, 2, 2, 3 },
		{ GHCB + 0xfe8, 2, 2, 3 }, /* a header, and no room for an entry */
		{ GHCB + 0x804, 2, 2, 3 }, /* not aligned */
		{ GHCB + 0xfe0, 2, 0, 0 },
		{ GHCB + 0x800, 2, 0, 0 },
		{ GHCB + 0x808, 2, 0, 0 },
		{ 0x9000, 2, 2, 3 }, /* version 2: only within the GHCB */
		{ 0x9000, 1, 0, 0 },
		{ GHCB + 0x10, 1, 2, 3 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct guest m = guest_start_ghcb(0);

		assert_int_equal(guest_msr(&m, 0x9000 | UINT64_C(2) << 52 | 0x014), 0x015);
		assert_int_equal(emu_snp_wrmsr(m.snp, 0, 0xc0010130, GHCB), EMU_NEXT);
		if (!cases[i].info1) {
			psc_header(&m, cases[i].scratch, 0, 0);
			guest_put(&m, cases[i].scratch + 8, 0x0020000000001000);
		}
		guest_prepare(&m, 0x80000010, cases[i].scratch);
		m.fake->shared[GHCB + 0xffa] = cases[i].version;
		guest_expect_exit(&m, cases[i].info1, cases[i].info2);
		assert_int_equal(emu_machine_state(m.emu, 0x1000),
				 cases[i].info1 ? EMU_PAGE_FREE : EMU_PAGE_SHARED);
		guest_finish(&m);
	}

	/* Version 1, and the buffer is not shared memory. */
	{
		struct guest m = guest_start_ghcb(0);

		guest_prepare(&m, 0x80000010, 0xa000);
		m.fake->shared[GHCB + 0xffa] = 1;
		assert_int_equal(emu_snp_vmgexit(m.snp, 0), EMU_STOP);
		guest_finish(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scratch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
