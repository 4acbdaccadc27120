/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/emu/tdx/td.h"

static const struct emu_ram ram[] = { { 0, 0x800000 }, { 0xa00000, 0xb01000 } };

struct td td_start(unsigned gpa_width, uint64_t chunk)
{
	struct emu_tdx_config config = { .vcpus = 3,
					 .gpa_width = gpa_width,
					 .ram = ram,
					 .ram_count = 2,
					 .attributes = 0x10000000,
					 .map_gpa_chunk = chunk };
	struct td m = { .fake = fake_create() };

	m.tdx = emu_tdx_create(&config, &m.fake->backend);
	assert_non_null(m.tdx);
	m.emu = emu_tdx_machine(m.tdx);
	fake_clear_log(m.fake);
	return m;
}

void td_finish(struct td *m)
{
	emu_tdx_destroy(m->tdx);
	fake_destroy(m->fake);
}
