/* SPDX-License-Identifier: MIT */
#include <unistd.h>

#include "hosted/machine.h"

/* The SVSM of a guest above VMPL 0. It runs on the vCPU's thread, in the VMGEXIT that asks for it,
 * and has no memory of its own. */

#define NAE_RUN_VMPL	      UINT64_C(0x80000018)
#define MSR_RUN_VMPL	      UINT64_C(0x016)
#define MSR_RUN_VMPL_RESPONSE UINT64_C(0x017)

/* RMPADJUST's RDX: permissions in bits 15:8, "is a VMSA" in bit 16. */
#define PERM_READ UINT64_C(0x100)
#define PERM_ALL  UINT64_C(0xf00)
#define VMSA_BIT  (UINT64_C(1) << 16)

static enum svsm_rmp pvalidate(void *ctx, unsigned vcpu, uint64_t gpa, bool huge, bool validate)
{
	struct hosted_machine *machine = ctx;
	enum emu_action action;
	uint32_t eax = 0;
	bool cf = false;

	do {
		action = emu_snp_svsm_pvalidate(machine->snp, vcpu, gpa, huge, validate, &eax, &cf);
	} while (action == EMU_AGAIN);
	if (action != EMU_NEXT)
		return SVSM_RMP_STOP;
	if (eax)
		return (enum svsm_rmp)eax;
	if (cf)
		return SVSM_RMP_UNCHANGED;
	if (validate)
		machine->vcpus[vcpu].svsm_pages += huge ? 512 : 1;
	return SVSM_RMP_SUCCESS;
}

static bool is_usable(struct hosted_machine *machine, uint64_t gpa, size_t size)
{
	for (uint64_t page = gpa & -4096; page < gpa + size; page += 4096)
		if (emu_machine_state(machine->emu, page) != EMU_PAGE_MAPPED)
			return false;
	return true;
}

static bool read_private(void *ctx, uint64_t gpa, void *buffer, size_t size)
{
	struct hosted_machine *machine = ctx;

	return is_usable(machine, gpa, size) &&
	       pread(machine->memory.fd, buffer, size, (off_t)gpa) == (ssize_t)size;
}

static bool write_private(void *ctx, uint64_t gpa, const void *buffer, size_t size)
{
	struct hosted_machine *machine = ctx;

	return is_usable(machine, gpa, size) &&
	       pwrite(machine->memory.fd, buffer, size, (off_t)gpa) == (ssize_t)size;
}

static bool is_memory(void *ctx, uint64_t gpa)
{
	return emu_machine_is_ram(((struct hosted_machine *)ctx)->emu, gpa);
}

static enum svsm_rmp set_vmsa(void *ctx, unsigned vcpu, uint64_t gpa, bool vmsa)
{
	struct hosted_machine *machine = ctx;
	uint64_t rdx = machine->config.vmpl | (vmsa ? VMSA_BIT | PERM_READ : PERM_ALL);
	enum emu_action action;
	uint32_t eax = 0;

	do {
		action = emu_snp_svsm_rmpadjust(machine->snp, vcpu, gpa, rdx, &eax);
	} while (action == EMU_AGAIN);
	return action == EMU_NEXT ? (enum svsm_rmp)eax : SVSM_RMP_STOP;
}

/* The threads of vCPUs start by themselves: their APIC IDs are their numbers. */
static int vcpu_of(void *ctx, uint32_t apic_id)
{
	return apic_id < ((struct hosted_machine *)ctx)->config.vcpus ? (int)apic_id : -1;
}

struct svsm *hosted_svsm_create(struct hosted_machine *machine)
{
	const struct svsm_config config = {
		.vcpus = machine->config.vcpus,
		.vmpl = machine->config.vmpl,
		.caa = machine->config.caa,
		.caa_step = 4096,
		.host = { .pvalidate = pvalidate,
			  .read = read_private,
			  .write = write_private,
			  .is_memory = is_memory,
			  .set_vmsa = set_vmsa,
			  .vcpu_of = vcpu_of,
			  .ctx = machine },
	};

	return svsm_create(&config);
}

/* False: there is nothing at this VMPL, or the SVSM cannot continue. */
static bool run(struct hosted_machine *machine, unsigned number, uint64_t vmpl)
{
	struct cvm_snp_regs *guest = machine->vcpus[number].regs;
	enum svsm_result result;
	struct svsm_regs regs;

	if (vmpl || !guest)
		return false;
	regs = (struct svsm_regs){ guest->rax, guest->rcx, guest->rdx, guest->r8, guest->r9 };
	result = svsm_call(machine->svsm, number, &regs);
	if (result == SVSM_NO_CAA)
		hosted_stop_text(machine, EMU_STOP_EXCEPTION, number, UINT64_MAX,
				 "vCPU %u calls its SVSM, and has no valid calling area", number);
	if (result == SVSM_RETURNED)
		*guest = (struct cvm_snp_regs){ regs.rax, regs.rcx, regs.rdx, regs.r8, regs.r9 };
	return result != SVSM_NO_CAA;
}

static enum emu_ghcb_result on_event(void *ctx, unsigned vcpu, struct emu_ghcb_event *event)
{
	if (event->exitcode != NAE_RUN_VMPL)
		return EMU_GHCB_UNKNOWN;
	event->info2 = 0;
	return run(ctx, vcpu, event->info1) ? EMU_GHCB_DONE : EMU_GHCB_INVALID;
}

/* The VMPL in bits 39:32; in the answer, an error in 63:32. */
static bool on_msr(void *ctx, unsigned vcpu, uint64_t *msr)
{
	bool done;

	if ((*msr & 0xfff) != MSR_RUN_VMPL)
		return false;
	done = run(ctx, vcpu, *msr >> 32 & 0xff);
	*msr = (uint64_t)!done << 32 | MSR_RUN_VMPL_RESPONSE;
	return true;
}

struct emu_snp_host hosted_svsm_host(struct hosted_machine *machine)
{
	if (!machine->config.vmpl)
		return (struct emu_snp_host){ 0 };
	return (struct emu_snp_host){ .event = on_event, .msr = on_msr, .ctx = machine };
}
