/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "qemu/guest/guest.h"
#include "qemu/host/arm/vcpu.h"
#include "qemu/host/memory_map.h"
#include "qemu/host/vcpu.h"
#include "qemu/report/arm/call_path.h"

/* A made-up kernel of eight functions, 64 bytes each, which is linked, mapped and loaded at three
 * different addresses, with a stack that is mapped as well. */
#define LINKED	  UINT64_C(0xffff800080000000)
#define MAPPED	  UINT64_C(0xffffb62df4a00000)
#define LOADED	  UINT64_C(0x40200000)
#define STACK	  UINT64_C(0xffff800083ff0000)
#define STACK_IPA UINT64_C(0x48000000)
/* A module's code is not in the image. */
#define MODULE	   UINT64_C(0xffffb62d70000000)
#define MODULE_IPA UINT64_C(0x49000000)
#define PAGE	   0x1000

struct guest guest;
static uint8_t code[PAGE], stack[PAGE], module[PAGE];
static uint64_t registers[33];
static bool is_mapped;
static struct symbols symbols;

uint64_t *qemu_gpr(unsigned vcpu)
{
	assert_int_equal(vcpu, 1);
	return registers;
}

bool qemu_arm_translate(uint64_t address, uint64_t *ipa)
{
	if (!is_mapped)
		*ipa = address;
	else if (address - MAPPED < PAGE)
		*ipa = LOADED + (address - MAPPED);
	else if (address - STACK < PAGE)
		*ipa = STACK_IPA + (address - STACK);
	else if (address - MODULE < PAGE)
		*ipa = MODULE_IPA + (address - MODULE);
	else
		return false;
	return true;
}

static uint8_t *ram(uint64_t ipa, size_t size)
{
	if (ipa - LOADED <= PAGE - size)
		return code + (ipa - LOADED);
	if (ipa - STACK_IPA <= PAGE - size)
		return stack + (ipa - STACK_IPA);
	if (ipa - MODULE_IPA <= PAGE - size)
		return module + (ipa - MODULE_IPA);
	return NULL;
}

bool qemu_ram_read(uint64_t ipa, void *buffer, size_t size)
{
	const uint8_t *from = ram(ipa, size);

	if (from)
		memcpy(buffer, from, size);
	return from;
}

static void write_symbols(const char *first, uint64_t linked)
{
	static const char path[] = "test_call_path.symbols";
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fprintf(file, "%llx T %s\n", (unsigned long long)linked, first);
	for (unsigned i = 0; i < 8; i++)
		fprintf(file, "%llx t f%u\n", (unsigned long long)(linked + 64 * (i + 1)), i);
	fclose(file);
	symbols_free(&symbols);
	assert_null(symbols_read(&symbols, path));
	unlink(path);
}

static int set_up(void **state)
{
	memset(code, 0, sizeof(code));
	memset(stack, 0, sizeof(stack));
	memset(registers, 0, sizeof(registers));
	is_mapped = true;
	guest.kernel = (struct emu_ram){ LOADED, LOADED + PAGE };
	write_symbols("_text", LINKED);
	return 0;
}

static int tear_down(void **state)
{
	symbols_free(&symbols);
	return 0;
}

static unsigned offset(unsigned function, unsigned at)
{
	return 64 * (function + 1) + at;
}

/* A BL in one function to another; where it returns to. */
static uint64_t call(unsigned from, unsigned at, unsigned to)
{
	int32_t distance = (int32_t)offset(to, 0) - (int32_t)offset(from, at);
	uint32_t bl = 0x94000000 | ((uint32_t)(distance / 4) & 0x3ffffff);

	memcpy(code + offset(from, at), &bl, sizeof(bl));
	return MAPPED + offset(from, at) + 4;
}

/* A frame record on the stack, and where the one of its caller is. */
static void frame(unsigned at, uint64_t caller, uint64_t back)
{
	memcpy(stack + at, &caller, 8);
	memcpy(stack + at + 8, &back, 8);
}

static struct call_path path_of(uint64_t pc)
{
	struct call_path path;

	arm_call_path(&symbols, 1, pc, &path);
	return path;
}

