/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "qemu/guest/platform.h"
#include "qemu/host/x86/cpu_state.h"
#include "qemu/host/devices.h"
#include "qemu/host/vcpu.h"
#include "qemu/host/x86/machine.h"
#include "qemu/host/x86/vcpu.h"
#include "qemu/snp/decode.h"
#include "qemu/snp/intercepts.h"
#include "qemu/snp/snp.h"

/* Which instruction is a #VC, and in what state of the processor, which these variables are. */
struct snp snp;

static unsigned cpl, iopl;
static uint64_t gpr[EMU_GPRS], cr4;
static bool has_monitor, is_16_bit, synced;
static struct {
	bool vc, gp;
	enum snp_vc reason;
	uint32_t code;
	uint16_t port;
	unsigned port_size; /* 0: not checked */
} found;
static jmp_buf left;

uint64_t *qemu_gpr(unsigned vcpu)
{
	return gpr;
}

void qemu_sync(unsigned vcpu, uintptr_t host_pc)
{
	synced = true;
}

unsigned qemu_cpl(unsigned vcpu)
{
	return cpl;
}

uint64_t qemu_cr(unsigned vcpu, unsigned which)
{
	assert_int_equal(which, 4);
	return cr4;
}

unsigned qemu_code_bits(unsigned vcpu)
{
	return is_16_bit ? 16 : 64;
}

bool qemu_needs_port_map(unsigned vcpu)
{
	return cpl > iopl;
}

/* Allows port 0x80. */
void qemu_check_port(unsigned vcpu, uint16_t port, unsigned size)
{
	assert_true(synced);
	found.port = port;
	found.port_size = size;
	if (port != 0x80)
		longjmp(left, 1);
}

void qemu_cpuid(unsigned vcpu, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
	memset(out, 0, 4 * sizeof(*out));
	out[2] = leaf == 1 && has_monitor ? 1 << 3 : 0;
}

void snp_raise_vc(unsigned vcpu, enum snp_vc reason, uint32_t code)
{
	assert_true(synced);
	found.vc = true;
	found.reason = reason;
	found.code = code;
	longjmp(left, 1);
}

void qemu_raise_code(unsigned vcpu, int vector, int code, uintptr_t host_pc)
{
	assert_true(synced);
	assert_int_equal(vector, 13);
	assert_int_equal(code, 0);
	found.gp = true;
	longjmp(left, 1);
}

static void execute(enum snp_op op, const uint8_t *bytes, size_t size)
{
	struct platform_call call = snp_intercept(op, bytes, size);

	memset(&found, 0, sizeof(found));
	synced = false;
	assert_non_null(call.call);
	if (!setjmp(left))
		call.call(0, call.data);
}

static void is_left_to_qemu(enum snp_op op)
{
	execute(op, NULL, 0);
	assert_false(found.vc);
	assert_false(found.gp);
	assert_false(synced);
}

static void is_gp(enum snp_op op)
{
	execute(op, NULL, 0);
	assert_true(found.gp);
}

static void is_vc(enum snp_op op, enum snp_vc reason, uint32_t code)
{
	execute(op, NULL, 0);
	assert_true(found.vc);
	assert_int_equal(found.reason, reason);
	assert_int_equal(found.code, code);
}

static int reset(void **state)
{
	cpl = iopl = 0;
	cr4 = 0;
	has_monitor = true;
	is_16_bit = false;
	snp.vc_dr7 = true;
	memset(gpr, 0, sizeof(gpr));
	return 0;
}

/* AMD APM volume 2, appendix C. */
static const struct {
	enum snp_op op;
	enum snp_vc reason;
	uint32_t code;
	bool gp; /* elsewhere, and not by QEMU */
} at_cpl0[] = {
	{ SNP_OP_DR7_READ, SNP_VC_DR7_READ, 0x27, false },
	{ SNP_OP_DR7_WRITE, SNP_VC_DR7_WRITE, 0x37, false },
	{ SNP_OP_RDPMC, SNP_VC_RDPMC, 0x6f, false },
	{ SNP_OP_INVD, SNP_VC_INVD, 0x76, true },
	{ SNP_OP_WBINVD, SNP_VC_WBINVD, 0x89, true },
	{ SNP_OP_MONITOR, SNP_VC_MONITOR, 0x8a, false },
	{ SNP_OP_MWAIT, SNP_VC_MWAIT, 0x8b, false },
};

