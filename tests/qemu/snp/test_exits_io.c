/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emu/machine.h"
#include "qemu/guest/guest.h"
#include "qemu/host/devices.h"
#include "qemu/host/x86/machine.h"
#include "qemu/snp/exits.h"
#include "qemu/snp/snp.h"

/* Ports and device memory: the devices are these arrays. RAM is [0, RAM). */
#define RAM UINT64_C(0x40000000)

struct guest guest = { .private_base = UINT64_C(1) << 51 };
struct snp snp;

static struct emu_ghcb_event event;
static uint16_t last_port;
static unsigned last_size, count;
static uint32_t outs[8], ins;
static uint8_t device[16];
static bool is_apics;

uint32_t qemu_port_in(uint16_t port, unsigned size)
{
	last_port = port;
	last_size = size;
	return ins++;
}

void qemu_port_out(uint16_t port, unsigned size, uint32_t value)
{
	last_port = port;
	last_size = size;
	outs[count++] = value;
}

bool qemu_read(uint64_t gpa, void *buffer, size_t size)
{
	memcpy(buffer, &device[gpa % sizeof(device)], size);
	return true;
}

bool qemu_write(uint64_t gpa, const void *buffer, size_t size)
{
	memcpy(&device[gpa % sizeof(device)], buffer, size);
	return true;
}

bool snp_apic_write(unsigned vcpu, uint64_t gpa, const void *bytes, uint64_t size)
{
	return is_apics;
}

struct emu_machine *emu_snp_machine(struct emu_snp *snp)
{
	return NULL;
}

bool emu_machine_is_ram(const struct emu_machine *machine, uint64_t gpa)
{
	return gpa < RAM;
}

static int reset(void **state)
{
	memset(&event, 0, sizeof(event));
	memset(device, 0, sizeof(device));
	count = 0;
	ins = 0x11;
	is_apics = false;
	return 0;
}

/* SW_EXITINFO1 of IOIO, AMD APM volume 2, figure 15-2. */
static uint64_t ioio(uint16_t port, unsigned size, bool in, bool string)
{
	return (uint64_t)port << 16 | size << 4 | (string ? 4 : 0) | (in ? 1 : 0);
}

static void test_port(void **state)
{
	event.info1 = ioio(0x3f8, 1, false, false);
	event.rax = 'x';
	event.info2 = 5;
	assert_int_equal(snp_exit_ioio(0, &event), EMU_GHCB_DONE);
	assert_int_equal(last_port, 0x3f8);
	assert_int_equal(last_size, 1);
	assert_int_equal(outs[0], 'x');
	assert_int_equal(event.info2, 0);
	event.info1 = ioio(0xcfc, 4, true, false);
	assert_int_equal(snp_exit_ioio(0, &event), EMU_GHCB_DONE);
	assert_int_equal(last_size, 4);
	assert_int_equal(event.rax, 0x11);
	event.info1 = ioio(0xcfc, 3, true, false);
	assert_int_equal(snp_exit_ioio(0, &event), EMU_GHCB_INVALID);
}

static void test_string(void **state)
{
	static const uint8_t words[] = { 0x34, 0x12, 0x78, 0x56 };

	event.info1 = ioio(0x80, 2, false, true);
	event.info2 = 2;
	event.size = sizeof(words);
	memcpy(event.buffer, words, sizeof(words));
	assert_int_equal(snp_exit_ioio(0, &event), EMU_GHCB_DONE);
	assert_int_equal(count, 2);
	assert_int_equal(outs[0], 0x1234);
	assert_int_equal(outs[1], 0x5678);
	assert_int_equal(event.info2, 0);

	event.info1 = ioio(0x80, 2, true, true);
	event.info2 = 2;
	assert_int_equal(snp_exit_ioio(0, &event), EMU_GHCB_DONE);
	assert_memory_equal(event.buffer, "\x11\x00\x12\x00", 4);

	/* More than the buffer holds, also when bytes would overflow. */
	event.info2 = 3;
	assert_int_equal(snp_exit_ioio(0, &event), EMU_GHCB_INVALID);
	event.info2 = UINT64_MAX / 2 + 2;
	assert_int_equal(snp_exit_ioio(0, &event), EMU_GHCB_INVALID);
}

static void ask(uint64_t gpa, uint64_t size)
{
	event.info1 = gpa;
	event.info2 = size;
	event.size = 8;
}

static void test_mmio(void **state)
{
	ask(0xfed00004, 4);
	memcpy(event.buffer, "abcd", 4);
	assert_int_equal(snp_exit_mmio_write(0, &event), EMU_GHCB_DONE);
	assert_memory_equal(&device[4], "abcd", 4);
	assert_int_equal(event.info2, 0);
	memset(event.buffer, 0, 4);
	ask(0xfed00005, 2);
	assert_int_equal(snp_exit_mmio_read(0, &event), EMU_GHCB_DONE);
	assert_memory_equal(event.buffer, "bc\0\0", 4);

	is_apics = true;
	ask(0xfed00004, 4);
	memcpy(event.buffer, "wxyz", 4);
	assert_int_equal(snp_exit_mmio_write(0, &event), EMU_GHCB_DONE);
	assert_memory_equal(&device[4], "abcd", 4);
}

static void refuses(uint64_t gpa, uint64_t size)
{
	ask(gpa, size);
	assert_int_equal(snp_exit_mmio_read(0, &event), EMU_GHCB_INVALID);
	ask(gpa, size);
	assert_int_equal(snp_exit_mmio_write(0, &event), EMU_GHCB_INVALID);
}

static void test_mmio_refused(void **state)
{
	refuses(0xfed00000, 0);
	refuses(0xfed00000, 3);
	refuses(0xfed00000, 16);
	refuses(0x100000, 4);			    /* RAM */
	refuses(UINT64_C(1) << 51 | 0xfed00000, 4); /* with the C-bit */
	ask(0xfed00000, 8);
	event.size = 4;
	assert_int_equal(snp_exit_mmio_read(0, &event), EMU_GHCB_INVALID);
	/* VGA memory is a device, in the middle of RAM. */
	ask(0xa0000, 1);
	assert_int_equal(snp_exit_mmio_read(0, &event), EMU_GHCB_DONE);
	ask(0xbffff, 1);
	assert_int_equal(snp_exit_mmio_read(0, &event), EMU_GHCB_DONE);
	refuses(0x9ffff, 1);
	refuses(0xc0000, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_port, reset),
		cmocka_unit_test_setup(test_string, reset),
		cmocka_unit_test_setup(test_mmio, reset),
		cmocka_unit_test_setup(test_mmio_refused, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
