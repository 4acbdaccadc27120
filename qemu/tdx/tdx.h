/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_TDX_TDX_H
#define CVMEM_QEMU_TDX_TDX_H

#include "emu/tdx/tdx.h"
#include "qemu/guest/guest.h"
#include "qemu/guest/platform.h"

/* TDVMCALLs that are counted by name. */
enum tdx_vmcall {
	TDX_VMCALL_CPUID,
	TDX_VMCALL_HLT,
	TDX_VMCALL_IO,
	TDX_VMCALL_RDMSR,
	TDX_VMCALL_WRMSR,
	TDX_VMCALL_MMIO,
	TDX_VMCALL_WBINVD,
	TDX_VMCALL_INFO,
	TDX_VMCALL_MAP_GPA,
	TDX_VMCALL_GET_QUOTE,
	TDX_VMCALL_FATAL_ERROR,
	TDX_VMCALL_EVENT_NOTIFY,
	TDX_VMCALL_OTHER,
	TDX_VMCALLS
};

/* Reasons for a #VE. */
enum tdx_ve {
	TDX_VE_CPUID,
	TDX_VE_HLT,
	TDX_VE_IO,
	TDX_VE_RDMSR,
	TDX_VE_WRMSR,
	TDX_VE_MMIO,
	TDX_VE_WBINVD,
	TDX_VE_INVD,
	TDX_VE_VMCALL,
	TDX_VE_NOT_ACCEPTED,
	TDX_VES
};

struct tdx_vcpu {
	bool halt; /* the TDVMCALL was HLT */
	/* Counters; only this vCPU changes them. */
	uint64_t vmcalls[TDX_VMCALLS], ves[TDX_VES];
};

/* The one TD of this process. */
struct tdx {
	struct emu_tdx *emu; /* NULL until the launch */
	unsigned gpa_width;
	uint64_t shared_bit;
	bool ve; /* raise #VE for what exits to the TDX module */
	uint8_t mrtd[SHA384_BYTES];
	struct tdx_vcpu vcpu[GUEST_MAX_VCPUS];
};

extern struct tdx tdx;

/* instructions.c */
struct platform_call tdx_instruction(const uint8_t *bytes, size_t size);

/* intercepts.c: instructions that raise a #VE, besides TDCALL and CPUID. */
struct platform_call tdx_intercept(const uint8_t *bytes, size_t size);

/* vmcall.c: emu_tdx_config.vmcall. */
bool tdx_vmcall(void *ctx, unsigned vcpu, uint64_t *gpr);
enum tdx_vmcall tdx_vmcall_kind(uint64_t r10, uint64_t r11);
const char *tdx_vmcall_name(enum tdx_vmcall kind);
/* The vCPU waits for an interrupt after the TDCALL. */
__attribute__((noreturn)) void tdx_halt(unsigned vcpu);

/* sha384.c: emu_tdx_config.sha384. */
void tdx_sha384(const void *data, size_t size, uint8_t digest[SHA384_BYTES]);

/* ve.c: raises a #VE, or a #DF if that is impossible; after qemu_sync(). What TDG.VP.VEINFO.GET
 * reports for an instruction. */
struct tdx_exit {
	uint64_t qualification;
	uint32_t length, information;
};
__attribute__((noreturn)) void tdx_raise_ve(unsigned vcpu, enum tdx_ve kind,
					    const struct tdx_exit *exit);
/* An access to device memory. */
__attribute__((noreturn)) void tdx_raise_mmio(const struct platform_access *access);
/* With violation=ve. */
__attribute__((noreturn)) void tdx_raise_violation(const struct platform_access *access);
/* Of a #VE that the emulator has prepared. */
void tdx_count_ve(unsigned vcpu, enum tdx_ve kind);
const char *tdx_ve_name(enum tdx_ve kind);

/* counters.c */
void tdx_totals(struct platform_totals *out);
void tdx_report_machine(struct json *json);
void tdx_report_run(struct json *json);

#endif