static void test_privileged(void **state)
{
	for (size_t i = 0; i < sizeof(at_cpl0) / sizeof(at_cpl0[0]); i++) {
		cpl = 0;
		is_vc(at_cpl0[i].op, at_cpl0[i].reason, at_cpl0[i].code);
		cpl = 3;
		if (at_cpl0[i].gp)
			is_gp(at_cpl0[i].op);
		else
			is_left_to_qemu(at_cpl0[i].op);
	}
	is_vc(SNP_OP_VMMCALL, SNP_VC_VMMCALL, 0x81);
	cpl = 0;
	is_vc(SNP_OP_VMMCALL, SNP_VC_VMMCALL, 0x81);
}

static void test_counters(void **state)
{
	cpl = 3;
	cr4 = ~UINT64_C(0x100);
	is_left_to_qemu(SNP_OP_RDPMC);
	cr4 = 0x100;
	is_vc(SNP_OP_RDPMC, SNP_VC_RDPMC, 0x6f);
}

/* Not there, or with an extension that is not there. */
static void test_monitor(void **state)
{
	static const enum snp_op ops[] = { SNP_OP_MONITOR, SNP_OP_MWAIT };

	for (unsigned i = 0; i < 2; i++) {
		gpr[EMU_RCX] = 1;
		is_left_to_qemu(ops[i]);
		gpr[EMU_RCX] = UINT64_C(1) << 32;
		has_monitor = false;
		is_left_to_qemu(ops[i]);
		has_monitor = true;
		execute(ops[i], NULL, 0);
		assert_true(found.vc);
	}
}

static void test_not_intercepted(void **state)
{
	static const enum snp_op ops[] = { SNP_OP_OTHER,   SNP_OP_PVALIDATE, SNP_OP_RMPADJUST,
					   SNP_OP_VMGEXIT, SNP_OP_RDMSR,     SNP_OP_WRMSR,
					   SNP_OP_CPUID };

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		assert_null(snp_intercept(ops[i], NULL, 0).call);
	/* These only if it is asked for. */
	snp.vc_dr7 = false;
	assert_null(snp_intercept(SNP_OP_DR7_READ, NULL, 0).call);
	assert_null(snp_intercept(SNP_OP_DR7_WRITE, NULL, 0).call);
	assert_non_null(snp_intercept(SNP_OP_WBINVD, NULL, 0).call);
}

static void port(const uint8_t *bytes, size_t size, uint16_t number, unsigned bytes_wide)
{
	execute(SNP_OP_PORT, bytes, size);
	assert_int_equal(found.port, number);
	assert_int_equal(found.port_size, bytes_wide);
	assert_int_equal(found.vc, number == 0x80 || !bytes_wide);
	if (found.vc) {
		assert_int_equal(found.reason, SNP_VC_IOIO);
		assert_int_equal(found.code, 0x7b);
	}
}

static void test_ports(void **state)
{
	static const uint8_t out_80[] = { 0xe7, 0x80 }, in_71[] = { 0xe4, 0x71 };
	static const uint8_t in_dx[] = { 0x66, 0xed };

	gpr[EMU_RDX] = 0xffff0080;
	/* Whose I/O privilege level allows it. */
	port(out_80, 2, 0, 0);
	port(in_71, 2, 0, 0);
	cpl = iopl = 3;
	port(in_dx, 2, 0, 0);
	/* By the map. */
	iopl = 0;
	port(out_80, 2, 0x80, 4);
	port(in_71, 2, 0x71, 1);
	port(in_dx, 2, 0x80, 2);
	is_16_bit = true;
	port(out_80, 2, 0x80, 2);
	port(in_dx, 2, 0x80, 4);
	gpr[EMU_RDX] = 0x3f8;
	port(in_dx, 2, 0x3f8, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_privileged, reset),
		cmocka_unit_test_setup(test_counters, reset),
		cmocka_unit_test_setup(test_monitor, reset),
		cmocka_unit_test_setup(test_not_intercepted, reset),
		cmocka_unit_test_setup(test_ports, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
