/* SPDX-License-Identifier: MIT */
#include "tests/platform/fake_cpu.h"

#include <signal.h>
#include <string.h>

#define MSR_GHCB       0xc0010130
#define MSR_SEV_STATUS 0xc0010131

struct fake_cpu fake_cpu;

static void on_trap(int sig, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;
	const uint8_t *rip = (const uint8_t *)regs[REG_RIP];
	bool cf = false;

	if (!memcmp(rip, "\x66\x0f\x01\xcc", 4) && fake_cpu.tdcall) {
		fake_cpu.tdcall(regs);
		regs[REG_RIP] += 4;
	} else if (!memcmp(rip, "\xf2\x0f\x01\xff", 4) && fake_cpu.pvalidate) {
		regs[REG_RAX] = fake_cpu.pvalidate((uintptr_t)regs[REG_RAX], regs[REG_RCX] & 1,
						   regs[REG_RDX] & 1, &cf);
		regs[REG_EFL] = (regs[REG_EFL] & ~1) | cf;
		regs[REG_RIP] += 4;
	} else if (!memcmp(rip, "\xf3\x0f\x01\xfe", 4) && fake_cpu.rmpadjust) {
		regs[REG_RAX] =
			fake_cpu.rmpadjust((uintptr_t)regs[REG_RAX], (uint64_t)regs[REG_RDX]);
		regs[REG_RIP] += 4;
	} else if (!memcmp(rip, "\x0f\x30", 2) && (uint32_t)regs[REG_RCX] == MSR_GHCB) {
		fake_cpu.ghcb_msr = (uint64_t)regs[REG_RDX] << 32 | (uint32_t)regs[REG_RAX];
		regs[REG_RIP] += 2;
	} else if (!memcmp(rip, "\x0f\x32", 2) && (uint32_t)regs[REG_RCX] == MSR_GHCB) {
		regs[REG_RAX] = (uint32_t)fake_cpu.ghcb_msr;
		regs[REG_RDX] = (greg_t)(fake_cpu.ghcb_msr >> 32);
		regs[REG_RIP] += 2;
	} else if (!memcmp(rip, "\x0f\x32", 2) && (uint32_t)regs[REG_RCX] == MSR_SEV_STATUS) {
		regs[REG_RAX] = (uint32_t)fake_cpu.sev_status;
		regs[REG_RDX] = (greg_t)(fake_cpu.sev_status >> 32);
		regs[REG_RIP] += 2;
		fake_cpu.sev_status_reads++;
	} else {
		/* A real fault: it happens again, and ends the program. */
		signal(sig, SIG_DFL);
	}
}

void fake_cpu_begin(void)
{
	struct sigaction action = {
		.sa_sigaction = on_trap,
		.sa_flags = SA_SIGINFO | SA_NODEFER,
	};

	fake_cpu = (struct fake_cpu){ 0 };
	sigemptyset(&action.sa_mask);
	sigaction(SIGILL, &action, NULL);
	sigaction(SIGSEGV, &action, NULL);
}
