/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/gpr.h"
#include "qemu/guest/call.h"
#include "qemu/guest/guest.h"
#include "qemu/guest/stop.h"
#include "qemu/host/memory_map.h"
#include "qemu/host/vcpu.h"
#include "qemu/memory/ram.h"
#include "qemu/report/accepts.h"
#include "qemu/snp/exits.h"
#include "qemu/snp/snp.h"
#include "emu/snp/svsm/internal.h"
#include "emu/snp/svsm/svsm.h"

/* The SVSM of a guest above VMPL 0. It runs no code and takes no memory from the guest: it claims
 * to be at an address without memory. */
/* RMPADJUST's RDX: permissions in bits 15:8, "is a VMSA" in bit 16. */
#define PERM_READ UINT64_C(0x100)
#define PERM_ALL  UINT64_C(0xf00)
#define VMSA_BIT  (UINT64_C(1) << 16)

static enum svsm_rmp pvalidate(void *ctx, unsigned vcpu, uint64_t gpa, bool huge, bool validate)
{
	struct guest_call *call = guest_call_begin(vcpu, qemu_rip(vcpu));
	enum emu_action action;
	uint32_t eax = 0;
	bool cf = false;

	do {
		action = emu_snp_svsm_pvalidate(snp.emu, vcpu, gpa, huge, validate, &eax, &cf);
	} while (action == EMU_AGAIN);
	if (action != EMU_NEXT)
		return SVSM_RMP_STOP;
	if (eax)
		return (enum svsm_rmp)eax;
	if (cf)
		return SVSM_RMP_UNCHANGED;
	if (validate)
		accepts_record(call, huge);
	return SVSM_RMP_SUCCESS;
}

static bool is_usable(uint64_t gpa, size_t size)
{
	for (uint64_t page = gpa & -4096; page < gpa + size; page += 4096)
		if (emu_machine_state(emu_snp_machine(snp.emu), page) != EMU_PAGE_MAPPED)
			return false;
	return true;
}

static bool read(void *ctx, uint64_t gpa, void *buffer, size_t size)
{
	return is_usable(gpa, size) && memory_read_private(gpa, buffer, size);
}

static bool write(void *ctx, uint64_t gpa, const void *buffer, size_t size)
{
	return is_usable(gpa, size) && qemu_ram_write(gpa, buffer, size);
}

static bool is_memory(void *ctx, uint64_t gpa)
{
	return emu_machine_is_ram(emu_snp_machine(snp.emu), gpa);
}

static enum svsm_rmp set_vmsa(void *ctx, unsigned vcpu, uint64_t gpa, bool vmsa)
{
	/* The guest may read its VMSA but not change it, since it holds the VMPL. */
	uint64_t rdx = snp.vmpl | (vmsa ? VMSA_BIT | PERM_READ : PERM_ALL);
	enum emu_action action;
	uint32_t eax = 0;

	do {
		action = emu_snp_svsm_rmpadjust(snp.emu, vcpu, gpa, rdx, &eax);
	} while (action == EMU_AGAIN);
	return action == EMU_NEXT ? (enum svsm_rmp)eax : SVSM_RMP_STOP;
}

static int vcpu_of(void *ctx, uint32_t apic_id)
{
	for (unsigned i = 0; i < guest.vcpus; i++)
		if (snp_apic_id(i) == apic_id)
			return (int)i;
	return -1;
}

const char *snp_svsm_start(uint64_t caa)
{
	const struct svsm_config config = {
		.vcpus = guest.vcpus,
		.vmpl = snp.vmpl,
		.sev_features = SNP_SEV_FEATURES,
		.base = SNP_SVSM_BASE,
		.size = SNP_SVSM_SIZE,
		.caa = caa,
		.host = { .pvalidate = pvalidate,
			  .read = read,
			  .write = write,
			  .is_memory = is_memory,
			  .set_vmsa = set_vmsa,
			  .vcpu_of = vcpu_of },
	};

	snp.svsm = svsm_create(&config);
	return snp.svsm ? NULL : "there is no memory for an SVSM";
}

/* False: there is nothing at this VMPL. Does not return if the SVSM cannot continue. */
static bool run(unsigned vcpu, uint64_t vmpl)
{
	uint64_t *gpr = qemu_gpr(vcpu);
	struct svsm_regs regs = { gpr[EMU_RAX], gpr[EMU_RCX], gpr[EMU_RDX], gpr[EMU_R8],
				  gpr[EMU_R9] };

	if (!snp.svsm || vmpl)
		return false;
	switch (svsm_call(snp.svsm, vcpu, &regs)) {
	case SVSM_RETURNED:
		snp.vcpu[vcpu].svsm_calls++;
		gpr[EMU_RAX] = regs.rax;
		gpr[EMU_RCX] = regs.rcx;
		gpr[EMU_RDX] = regs.rdx;
		gpr[EMU_R8] = regs.r8;
		gpr[EMU_R9] = regs.r9;
		break;
	case SVSM_NO_CAA:
		guest_stop(GUEST_EXIT_VIOLATION,
			   "vCPU %u calls its SVSM, and has no valid calling area", vcpu);
		guest_block_vcpu(vcpu, 0);
	case SVSM_IDLE:
	case SVSM_STOPPED:
		break;
	}
	return true;
}

/* SW_EXITINFO1: which VMPL. */
enum emu_ghcb_result snp_exit_run_vmpl(unsigned vcpu, struct emu_ghcb_event *event)
{
	event->info2 = 0;
	return run(vcpu, event->info1) ? EMU_GHCB_DONE : EMU_GHCB_INVALID;
}

/* The VMPL in bits 39:32; in the answer, an error in 63:32. */
void snp_msr_run_vmpl(unsigned vcpu, uint64_t *value)
{
	const uint64_t answer = 0x017;
	bool done = run(vcpu, *value >> 32 & 0xff);

	snp.vcpu[vcpu].exits[SNP_EXIT_RUN_VMPL]++;
	*value = (uint64_t)!done << 32 | answer;
}
