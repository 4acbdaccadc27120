/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_TESTS_QEMU_FIRMWARE_SNP_SNP_H
#define CVMEM_TESTS_QEMU_FIRMWARE_SNP_SNP_H

#include "../firmware.h"

/* RAX, RCX and RDX of PVALIDATE and RMPADJUST; what comes back in RAX, and RFLAGS. */
struct rmp_operands {
	uint64_t rax, rcx, rdx, rflags;
};

/* instructions.S */
void pvalidate(void *operands);
void rmpadjust(void *operands);
void pvalidate_and_test(void *operands);
void run_cpuid(void *leaf);
void run_in(void *port);
void run_out(void *port);
void run_outs(void *port);
void run_rdmsr(void *msr);
void run_wrmsr(void *msr);
void run_rmpquery(void *address);
void run_wbinvd(void *unused);
void run_invd(void *unused);
void run_vmmcall(void *unused);
void run_dr7_read(void *unused);
void run_dr7_write(void *unused);
void run_rdpmc(void *counter);
void run_monitor(void *extensions);
void run_mwait(void *extensions);
void run_hlt(void *unused);
void run_cpuid_on(void *stack);

/* GHCB specification 2.03, table 3. */
struct ghcb {
	uint8_t reserved_0[0x1f8];
	uint64_t rax;
	uint8_t reserved_200[0x308 - 0x200];
	uint64_t rcx, rdx, rbx;
	uint8_t reserved_320[0x390 - 0x320];
	uint64_t exitcode, exitinfo1, exitinfo2, scratch;
	uint8_t reserved_3b0[0x3f0 - 0x3b0];
	uint64_t valid[2];
	uint8_t reserved_400[0x800 - 0x400];
	uint64_t buffer[0x7f0 / 8];
	uint8_t reserved_ff0[10];
	uint16_t version;
	uint32_t usage;
};

_Static_assert(sizeof(struct ghcb) == 4096, "");

/* platform.c: the registered one, and a page beside it that is shared as well. */
#define GHCB	   UINT64_C(0x812000)
#define OTHER_GHCB UINT64_C(0x813000)
struct ghcb *ghcb_at(uint64_t gpa);
uint64_t read_msr(uint32_t msr);
/* The request goes to the GHCB's MSR, what is there after VMGEXIT comes back. */
uint64_t msr_request(uint64_t request);
/* A non-automatic exit by that GHCB, with all registers valid. */
void request_by(uint64_t gpa, uint64_t exitcode, uint64_t info1, uint64_t info2);
/* vmsa.c: the second vCPU does this, once it has looked at the state that it begins with. */
void start_ap(void (*then)(void));
/* At a #VC, PAGE is validated, and what has raised it done again. */
extern bool validate_on_vc;

#endif
