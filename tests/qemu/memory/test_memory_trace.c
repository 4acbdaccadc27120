/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "qemu/guest/guest.h"
#include "qemu/guest/platform.h"
#include "qemu/host/vcpu.h"
#include "qemu/memory/memory_trace.h"

/* The file that docs/vm.md describes. */
struct guest guest = { .vcpus = 2 };
static const struct platform fake = { .name = "tdx" };
const struct platform *platform = &fake;
static unsigned vcpu;
static bool is_vcpu = true;

bool qemu_is_vcpu(void)
{
	return is_vcpu;
}

unsigned qemu_this_vcpu(void)
{
	assert_true(is_vcpu);
	return vcpu;
}

enum guest_phase guest_call_phase(struct guest_call *call)
{
	return call->phase;
}

const char *guest_phase_name(enum guest_phase phase)
{
	return phase == GUEST_PHASE_KERNEL ? "kernel" : "firmware";
}

static char lines[8][128];
static size_t count;

static void read_lines(const char *path)
{
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	for (count = 0; count < 8 && fgets(lines[count], sizeof(lines[0]), file); count++)
		;
	assert_true(feof(file));
	fclose(file);
	unlink(path);
}

/* Time, vCPU, phase, event, address, size. */
static void is(size_t line, const char *expected)
{
	unsigned long long time;
	int used;

	assert_int_equal(sscanf(lines[line], "%llu %n", &time, &used), 1);
	assert_string_equal(lines[line] + used, expected);
}

static void test_off(void **state)
{
	assert_null(memory_trace_open());
	memory_trace(MEMORY_EVENT_ACCEPT, 0x1000, 0x1000);
	assert_null(memory_trace_close());
}

static void test_lines(void **state)
{
	guest.options.trace = "test_trace.txt";
	assert_null(memory_trace_open());
	memory_trace(MEMORY_EVENT_ACCEPT, 0x100000000, 0x200000);
	guest.running = true;
	vcpu = 1;
	guest.vcpu[1].call.phase = GUEST_PHASE_KERNEL;
	memory_trace(MEMORY_EVENT_ACCEPT, 0x1000, 0x1000);
	memory_trace(MEMORY_EVENT_TOUCH, 0x2000, 0x1000);
	vcpu = 0;
	memory_trace(MEMORY_EVENT_SHARE, 0x3000, 0x2000);
	memory_trace(MEMORY_EVENT_UNSHARE, 0x3000, 0x2000);
	/* Unplugged by the host: no vCPU's event. */
	is_vcpu = false;
	memory_trace(MEMORY_EVENT_SHARE, 0x5000, 0x1000);
	memory_trace(MEMORY_EVENT_UNSHARE, 0x5000, 0x1000);
	is_vcpu = true;
	assert_null(memory_trace_close());
	/* Threads may run on while QEMU exits. */
	memory_trace(MEMORY_EVENT_ACCEPT, 0x9000, 0x1000);
	assert_null(memory_trace_close());

	read_lines(guest.options.trace);
	assert_int_equal(count, 7);
	assert_string_equal(lines[0], "cvmem-trace 1 tdx 2\n");
	is(1, "0 launch accept 0x100000000 0x200000\n");
	is(2, "1 kernel accept 0x1000 0x1000\n");
	is(3, "1 - touch 0x2000 0x1000\n");
	is(4, "0 firmware share 0x3000 0x2000\n");
	is(5, "0 firmware unshare 0x3000 0x2000\n");
	assert_string_equal(lines[6], "end\n");
}

static void test_no_file(void **state)
{
	guest.options.trace = "/nonexistent/trace";
	assert_string_equal(memory_trace_open(), "/nonexistent/trace: No such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_off),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
