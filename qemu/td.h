/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_TD_H
#define CVMEM_QEMU_TD_H

#include "emu/tdx/tdx.h"
#include "qemu/options.h"

#define TD_MAX_VCPUS 64
#define TD_MAX_RAM   8

/* TDVMCALLs by sub-function, as far as they have a name here. */
enum td_vmcall {
	TD_VMCALL_CPUID,
	TD_VMCALL_HLT,
	TD_VMCALL_IO,
	TD_VMCALL_RDMSR,
	TD_VMCALL_WRMSR,
	TD_VMCALL_MMIO,
	TD_VMCALL_INFO,
	TD_VMCALL_MAP_GPA,
	TD_VMCALL_GET_QUOTE,
	TD_VMCALL_FATAL_ERROR,
	TD_VMCALL_EVENT_NOTIFY,
	TD_VMCALL_OTHER,
	TD_VMCALLS
};

/* Until the kernel proper has made its first TDCALL, and from then on. The firmware and
 * the kernel's EFI stub run at the same kind of address and cannot be told apart. */
enum td_phase { TD_PHASE_FIRMWARE, TD_PHASE_KERNEL, TD_PHASES };

struct td_vcpu {
	bool halt; /* the TDVMCALL was HLT */
	/* Counters; only this vCPU changes them. */
	uint64_t vmcalls[TD_VMCALLS];
	uint64_t accepted[TD_PHASES][2]; /* successful accepts at 4K and 2M */
};

/* The one TD of this process. */
struct td {
	struct td_options options;
	struct emu_tdx *emu; /* NULL until the launch */
	unsigned vcpus;
	uint64_t shared_bit;
	/* Shared memory has addresses of its own. Not at a GPA width of 53, whose shared bit is
	 * the page-table entry's first ignored bit. */
	bool separate;
	struct emu_ram ram[TD_MAX_RAM];
	size_t ram_count;
	struct td_vcpu vcpu[TD_MAX_VCPUS];
	enum td_phase phase;
};

extern struct td td;

/* launch.c: the first instruction of a vCPU. */
bool td_is_launched(void);
void td_first_instruction(unsigned vcpu, void *userdata);

/* instructions.c */
void td_tdcall(unsigned vcpu, void *address);
void td_cpuid(unsigned vcpu, void *address);

/* vmcall.c: emu_tdx_config.vmcall. */
bool td_vmcall(void *ctx, unsigned vcpu, uint64_t *gpr);
enum td_vmcall td_vmcall_kind(uint64_t r10, uint64_t r11);
const char *td_vmcall_name(enum td_vmcall kind);
/* The vCPU waits for an interrupt, behind the TDCALL. */
__attribute__((noreturn)) void td_halt(unsigned vcpu);

/* sha384.c: emu_tdx_config.sha384. */
void td_sha384(const void *data, size_t size, uint8_t digest[EMU_SHA384_SIZE]);

/* engine.c: what the emulator does to guest memory. */
extern const struct emu_engine td_engine;

/* stop.c: print why and have QEMU leave with this status; returns. */
enum { TD_EXIT_GUEST = 3, TD_EXIT_VIOLATION = 4, TD_EXIT_SETUP = 5 };
void td_stop(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool td_is_stopped(void);
/* NULL while it has not. */
const char *td_stop_reason(void);
/* The vCPU waits for the end; host_pc as in internals.h. */
__attribute__((noreturn)) void td_park(unsigned vcpu, uintptr_t host_pc);

/* report.c */
void td_report(void *userdata);

#endif
