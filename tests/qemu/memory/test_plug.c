/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "qemu/guest/guest.h"
#include "qemu/guest/platform.h"
#include "qemu/guest/stop.h"
#include "qemu/host/memory_map.h"
#include "qemu/memory/plug.h"

/* What QEMU says of DIMMs reaches the emulator. */
#define GIB (UINT64_C(1) << 30)

struct guest guest;

static const struct qemu_plug_ops *ops;
static uint64_t start, end;
static bool possible;
static int status;

static struct emu_machine *machine(void)
{
	return (struct emu_machine *)&guest;
}

static const struct platform fake = { .machine = machine };
const struct platform *platform = &fake;

const char *qemu_ram_watch(const struct qemu_plug_ops *given)
{
	ops = given;
	return NULL;
}

bool emu_machine_add_ram(struct emu_machine *of, uint64_t from, uint64_t to)
{
	assert_ptr_equal(of, &guest);
	start = from;
	end = to;
	return possible;
}

bool emu_machine_remove_ram(struct emu_machine *of, uint64_t from, uint64_t to)
{
	bool there = from == start && to == end;

	start = end = 0;
	return there;
}

void guest_stop(int code, const char *format, ...)
{
	status = code;
}

static void test_plug(void **state)
{
	possible = true;
	assert_null(memory_plug_watch());
	ops->plugged(8 * GIB, 9 * GIB);
	assert_int_equal(start, 8 * GIB);
	assert_int_equal(end, 9 * GIB);
	assert_int_equal(guest.plugged, GIB);
	ops->unplugged(8 * GIB, 9 * GIB);
	assert_int_equal(start, 0);
	assert_int_equal(guest.plugged, 0);
	ops->unplugged(8 * GIB, 9 * GIB);
	assert_int_equal(guest.plugged, 0);
	assert_int_equal(status, 0);
}

/* RAM without page states would be RAM that is not watched. */
static void test_impossible(void **state)
{
	possible = false;
	ops->plugged(8 * GIB, 9 * GIB);
	assert_int_equal(guest.plugged, 0);
	assert_int_equal(status, GUEST_EXIT_SETUP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plug),
		cmocka_unit_test(test_impossible),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
