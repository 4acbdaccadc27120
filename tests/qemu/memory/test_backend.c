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
#include "qemu/host/memory_map.h"
#include "qemu/memory/backend.h"
#include "qemu/memory/forgotten.h"
#include "qemu/memory/ram.h"
#include "qemu/memory/memory_trace.h"
#include "qemu/memory/view.h"

/* What the emulator's calls do to the views and to RAM: each step is a letter in a text. */
struct memory_view {
	char name;
} memory_private = { 'p' }, memory_shared = { 's' }, memory_devices = { 'd' };
struct guest guest;

static char steps[64];
static uint8_t ram[4 * 4096];

static bool is_shared(uint64_t gpa)
{
	return gpa >= 0x2000;
}

static const struct platform fake = { .is_shared = is_shared };
const struct platform *platform = &fake;

static void step(char a, char b)
{
	size_t length = strlen(steps);

	assert_true(length + 2 < sizeof(steps));
	steps[length] = a;
	steps[length + 1] = b;
	steps[length + 2] = '\0';
}

void memory_view_block(struct memory_view *view, uint64_t gpa, uint64_t size)
{
	step('b', view->name);
}

void memory_view_unblock(struct memory_view *view, uint64_t gpa, uint64_t size)
{
	step('u', view->name);
}

void memory_trace(enum memory_event event, uint64_t gpa, uint64_t size)
{
	step('t', "ahux"[event]);
}

void qemu_ram_zero(uint64_t gpa, uint64_t size)
{
	step('z', 'z');
	memset(ram + gpa, 0, size);
}

bool qemu_ram_read(uint64_t gpa, void *buffer, size_t size)
{
	memcpy(buffer, ram + gpa, size);
	return true;
}

bool qemu_ram_write(uint64_t gpa, const void *buffer, size_t size)
{
	memcpy(ram + gpa, buffer, size);
	return true;
}

bool memory_read_private(uint64_t gpa, void *buffer, size_t size)
{
	return qemu_ram_read(gpa, buffer, size);
}

static int set_up(void **state)
{
	*steps = '\0';
	memset(ram, 0x55, sizeof(ram));
	guest = (struct guest){ .private_base = UINT64_C(1) << 51, .running = true };
	return 0;
}

static void did(const char *expected)
{
	assert_string_equal(steps, expected);
	*steps = '\0';
}

static void test_views(void **state)
{
	memory_backend.map_private(NULL, 0x1000, 0x1000, true);
	did("upta");
	memory_backend.unmap_private(NULL, 0x1000, 0x1000);
	did("bpzz");
	memory_backend.map_shared(NULL, 0x1000, 0x1000);
	did("usudth");
	memory_backend.unmap_shared(NULL, 0x1000, 0x1000);
	did("bsbdzztu");
	/* Without addresses of its own shared memory is in the one view. */
	guest.private_base = 0;
	memory_backend.map_shared(NULL, 0x1000, 0x1000);
	did("upudth");
	memory_backend.unmap_shared(NULL, 0x1000, 0x1000);
	did("bpbdzztu");
}

/* Whatever leaves a view is cleared, so nothing of it can be seen in the other. */
static void test_content(void **state)
{
	static const uint8_t nothing[0x1000];

	memory_backend.unmap_private(NULL, 0x1000, 0x1000);
	assert_memory_equal(ram + 0x1000, nothing, 0x1000);
	assert_int_equal(ram[0xfff], 0x55);
	assert_int_equal(ram[0x2000], 0x55);
	memory_backend.unmap_shared(NULL, 0x2000, 0x1000);
	assert_memory_equal(ram + 0x2000, nothing, 0x1000);
}

/* Shared is what is so in every page of the range. */
static void test_shared_access(void **state)
{
	uint8_t bytes[8] = "abcdefg";

	assert_true(memory_backend.write_shared(NULL, 0x2ffc, bytes, 8));
	assert_memory_equal(ram + 0x2ffc, bytes, 8);
	memset(bytes, 0, 8);
	assert_true(memory_backend.read_shared(NULL, 0x2ffc, bytes, 8));
	assert_memory_equal(bytes, "abcdefg", 8);
	assert_false(memory_backend.read_shared(NULL, 0x1ffc, bytes, 8));
	assert_false(memory_backend.write_shared(NULL, 0x1ffc, bytes, 8));
	assert_int_equal(ram[0x1ffc], 0x55);
	assert_false(memory_backend.write_shared(NULL, 0x1000, bytes, 1));
	assert_true(memory_backend.write_shared(NULL, 0x2000, bytes, 1));
}

static void test_forgotten(void **state)
{
	guest.options.forget_accept = 2;
	guest.running = false;
	memory_backend.map_private(NULL, 0, 0x1000, true);
	did("upta");
	guest.running = true;
	memory_backend.map_private(NULL, 0, 0x1000, true);
	did("upta");
	assert_false(memory_is_forgotten(0));
	memory_backend.map_private(NULL, 0, 0x1000, true);
	did("");
	assert_true(memory_is_forgotten(0xfff));
	memory_backend.map_private(NULL, 0, 0x1000, true);
	did("upta");
	assert_false(memory_is_forgotten(0xfff));
	/* The host takes the page away. */
	memory_forget(0x1000, 0x1000);
	memory_backend.unmap_private(NULL, 0x1000, 0x1000);
	assert_false(memory_is_forgotten(0x1000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_views, set_up),
		cmocka_unit_test_setup(test_content, set_up),
		cmocka_unit_test_setup(test_shared_access, set_up),
		cmocka_unit_test_setup(test_forgotten, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
