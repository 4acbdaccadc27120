/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_TDX_TD_H
#define CVMEM_QEMU_TDX_TD_H

#include <stdio.h>

#include "emu/tdx/tdx.h"
#include "qemu/guest/guest.h"
#include "qemu/guest/platform.h"

/* TDVMCALLs by sub-function, as far as they have a name here. */
enum td_vmcall {
	TD_VMCALL_CPUID,
	TD_VMCALL_HLT,
	TD_VMCALL_IO,
	TD_VMCALL_RDMSR,
	TD_VMCALL_WRMSR,
	TD_VMCALL_MMIO,
	TD_VMCALL_WBINVD,
	TD_VMCALL_INFO,
	TD_VMCALL_MAP_GPA,
	TD_VMCALL_GET_QUOTE,
	TD_VMCALL_FATAL_ERROR,
	TD_VMCALL_EVENT_NOTIFY,
	TD_VMCALL_OTHER,
	TD_VMCALLS
};

/* Reasons of a #VE that is given to the guest. */
enum td_ve {
	TD_VE_CPUID,
	TD_VE_HLT,
	TD_VE_IO,
	TD_VE_RDMSR,
	TD_VE_WRMSR,
	TD_VE_MMIO,
	TD_VE_WBINVD,
	TD_VE_INVD,
	TD_VE_VMCALL,
	TD_VE_NOT_ACCEPTED,
	TD_VES
};

struct td_vcpu {
	bool halt; /* the TDVMCALL was HLT */
	/* Counters; only this vCPU changes them. */
	uint64_t vmcalls[TD_VMCALLS], ves[TD_VES];
};

/* The one TD of this process. */
struct td {
	struct emu_tdx *emu; /* NULL until the launch */
	unsigned gpa_width;
	uint64_t shared_bit;
	bool ve; /* a #VE for what exits to the TDX module */
	uint8_t mrtd[EMU_SHA384_SIZE];
	struct td_vcpu vcpu[GUEST_MAX_VCPUS];
};

extern struct td td;

/* launch.c: the first instruction of a vCPU. */
bool td_is_launched(void);
void td_first_instruction(unsigned vcpu, void *userdata);

/* instructions.c */
struct platform_call td_instruction(const uint8_t *bytes, size_t size);

/* intercepts.c: instructions with a #VE, besides TDCALL and CPUID. */
struct platform_call td_intercept(const uint8_t *bytes, size_t size);

/* vmcall.c: emu_tdx_config.vmcall. */
bool td_vmcall(void *ctx, unsigned vcpu, uint64_t *gpr);
enum td_vmcall td_vmcall_kind(uint64_t r10, uint64_t r11);
const char *td_vmcall_name(enum td_vmcall kind);
/* The vCPU waits for an interrupt, behind the TDCALL. */
__attribute__((noreturn)) void td_halt(unsigned vcpu);

/* sha384.c: emu_tdx_config.sha384. */
void td_sha384(const void *data, size_t size, uint8_t digest[EMU_SHA384_SIZE]);

/* ve.c: a #VE, or a #DF if that cannot be; behind qemu_sync(). What TDG.VP.VEINFO.GET says of an
 * instruction. */
struct td_exit {
	uint64_t qualification;
	uint32_t length, information;
};
__attribute__((noreturn)) void td_raise_ve(unsigned vcpu, enum td_ve kind,
					   const struct td_exit *exit);
/* An access to device memory. */
__attribute__((noreturn)) void td_raise_mmio(const struct platform_access *access);
/* With violation=ve. */
__attribute__((noreturn)) void td_raise_violation(const struct platform_access *access);
const char *td_ve_name(enum td_ve kind);

/* report.c */
void td_totals(struct platform_totals *out);
void td_report_machine(FILE *out);
void td_report_run(FILE *out);

#endif
