/* SPDX-License-Identifier: MIT */
#include "hosted/machine.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Exception vectors, as Linux reports them in REG_TRAPNO. */
#define VECTOR_UD 6
#define VECTOR_GP 13
#define VECTOR_PF 14

#define EFLAGS_CF	    1
#define TDG_MEM_PAGE_ACCEPT 6

static const int signals[] = { SIGILL, SIGSEGV, SIGBUS };
#define SIGNALS (sizeof(signals) / sizeof(signals[0]))

static pthread_mutex_t install_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned installed;
static struct sigaction previous[SIGNALS];

/* The general registers of the interrupted thread, in their encoding order. */
static const int gregs[EMU_GPRS] = {
	REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
	REG_R8,	 REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15,
};

static void trap_tdcall(struct hosted_vcpu *vcpu, ucontext_t *uc)
{
	struct hosted_machine *machine = vcpu->machine;
	greg_t *regs = uc->uc_mcontext.gregs;
	struct hosted_began began = hosted_began(machine);
	uint64_t gpr[EMU_GPRS], leaf, level;
	enum emu_action action = EMU_UD;

	for (unsigned i = 0; i < EMU_GPRS; i++)
		gpr[i] = (uint64_t)regs[gregs[i]];
	leaf = gpr[EMU_RAX];
	level = gpr[EMU_RCX] & 7;
	if (machine->tdx) {
		do {
			hosted_leave_if_stopped(vcpu);
			action = emu_tdx_tdcall(machine->tdx, vcpu->number, gpr);
		} while (action == EMU_AGAIN);
	}
	hosted_after(vcpu, action, (uint64_t)regs[REG_RIP], "TDCALL");
	for (unsigned i = 0; i < EMU_GPRS; i++)
		regs[gregs[i]] = (greg_t)gpr[i];
	if (leaf == TDG_MEM_PAGE_ACCEPT && !gpr[EMU_RAX])
		hosted_charge(vcpu, UINT64_C(1) << (9 * level), &began);
}

/* RAX is a virtual address: the guest's page tables are its direct map. */
static uint64_t translate(struct hosted_vcpu *vcpu, const greg_t *regs, const char *instruction)
{
	struct hosted_machine *machine = vcpu->machine;
	uint64_t gpa;
	bool shared_view;

	if (!hosted_memory_find(&machine->memory, (uintptr_t)regs[REG_RAX], &gpa, &shared_view) ||
	    shared_view) {
		hosted_stop_text(machine, EMU_STOP_EXCEPTION, vcpu->number, UINT64_MAX,
				 "vCPU %u: #PF: %s at RIP 0x%llx of 0x%llx, no private memory",
				 vcpu->number, instruction, regs[REG_RIP], regs[REG_RAX]);
		hosted_leave_if_stopped(vcpu);
	}
	return gpa;
}

static void trap_pvalidate(struct hosted_vcpu *vcpu, ucontext_t *uc)
{
	struct hosted_machine *machine = vcpu->machine;
	greg_t *regs = uc->uc_mcontext.gregs;
	struct hosted_began began = hosted_began(machine);
	uint32_t size = (uint32_t)regs[REG_RCX], validate = (uint32_t)regs[REG_RDX];
	enum emu_action action = EMU_UD;
	uint32_t eax = 0;
	bool cf = false;

	if (machine->snp) {
		uint64_t gpa = translate(vcpu, regs, "PVALIDATE");

		do {
			hosted_leave_if_stopped(vcpu);
			action = emu_snp_pvalidate(machine->snp, vcpu->number, gpa, true, size,
						   validate, &eax, &cf);
		} while (action == EMU_AGAIN);
	}
	hosted_after(vcpu, action, (uint64_t)regs[REG_RIP], "PVALIDATE");
	regs[REG_RAX] = eax;
	regs[REG_EFL] = (regs[REG_EFL] & ~EFLAGS_CF) | (cf ? EFLAGS_CF : 0);
	if (!eax && !cf && validate)
		hosted_charge(vcpu, UINT64_C(1) << (9 * size), &began);
}

static void trap_rmpadjust(struct hosted_vcpu *vcpu, ucontext_t *uc)
{
	struct hosted_machine *machine = vcpu->machine;
	greg_t *regs = uc->uc_mcontext.gregs;
	enum emu_action action = EMU_UD;
	uint32_t eax = 0;

	if (machine->snp) {
		uint64_t gpa = translate(vcpu, regs, "RMPADJUST");

		do {
			hosted_leave_if_stopped(vcpu);
			action = emu_snp_rmpadjust(machine->snp, vcpu->number, gpa, true,
						   (uint32_t)regs[REG_RCX], (uint64_t)regs[REG_RDX],
						   &eax);
		} while (action == EMU_AGAIN);
	}
	hosted_after(vcpu, action, (uint64_t)regs[REG_RIP], "RMPADJUST");
	regs[REG_RAX] = eax;
}

static void trap_wrmsr(struct hosted_vcpu *vcpu, ucontext_t *uc)
{
	struct hosted_machine *machine = vcpu->machine;
	greg_t *regs = uc->uc_mcontext.gregs;
	uint64_t value = (uint64_t)regs[REG_RDX] << 32 | (uint32_t)regs[REG_RAX];
	enum emu_action action = EMU_GP;

	if (machine->snp)
		action = emu_snp_wrmsr(machine->snp, vcpu->number, (uint32_t)regs[REG_RCX], value);
	hosted_after(vcpu, action, (uint64_t)regs[REG_RIP], "WRMSR");
}