static void path_is(uint64_t pc, const char *expected)
{
	struct call_path path = path_of(pc);
	char text[256] = "";

	for (size_t i = 0; i < path.depth; i++) {
		strcat(text, i ? " " : "");
		strcat(text, symbols_name(&symbols, path.function[i]));
	}
	assert_string_equal(text, expected);
}

/* f3 <- f2 <- f1 <- f0, whose record is the last. */
static void fill(void)
{
	registers[29] = STACK + 0x100;
	frame(0x100, STACK + 0x140, call(2, 8, 3));
	frame(0x140, STACK + 0x180, call(1, 8, 2));
	frame(0x180, STACK + 0x1c0, call(0, 60, 1));
	frame(0x1c0, 0, 0);
}

static void test_frames(void **state)
{
	struct call_path path;

	fill();
	/* f3 has returned from a call since, and so has its caller. */
	registers[30] = call(3, 20, 6);
	path_is(MAPPED + offset(3, 24), "f3 f2 f1 f0");
	path = path_of(MAPPED + offset(3, 24));
	assert_true(path.slide_known);
	assert_int_equal(path.slide, MAPPED - LINKED);
	/* It has called nothing yet. */
	registers[30] = MAPPED + offset(2, 12);
	path_is(MAPPED + offset(3, 12), "f3 f2 f1 f0");
}

/* The function at hand has no frame: the caller is in the link register alone. */
static void test_leaf(void **state)
{
	fill();
	registers[30] = call(3, 20, 5);
	path_is(MAPPED + offset(5, 4), "f5 f3 f2 f1 f0");
	/* Without any frame. */
	registers[29] = 0;
	path_is(MAPPED + offset(5, 4), "f5 f3");
}

/* Bits that a pointer authentication code takes the place of. */
static void test_signed(void **state)
{
	uint64_t back = call(2, 8, 3);

	fill();
	frame(0x100, STACK + 0x140,
	      (back & ~(UINT64_C(0xff7f) << 48)) | UINT64_C(0x1234) << 48 | UINT64_C(1) << 55);
	path_is(MAPPED + offset(3, 12), "f3 f2 f1 f0");
}

/* Before the MMU is on, addresses are those where the kernel was loaded. */
static void test_unmapped(void **state)
{
	is_mapped = false;
	registers[29] = STACK_IPA + 0x100;
	frame(0x100, 0, LOADED + offset(1, 12));
	path_is(LOADED + offset(3, 12), "f3 f1");
	assert_int_equal(path_of(LOADED + offset(3, 12)).slide, LOADED - LINKED);
}

static void test_end(void **state)
{
	fill();
	/* A record at an address that none has, and one that is not mapped. */
	frame(0x140, STACK + 0x184, MAPPED + offset(1, 12));
	path_is(MAPPED + offset(3, 12), "f3 f2 f1");
	frame(0x140, STACK + 0x8000, MAPPED + offset(1, 12));
	path_is(MAPPED + offset(3, 12), "f3 f2 f1");
	/* A caller that is no function of the kernel. */
	frame(0x140, STACK + 0x180, MODULE + 0x40);
	path_is(MAPPED + offset(3, 12), "f3 f2");
	path_is(MODULE + 0x40, "");
	assert_false(path_of(MODULE + 0x40).slide_known);
	/* A record that is its own caller. */
	frame(0x100, STACK + 0x100, MAPPED + offset(2, 12));
	assert_int_equal(path_of(MAPPED + offset(3, 12)).depth, CALL_PATH_MAX);
}

/* Of a program that is no Linux the symbols have the addresses. */
static void test_other(void **state)
{
	is_mapped = false;
	guest.kernel = (struct emu_ram){ 0, 0 };
	write_symbols("_text", LOADED);
	path_is(LOADED + offset(3, 12), "f3");
	assert_int_equal(path_of(LOADED + offset(3, 12)).slide, 0);
	guest.kernel = (struct emu_ram){ LOADED, LOADED + PAGE };
	write_symbols("start", LOADED);
	path_is(LOADED + offset(3, 12), "f3");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_frames, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_leaf, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_signed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unmapped, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_other, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
