/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/emu/snp/guest.h"

static const struct emu_ram ram[] = { { 0, 0x800000 }, { 0xa00000, 0xb01000 } };

static enum emu_ghcb_result on_event(void *ctx, unsigned vcpu, struct emu_ghcb_event *event)
{
	struct guest *m = ctx;

	assert_int_equal(vcpu, 0);
	m->calls++;
	m->got = *event;
	event->rax = m->answer.rax;
	event->rbx = m->answer.rbx;
	event->rcx = m->answer.rcx;
	event->rdx = m->answer.rdx;
	event->info2 = m->answer.info2;
	if (event->size)
		memcpy(event->buffer, m->answer.buffer, 8);
	return m->result;
}

static bool on_msr(void *ctx, unsigned vcpu, uint64_t *msr)
{
	if ((*msr & 0xfff) != 4)
		return false;
	*msr = UINT64_C(0x1234567800000005);
	return true;
}

static bool on_ap(void *ctx, const struct emu_snp_ap *ap)
{
	struct guest *m = ctx;

	m->calls++;
	m->ap = *ap;
	return !m->ap_refused;
}

static void on_reset_hold(void *ctx, unsigned vcpu)
{
	struct guest *m = ctx;

	assert_int_equal(vcpu, 0);
	m->holds++;
}

uint64_t guest_msr(struct guest *m, uint64_t request)
{
	uint64_t value;

	assert_int_equal(emu_snp_wrmsr(m->snp, 0, 0xc0010130, request), EMU_NEXT);
	assert_int_equal(emu_snp_vmgexit(m->snp, 0), EMU_NEXT);
	assert_int_equal(emu_snp_rdmsr(m->snp, 0, 0xc0010130, &value), EMU_NEXT);
	return value;
}

struct guest guest_start(unsigned psc_chunk)
{
	struct emu_snp_config config = { .vcpus = 2,
					 .ram = ram,
					 .ram_count = 2,
					 .assign_on_touch = true,
					 .psc_chunk = psc_chunk };
	struct guest m = { .fake = fake_create() };

	m.snp = emu_snp_create(&config, &m.fake->backend);
	assert_non_null(m.snp);
	m.emu = emu_snp_machine(m.snp);
	return m;
}

/* With a registered GHCB at GHCB, the MSR pointing to it. */
struct guest guest_start_ghcb(unsigned psc_chunk)
{
	struct guest m = guest_start(psc_chunk);

	assert_int_equal(guest_msr(&m, GHCB | UINT64_C(2) << 52 | 0x014), 0x015);
	assert_int_equal(guest_msr(&m, GHCB | 0x012), GHCB | 0x013);
	assert_int_equal(emu_snp_wrmsr(m.snp, 0, 0xc0010130, GHCB), EMU_NEXT);
	return m;
}

void guest_start_host(struct guest *m, bool host)
{
	struct emu_snp_config config = {
		.vcpus = 2, .ram = ram, .ram_count = 1, .assign_on_touch = true, .c_bit = 47
	};

	memset(m, 0, sizeof(*m));
	if (host) {
		config.host = (struct emu_snp_host){ on_event, on_msr, on_ap, on_reset_hold, m };
		config.hv_features = 1 << 4;
	}
	m->fake = fake_create();
	m->snp = emu_snp_create(&config, &m->fake->backend);
	assert_non_null(m->snp);
	m->emu = emu_snp_machine(m->snp);
	assert_int_equal(guest_msr(m, GHCB | UINT64_C(2) << 52 | 0x014), 0x015);
	assert_int_equal(guest_msr(m, GHCB | 0x012), GHCB | 0x013);
	assert_int_equal(emu_snp_wrmsr(m->snp, 0, 0xc0010130, GHCB), EMU_NEXT);
}

void guest_finish(struct guest *m)
{
	emu_snp_destroy(m->snp);
	fake_destroy(m->fake);
}

void guest_put(struct guest *m, uint64_t gpa, uint64_t value)
{
	memcpy(m->fake->shared + gpa, &value, 8);
}

uint64_t guest_get(struct guest *m, uint64_t gpa)
{
	uint64_t value;

	memcpy(&value, m->fake->shared + gpa, 8);
	return value;
}

static void guest_set_valid(struct guest *m, unsigned offset)
{
	m->fake->shared[GHCB + 0x3f0 + offset / 64] |= 1 << offset / 8 % 8;
}

bool guest_is_valid(struct guest *m, unsigned offset)
{
	return m->fake->shared[GHCB + 0x3f0 + offset / 64] >> offset / 8 % 8 & 1;
}

void guest_request(struct guest *m, uint64_t exitcode, uint64_t info1, uint64_t info2)
{
	memset(m->fake->shared + GHCB, 0, 0x1000);
	m->fake->shared[GHCB + 0xffa] = 2;
	guest_put(m, GHCB + 0x390, exitcode);
	guest_put(m, GHCB + 0x398, info1);
	guest_put(m, GHCB + 0x3a0, info2);
	for (unsigned offset = 0x390; offset < 0x3a8; offset += 8)
		guest_set_valid(m, offset);
}

void guest_field(struct guest *m, unsigned offset, uint64_t value)
{
	guest_put(m, GHCB + offset, value);
	guest_set_valid(m, offset);
}

void guest_prepare(struct guest *m, uint64_t exitcode, uint64_t scratch)
{
	memset(m->fake->shared + GHCB, 0, 0x800);
	memset(m->fake->shared + GHCB + 0xff0, 0, 0x10);
	guest_put(m, GHCB + 0x390, exitcode);
	guest_put(m, GHCB + 0x3a8, scratch);
	guest_put(m, GHCB + 0x3f8, 0x003c000000000000); /* exit code, info 1 and 2, scratch */
	m->fake->shared[GHCB + 0xffa] = 2;
}

void guest_expect_exit(struct guest *m, uint64_t info1, uint64_t info2)
{
	assert_int_equal(emu_snp_vmgexit(m->snp, 0), EMU_NEXT);
	assert_int_equal(guest_get(m, GHCB + 0x398), info1);
	assert_int_equal(guest_get(m, GHCB + 0x3a0), info2);
	assert_int_equal(guest_get(m, GHCB + 0x3f0), 0);
	assert_int_equal(guest_get(m, GHCB + 0x3f8), 0x0018000000000000);
}

void guest_expect_answer(struct guest *m, uint64_t info1, uint64_t info2)
{
	assert_int_equal(emu_snp_vmgexit(m->snp, 0), EMU_NEXT);
	assert_int_equal(guest_get(m, GHCB + 0x398), info1);
	assert_int_equal(guest_get(m, GHCB + 0x3a0), info2);
	assert_true(guest_is_valid(m, 0x398) && guest_is_valid(m, 0x3a0));
}