static void trap_rdmsr(struct hosted_vcpu *vcpu, ucontext_t *uc)
{
	struct hosted_machine *machine = vcpu->machine;
	greg_t *regs = uc->uc_mcontext.gregs;
	enum emu_action action = EMU_GP;
	uint64_t value = 0;

	if (machine->snp)
		action = emu_snp_rdmsr(machine->snp, vcpu->number, (uint32_t)regs[REG_RCX], &value);
	hosted_after(vcpu, action, (uint64_t)regs[REG_RIP], "RDMSR");
	regs[REG_RAX] = (uint32_t)value;
	regs[REG_RDX] = (greg_t)(value >> 32);
}

static const char *exception_name(enum emu_action action)
{
	switch (action) {
	case EMU_UD:
		return "#UD";
	case EMU_VE:
		return "#VE";
	case EMU_DF:
		return "#DF";
	default:
		return "#GP(0)";
	}
}

void hosted_after(struct hosted_vcpu *vcpu, enum emu_action action, uint64_t rip,
		  const char *instruction)
{
	if (action == EMU_STOP)
		hosted_stop_emulated(vcpu->machine);
	else if (action != EMU_NEXT)
		hosted_stop_text(vcpu->machine, EMU_STOP_EXCEPTION, vcpu->number, UINT64_MAX,
				 "vCPU %u: %s: %s at RIP 0x%lx", vcpu->number,
				 exception_name(action), instruction, (unsigned long)rip);
	hosted_leave_if_stopped(vcpu);
}

static const struct {
	uint8_t length;
	uint8_t bytes[4];
	void (*emulate)(struct hosted_vcpu *vcpu, ucontext_t *uc);
} instructions[] = {
	{ 4, { 0x66, 0x0f, 0x01, 0xcc }, trap_tdcall },
	{ 4, { 0xf2, 0x0f, 0x01, 0xff }, trap_pvalidate },
	{ 4, { 0xf3, 0x0f, 0x01, 0xfe }, trap_rmpadjust },
	{ 2, { 0x0f, 0x30 }, trap_wrmsr },
	{ 2, { 0x0f, 0x32 }, trap_rdmsr },
};

/*
 * The processor has fetched the instruction, so its bytes can be read; what follows it may be on a
 * page that cannot. No instruction above is the beginning of another one, so comparing stops before
 * that page, at the first byte that differs.
 */
static bool is_at(const uint8_t *rip, const uint8_t *bytes, unsigned length)
{
	for (unsigned i = 0; i < length; i++) {
		if (rip[i] != bytes[i])
			return false;
	}
	return true;
}

static bool emulate(struct hosted_vcpu *vcpu, ucontext_t *uc)
{
	const uint8_t *rip = (const uint8_t *)uc->uc_mcontext.gregs[REG_RIP];

	for (unsigned i = 0; i < sizeof(instructions) / sizeof(instructions[0]); i++) {
		if (!is_at(rip, instructions[i].bytes, instructions[i].length))
			continue;
		vcpu->in_trap = 1;
		instructions[i].emulate(vcpu, uc);
		vcpu->in_trap = 0;
		uc->uc_mcontext.gregs[REG_RIP] += instructions[i].length;
		return true;
	}
	return false;
}

static bool is_guests(int sig, const siginfo_t *info, ucontext_t *uc)
{
	struct hosted_vcpu *vcpu = hosted_this_vcpu;

	if (!vcpu || vcpu->in_trap || info->si_code <= 0)
		return false;
	switch (uc->uc_mcontext.gregs[REG_TRAPNO]) {
	case VECTOR_UD:
	case VECTOR_GP:
		return emulate(vcpu, uc);
	case VECTOR_PF:
		return hosted_violation(vcpu, sig, (uintptr_t)info->si_addr, uc);
	default:
		return false;
	}
}

/* Chain to the previous signal handler. */
static void pass_on(int sig, siginfo_t *info, void *context)
{
	const struct sigaction *old = &previous[0];

	for (unsigned i = 0; i < SIGNALS; i++) {
		if (signals[i] == sig)
			old = &previous[i];
	}
	if (old->sa_flags & SA_SIGINFO) {
		old->sa_sigaction(sig, info, context);
	} else if (old->sa_handler != SIG_DFL && old->sa_handler != SIG_IGN) {
		old->sa_handler(sig);
	} else if (old->sa_handler == SIG_DFL || info->si_code > 0) {
		/* A fault happens again on return, and then ends the process at the faulting
		 * instruction. */
		signal(sig, SIG_DFL);
		if (info->si_code <= 0)
			raise(sig);
	}
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
	int saved = errno;

	if (!is_guests(sig, info, context))
		pass_on(sig, info, context);
	errno = saved;
}

/*
 * SA_NODEFER: the thread may leave the handler by siglongjmp(), and a fault in the handler must be
 * delivered like any other. SA_ONSTACK: a sanitizer's report of a stack overflow needs it.
 */
int hosted_trap_install(void)
{
	struct sigaction action = {
		.sa_sigaction = on_signal,
		.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK,
	};
	int error = 0;

	sigemptyset(&action.sa_mask);
	pthread_mutex_lock(&install_lock);
	for (unsigned i = 0; !installed && i < SIGNALS && !error; i++)
		error = sigaction(signals[i], &action, &previous[i]);
	if (!error)
		installed++;
	pthread_mutex_unlock(&install_lock);
	return error;
}

void hosted_trap_remove(void)
{
	pthread_mutex_lock(&install_lock);
	if (!--installed) {
		for (unsigned i = 0; i < SIGNALS; i++)
			sigaction(signals[i], &previous[i], NULL);
	}
	pthread_mutex_unlock(&install_lock);
}
