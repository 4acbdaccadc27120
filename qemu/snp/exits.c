/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stddef.h>

#include "qemu/snp/attestation/guest_request_host.h"
#include "qemu/snp/exits.h"
#include "qemu/snp/snp.h"

static enum emu_ghcb_result guest_request(unsigned vcpu, struct emu_ghcb_event *event)
{
	return snp.attestation->request(event, false);
}

static enum emu_ghcb_result extended_guest_request(unsigned vcpu, struct emu_ghcb_event *event)
{
	return snp.attestation->request(event, true);
}

/* fn NULL: answered by the emulator, or not supported. */
static const struct {
	uint64_t code; /* SW_EXITCODE */
	const char *name;
	snp_exit_fn *fn;
} exits[SNP_EXITS] = {
	[SNP_EXIT_CPUID] = { 0x72, "cpuid", snp_exit_cpuid },
	[SNP_EXIT_IOIO] = { 0x7b, "ioio", snp_exit_ioio },
	[SNP_EXIT_MSR] = { 0x7c, "msr", snp_exit_msr },
	[SNP_EXIT_WBINVD] = { 0x89, "wbinvd", snp_exit_no_effect },
	[SNP_EXIT_DR7_READ] = { 0x27, "dr7_read", snp_exit_dr7_read },
	[SNP_EXIT_DR7_WRITE] = { 0x37, "dr7_write", snp_exit_dr7_write },
	[SNP_EXIT_RDPMC] = { 0x6f, "rdpmc", snp_exit_rdpmc },
	[SNP_EXIT_INVD] = { 0x76, "invd", snp_exit_no_effect },
	[SNP_EXIT_VMMCALL] = { 0x81, "vmmcall", snp_exit_vmmcall },
	[SNP_EXIT_MONITOR] = { 0x8a, "monitor", snp_exit_no_effect },
	[SNP_EXIT_MWAIT] = { 0x8b, "mwait", snp_exit_no_effect },
	[SNP_EXIT_MMIO_READ] = { 0x80000001, "mmio_read", snp_exit_mmio_read },
	[SNP_EXIT_MMIO_WRITE] = { 0x80000002, "mmio_write", snp_exit_mmio_write },
	[SNP_EXIT_RESET_HOLD] = { 0x80000004, "ap_reset_hold", NULL },
	[SNP_EXIT_AP_JUMP_TABLE] = { 0x80000005, "ap_jump_table", snp_exit_ap_jump_table },
	[SNP_EXIT_GUEST_REQUEST] = { 0x80000011, "guest_request", guest_request },
	[SNP_EXIT_EXTENDED_GUEST_REQUEST] = { 0x80000012, "extended_guest_request",
					      extended_guest_request },
	[SNP_EXIT_AP_CREATION] = { 0x80000013, "ap_creation", NULL },
	[SNP_EXIT_APIC_IDS] = { 0x80000017, "apic_ids", snp_exit_apic_ids },
	[SNP_EXIT_RUN_VMPL] = { 0x80000018, "run_vmpl", snp_exit_run_vmpl },
	[SNP_EXIT_OTHER] = { UINT64_MAX, "other", NULL },
};

static const struct {
	uint64_t code;
	void (*fn)(unsigned vcpu, uint64_t *value);
} msr_requests[] = {
	{ 0x004, snp_msr_cpuid },
	{ 0x016, snp_msr_run_vmpl },
};

const char *snp_exit_name(enum snp_exit exit)
{
	return exits[exit].name;
}

static enum snp_exit kind_of(uint64_t code)
{
	for (unsigned i = 0; i < SNP_EXITS; i++)
		if (exits[i].code == code)
			return (enum snp_exit)i;
	return SNP_EXIT_OTHER;
}

static enum emu_ghcb_result answer(void *ctx, unsigned vcpu, struct emu_ghcb_event *event)
{
	enum snp_exit kind = kind_of(event->exitcode);

	snp.vcpu[vcpu].exits[kind]++;
	return exits[kind].fn ? exits[kind].fn(vcpu, event) : EMU_GHCB_UNKNOWN;
}

static bool answer_msr(void *ctx, unsigned vcpu, uint64_t *value)
{
	for (size_t i = 0; i < sizeof(msr_requests) / sizeof(msr_requests[0]); i++) {
		if (msr_requests[i].code != (*value & SNP_MSR_REQUEST))
			continue;
		msr_requests[i].fn(vcpu, value);
		return true;
	}
	return false;
}

const struct emu_snp_host snp_host = {
	.event = answer,
	.msr = answer_msr,
	.ap = snp_ap,
	.reset_hold = snp_reset_hold,
};
